"""Identity tokens: keyed hashes by which equal identifiers find each other (docs/formats/tokens.md).

``token = HMAC-SHA256(K, normalised)[:16]`` with ``K = HKDF-Expand-SHA256(TTOK, LP("cdp/idtok/v1", tenant, kind, norm_version), 32)``:
the same for all sources, different for each tenant, kind and version of the normalising rules. 128 bits, because joining two
strangers by a collision is worse than what a longer token shows.

What leaks: equality. Who holds TTOK can try all phone numbers in hours, so tokens are personal data: deleted on erasure.
"""

from collections.abc import Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from privacy.data_key import expand
from privacy.encoding import LP

_LABEL = "cdp/idtok/v1"
_ROW_KIND = "row"
_TOKEN_BYTES = 16
_ROWS = 4_096  # several batches


class IdentityTokens:
    """Makes the tokens of one tenant; thread-safe."""

    def __init__(self, ttok: bytes, tenant: str) -> None:
        self._ttok = ttok
        self._tenant = tenant
        self._macs: dict[tuple[str, str], HMAC] = {}
        # A row is named when it is planned, when it is sealed and by what refers to it.
        self._token_of_row = lru_cache(maxsize=_ROWS)(self._make_row_token)

    def __repr__(self) -> str:
        return f"IdentityTokens(tenant={self._tenant!r})"

    def token(self, kind: str, normalised: str | bytes, *, norm_version: str = "n1") -> bytes:
        """Make the 16-byte token of a normalised value; ``kind`` is the identifier's type, such as ``phone``."""
        # A copy of the keyed state has two hash blocks less than a new one; half the time of the standard library's.
        mac = (self._macs.get((kind, norm_version)) or self._mac(kind, norm_version)).copy()
        mac.update(normalised.encode() if isinstance(normalised, str) else normalised)
        return mac.finalize()[:_TOKEN_BYTES]

    def row_token(self, source: str, table: str, key: Sequence[str]) -> bytes:
        """Make the token of a source row's natural key: kind ``row`` over ``LP(source, table, *key)``."""
        return self._token_of_row(source, table, tuple(key))

    def _make_row_token(self, source: str, table: str, key: tuple[str, ...]) -> bytes:
        return self.token(_ROW_KIND, LP(source, table, *key))

    def _mac(self, kind: str, norm_version: str) -> HMAC:
        key = expand(self._ttok, LP(_LABEL, self._tenant, kind, norm_version), 32)
        mac = self._macs[kind, norm_version] = HMAC(key, SHA256())
        return mac
