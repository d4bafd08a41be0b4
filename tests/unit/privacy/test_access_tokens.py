"""Access tokens."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from privacy import GrantRefused, Principal, Role, TokenError, TokenExpired, TokenInvalid, issue, verify

KEY = bytes(range(32))
NOW = 1_800_000_000
GRANTS: dict[str, Any] = {
    "subject": "wang",
    "role": "manager",
    "stores": ["S001", "S002"],
    "purposes": ["customer_service"],
    "ttl_seconds": 3600,
}


def token(**changes: Any) -> str:
    return issue(KEY, **{**GRANTS, "now": NOW, **changes})


def forged(header: dict[str, Any] | None = None, key: bytes = KEY, **changes: Any) -> str:
    """Sign, with our key or another, a token that `issue` would not make; a claim set to None is left out."""
    claims = {
        "iss": "onefold",
        "aud": "onefold",
        "sub": "wang",
        "role": "manager",
        "stores": ["S001"],
        "purposes": [],
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "1",
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    header = header or {"alg": "HS256"}
    return jwt.encode(header, present, OctKey.import_key(key), algorithms=["HS256", "HS384", "HS512"])


def test_a_token_gives_back_what_was_granted() -> None:
    principal = verify(KEY, token(), now=NOW)
    assert principal == Principal(
        subject="wang",
        role=Role.MANAGER,
        stores=("S001", "S002"),
        purposes=("customer_service",),
        expires_at=NOW + 3600,
        token_id=principal.token_id,
    )


def test_every_token_has_an_id_of_its_own() -> None:
    assert verify(KEY, token(), now=NOW).token_id != verify(KEY, token(), now=NOW).token_id


def test_a_token_expires_within_seconds_of_its_time() -> None:
    verify(KEY, token(), now=NOW + 3600)
    with pytest.raises(TokenExpired):
        verify(KEY, token(), now=NOW + 3606)


def test_the_forgery_used_below_is_good_until_changed() -> None:
    assert verify(KEY, forged(), now=NOW).stores == ("S001",)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"iat": NOW + 3600},
        {"sub": None},
        {"sub": ""},
        {"role": None},
        {"role": "root"},
        {"role": ["manager"]},
        {"stores": None},
        {"stores": "S001"},
        {"stores": [1]},
        {"stores": [""]},
        {"stores": ["*", "S001"]},
        {"purposes": None},
        {"purposes": {"customer_service": True}},
        {"jti": None},
        {"role": "sales", "stores": ["*"]},
        {"role": "sales", "stores": []},
    ],
)
def test_a_signed_token_that_claims_what_none_may_is_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        verify(KEY, forged(**changes), now=NOW)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_under_our_key(algorithm: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(KEY, forged({"alg": algorithm}), now=NOW)


def test_an_unsigned_token_is_refused() -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    payload = token().split(".")[1]
    with pytest.raises(TokenInvalid):
        verify(KEY, f"{header}.{payload}.", now=NOW)


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        verify(bytes(32), token(), now=NOW)


def test_no_part_of_a_token_can_be_changed() -> None:
    good = token()
    for position in range(0, len(good), 7):
        other = "A" if good[position] != "A" else "B"
        with pytest.raises(TokenError):
            verify(KEY, good[:position] + other + good[position + 1 :], now=NOW)


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "....", "陈", "x" * 10_000, "\udcff.a.b", f"{'e30.' * 2}"])
def test_what_is_no_token_is_invalid(text: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(KEY, text, now=NOW)


def test_errors_hold_nothing_of_the_token() -> None:
    good = token()
    for bad, now in ((good, NOW + 9999), (good[:-3] + "AAA", NOW), (good[1:], NOW)):
        with pytest.raises(TokenError) as caught:
            verify(KEY, bad, now=now)
        assert (caught.value.__context__, caught.value.__cause__) == (None, None)
        assert not any(part in repr(caught.value) for part in bad.split("."))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"role": "root"}, "valid: sales, manager, analyst, steward, privacy, admin"),
        ({"role": "sales", "stores": []}, "at least one store"),
        ({"role": "sales", "stores": ["*"]}, "at least one store"),
        ({"stores": ["*", "S001"]}, "either a list"),
        ({"subject": ""}, "not empty"),
        ({"purposes": [""]}, "not empty"),
        ({"ttl_seconds": 0}, "above zero"),
        ({"ttl_seconds": -5}, "above zero"),
    ],
)
def test_a_grant_that_breaks_a_rule_is_refused_by_its_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(GrantRefused, match=message):
        token(**changes)


@pytest.mark.parametrize("role", Role)
def test_every_role_can_be_granted(role: Role) -> None:
    assert verify(KEY, token(role=role.value), now=NOW).role is role
