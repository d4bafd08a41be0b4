"""Access tokens: who asks, in which role, for which stores and purposes.

Signed JWTs (HS256 under the key TSIG; RFC 7519, RFC 8725: one pinned algorithm, issuer and audience checked, expiry required).
A token is readable by whoever holds it: it names the holder, no customer.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from privacy.errors import GrantRefused, TokenExpired, TokenInvalid

ALL_STORES = "*"
_ALGORITHM = "HS256"
_ISSUER = "onefold"
_LEEWAY_SECONDS = 5


class Role(Enum):
    """What a principal is; the policy matrix says what each may see."""

    SALES = "sales"
    MANAGER = "manager"
    ANALYST = "analyst"
    STEWARD = "steward"
    PRIVACY = "privacy"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """The verified holder of a token; ``stores`` may be ``("*",)``, ``expires_at`` is in seconds since 1970 UTC."""

    subject: str
    role: Role
    stores: tuple[str, ...]
    purposes: tuple[str, ...]
    expires_at: int
    token_id: str


def issue(  # noqa: PLR0913  each claim named
    key: bytes,
    *,
    subject: str,
    role: str,
    stores: Sequence[str],
    purposes: Sequence[str],
    ttl_seconds: int,
    now: int,
) -> str:
    """Sign a token that lives ``ttl_seconds`` from ``now`` (seconds since 1970 UTC); raise :class:`GrantRefused`."""
    refusal = _refusal(subject, role, stores, purposes)
    if refusal is None and ttl_seconds <= 0:
        refusal = "the token would have expired already; give a time to live above zero"
    if refusal is not None:
        raise GrantRefused(refusal)
    claims = {
        "iss": _ISSUER,
        "aud": _ISSUER,
        "sub": subject,
        "role": role,
        "stores": list(stores),
        "purposes": list(purposes),
        "iat": now,
        "exp": now + ttl_seconds,
        "jti": secrets.token_hex(16),
    }
    return jwt.encode({"alg": _ALGORITHM, "typ": "JWT"}, claims, OctKey.import_key(key), algorithms=[_ALGORITHM])


def verify(key: bytes, token: str, *, now: int) -> Principal:
    """Return the principal of a token; raise :class:`TokenExpired` or, for every other cause alike, :class:`TokenInvalid`."""
    claims = _claims(key, token, now)
    if isinstance(claims, type):
        raise claims  # outside of the library's `except`, whose error may quote the token
    return _principal(claims)


def _claims(key: bytes, token: str, now: int) -> dict[str, Any] | type[TokenInvalid | TokenExpired]:
    registry = jwt.JWTClaimsRegistry(
        now=now,
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": _ISSUER},
        aud={"essential": True, "value": _ISSUER},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        decoded = jwt.decode(token, OctKey.import_key(key), algorithms=[_ALGORITHM])
        registry.validate(decoded.claims)
    except ExpiredTokenError:
        return TokenExpired
    except (JoseError, ValueError, TypeError):
        return TokenInvalid
    return decoded.claims


def _principal(claims: dict[str, Any]) -> Principal:
    subject, role, token_id = (claims.get(name) for name in ("sub", "role", "jti"))
    stores, purposes = (claims.get(name) for name in ("stores", "purposes"))
    if not (isinstance(stores, list) and isinstance(purposes, list) and isinstance(token_id, str)):
        raise TokenInvalid
    if _refusal(subject, role, stores, purposes) is not None:
        raise TokenInvalid
    return Principal(
        subject=str(subject),
        role=Role(role),
        stores=tuple(stores),
        purposes=tuple(purposes),
        expires_at=int(claims["exp"]),
        token_id=token_id,
    )


def _refusal(subject: object, role: object, stores: Sequence[object], purposes: Sequence[object]) -> str | None:
    """Why such a token is not given or taken, or None; checked at both ends, so that a rule made stricter holds at once."""
    roles = [each.value for each in Role]
    if role not in roles:
        return f"the role is unknown; valid: {', '.join(roles)}"
    if not all(isinstance(item, str) and item for item in (subject, *stores, *purposes)):
        return "subject, stores and purposes are words that are not empty"
    if ALL_STORES in stores and len(stores) > 1:
        return 'stores are either a list or "*"'
    if role == Role.SALES.value and (not stores or ALL_STORES in stores):
        return "a sales token names at least one store, and not all of them"
    return None
