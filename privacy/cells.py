"""Sealed cells, format version 1: docs/formats/cell.md has the layout and its known answers.

A cell is a 64-byte header (``"CD"``, version, suite, dek_id, nonce, commitment), the AES-256-GCM ciphertext of the padded
value, and a 16-byte tag. The associated data names tenant, table, column, row and type and holds the header, so a cell that
was moved anywhere else does not open. The commitment is compared first: no cell opens under two keys.

What leaks: that a cell exists, its length in padding steps, and that it changed (a new nonce at each write). Putting back an
older cell of the same row, column and key is not noticed here.
"""

import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag

from privacy.data_key import DataKey
from privacy.encoding import LP
from privacy.errors import IntegrityError, KeyMismatch, UnknownFormat
from privacy.nonces import random_nonce
from privacy.padding import pad, step, unpad
from storage import CELL_MAGIC

_SUITE_AES_256_GCM = b"\x01"
_PREFIX = CELL_MAGIC + _SUITE_AES_256_GCM
_HEADER_BYTES = 64
_LABEL = "cdp/aad/v1"
_BYTES = "bytes"

# What LP makes of the parts that are always the same.
_KINDS = {kind: LP(kind) for kind in ("str", _BYTES)}
_HEADER_LENGTH = _HEADER_BYTES.to_bytes(4, "big")


class CellCipher:
    """Seals and opens the cells of one tenant; ``nonces`` is replaced by known-answer tests only."""

    def __init__(self, tenant: str, *, nonces: Callable[[], bytes] = random_nonce) -> None:
        self._tenant = tenant
        self._nonces = nonces
        self._places: dict[tuple[str, str], bytes] = {}

    def seal(  # noqa: PLR0913  the parts of the associated data, each named
        self, key: DataKey, *, table: str, column: str, value: str, kind: str = "str", pad_to: int | None = None
    ) -> bytes:
        """Seal ``value`` for one place: row ``key.incarnation``, ``table`` and ``column``.

        ``kind`` is bound as the type; ``pad_to`` is the padding step in bytes (default: by the column's attribute).
        """
        return self._seal(key, table, column, kind, pad(value.encode(), pad_to or step(column)))

    def seal_bytes(self, key: DataKey, value: bytes, *, table: str, column: str) -> bytes:
        """As :meth:`seal`, of bytes; bound as type ``bytes``."""
        return self._seal(key, table, column, _BYTES, pad(value, step(column)))

    def _seal(self, key: DataKey, table: str, column: str, kind: str, padded: bytes) -> bytes:
        aead, commitment = key.derived()
        nonce = self._nonces()
        header = b"".join((_PREFIX, key.dek_id, nonce, commitment))
        return header + aead.encrypt(nonce, padded, self._aad(key, table, column, kind, header))

    def open(self, key: DataKey, cell: bytes, *, table: str, column: str, kind: str = "str") -> str:
        """Give back the value of a cell of this place; a :class:`CellError` says why it does not open."""
        return _text(self._open(key, cell, table, column, kind))

    def open_bytes(self, key: DataKey, cell: bytes, *, table: str, column: str) -> bytes:
        """As :meth:`open`, of what :meth:`seal_bytes` sealed."""
        return _content(self._open(key, cell, table, column, _BYTES))

    def _open(self, key: DataKey, cell: bytes, table: str, column: str, kind: str) -> bytes:
        header = _checked_header(cell)
        if header[4:20] != key.dek_id:
            raise KeyMismatch
        aead, commitment = key.derived()
        if not hmac.compare_digest(header[32:], commitment):
            raise IntegrityError
        try:
            return aead.decrypt(header[20:32], cell[_HEADER_BYTES:], self._aad(key, table, column, kind, header))
        except InvalidTag:
            raise IntegrityError from None

    def _aad(self, key: DataKey, table: str, column: str, kind: str, header: bytes) -> bytes:
        # Positional and cached per column: this runs for every cell.
        place = self._places.get((table, column))
        if place is None:
            place = self._places[table, column] = LP(_LABEL, self._tenant, table, column)
        return b"".join((place, key.row_part, _KINDS.get(kind) or LP(kind), _HEADER_LENGTH, header))


def _checked_header(cell: bytes) -> bytes:
    if cell[:4] != _PREFIX:
        raise UnknownFormat("a sealed column holds bytes that are not a cell of a known version and suite")
    return cell[:_HEADER_BYTES]


def _content(padded: bytes) -> bytes:
    content = unpad(padded)
    if content is None:
        raise IntegrityError
    return content


def _text(padded: bytes) -> str:
    content = _content(padded)
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass  # its error would hold the value: ours is raised without it
    raise IntegrityError
