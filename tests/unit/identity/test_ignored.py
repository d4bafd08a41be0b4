"""What of a record counts as missing: read from its own values, each reason alone."""

import json
from dataclasses import replace
from hashlib import blake2b
from importlib.resources import files

import pytest

from identity.blocking import BlockingKey
from identity.ignored import Ignored, Told, ignored
from identity.match_reader import Stored
from identity.matching import Known, Matcher, counterpart
from identity.model import Model, load_model, shipped_model
from identity.records import FieldValue
from identity.rules import IdentityRules

PHONE, UNIONID = "+8613812345670", "ounionid00001"
MOBILE_MAILBOX = "13812345670@139.com"


def matcher(section: dict[str, object] | None = None, model: Model | None = None) -> Matcher:
    def tokenise(name: str, text: str) -> bytes:
        return blake2b(f"{name}/{text}".encode(), digest_size=16).digest()

    return Matcher(IdentityRules.from_config(section or {}), model or shipped_model("chinese"), tokenise)


def learned(**placeholders: list[str]) -> Model:
    model = json.loads((files("identity") / "models" / "chinese.json").read_bytes())
    return load_model(json.dumps({**model, "placeholders": placeholders}).encode())


def told(matching: Matcher, *values: FieldValue) -> Told:
    features = matching.features(values)
    stored = Stored(Known('["db","person","1"]', features), matching.keys(features))
    return Told(stored, {(value.attribute, value.slot): str(value.value) for value in values})


def named(found: tuple[Ignored, ...]) -> list[tuple[str, str]]:
    return [(each.kind, each.reason) for each in found]


def keys(matching: Matcher, *forms: tuple[str, str]) -> set[bytes]:
    return {matching.stored(BlockingKey(*form)) for form in forms}


@pytest.mark.parametrize(
    ("value", "section"),
    [
        (FieldValue("phone", 0, "138 1234 5670"), {"phone": ["+86 138-1234-5670"]}),
        (FieldValue("phone", 0, "138****5670"), {"phone": ["138*5670"]}),
        (FieldValue("phone", 0, "13812345670", False), {"phone": ["13812345670"]}),
        (FieldValue("email", 0, "Cashier@Example.com"), {"email": ["cashier@example.com"]}),
        (FieldValue("wechat_openid", 0, "oOpenid0001", app="wx1"), {"wechat_openid": ["oOpenid0001"]}),
        (FieldValue("national_id", 0, "1234 5678 9X"), {"national_id": ["123456789X"]}),
    ],
)
def test_a_blocked_value_is_named_however_it_is_written(value: FieldValue, section: dict[str, list[str]]) -> None:
    open_rules, blocking = matcher(), matcher({"blocked": section})
    assert ("blocked" in dict(named(ignored(open_rules, told(open_rules, value), None, generic=())))) is False
    assert named(ignored(blocking, told(blocking, value), None, generic=())) == [(value.attribute, "blocked")]


def test_a_blocked_mailbox_that_a_phone_is_the_name_of_is_named_once() -> None:
    matching = matcher({"blocked": {"email": [MOBILE_MAILBOX]}})
    assert named(ignored(matching, told(matching, FieldValue("email", 0, MOBILE_MAILBOX)), None, generic=())) == [
        ("email", "blocked")
    ]


def test_what_means_nobody_anyway_is_not_named() -> None:
    matching = matcher({"blocked": {"phone": ["13812345670"]}})
    values = [FieldValue("phone", slot, text) for slot, text in enumerate(("无", "00000000000", "13912345670"))]
    assert ignored(matching, told(matching, *values), None, generic=()) == ()


def test_a_phone_is_generic_also_as_the_name_of_a_mailbox() -> None:
    matching = matcher()
    record = told(matching, FieldValue("email", 2, MOBILE_MAILBOX))
    found = ignored(matching, record, None, generic=keys(matching, ("phone", PHONE)))
    assert found == (Ignored("phone", "generic", "email", 2),)


def test_a_claim_is_generic_as_what_it_claims_and_as_a_claim() -> None:
    matching = matcher()
    claim, stated = (told(matching, FieldValue("phone", 0, PHONE, verified)) for verified in (False, True))
    (key,) = keys(matching, ("phone", PHONE))
    for crowded in (key, counterpart(key)):
        assert named(ignored(matching, claim, None, generic={crowded})) == [
            ("phone", "generic"),
            ("phone", "unverified"),
        ]
    assert named(ignored(matching, stated, None, generic={key})) == [("phone", "generic")]
    assert ignored(matching, stated, None, generic={counterpart(key)}) == ()


def test_a_claim_that_another_column_states_counts() -> None:
    matching = matcher()
    record = told(matching, FieldValue("phone", 0, PHONE, False), FieldValue("phone", 1, PHONE, True))
    assert ignored(matching, record, None, generic=()) == ()


def test_openids_are_of_another_app_only_beside_openids_of_others() -> None:
    matching = matcher()
    one, other, both = (
        told(matching, *(FieldValue("wechat_openid", n, f"oOpenid000{n}", app=app) for n, app in enumerate(apps)))
        for apps in (("wx1",), ("wx2",), ("wx1", "wx2"))
    )
    assert named(ignored(matching, one, other, generic=())) == [("wechat_openid", "other_app")]
    assert ignored(matching, both, other, generic=()) == (Ignored("wechat_openid", "other_app", "wechat_openid", 0),)
    for beside in (one, both, None, told(matching, FieldValue("wechat_unionid", 0, UNIONID))):
        assert ignored(matching, one, beside, generic=()) == ()


def test_learned_values_are_named_by_their_kind() -> None:
    model = learned(phone=[PHONE], wechat_openid=["wx1:oOpenid0001"], birthday=["19850505"], national_id=["123456789X"])
    matching = matcher(model=model)
    record = told(
        matching,
        FieldValue("phone", 0, "13812345670"),
        FieldValue("wechat_openid", 0, "oOpenid0001", app="wx1"),
        FieldValue("wechat_openid", 1, "oOpenid0002", app="wx1"),
        FieldValue("birthday", 0, "1985-05-05"),
        FieldValue("national_id", 0, "123456789X"),
    )
    assert set(named(ignored(matching, record, None, generic=()))) == {
        ("phone", "learned"),
        ("wechat_openid", "learned"),
        ("birthday", "learned"),
        ("national_id", "learned"),
    }
    assert {each.slot for each in ignored(matching, record, None, generic=())} == {0}


def test_an_openid_that_is_not_matched_by_is_not_called_learned_where_none_is() -> None:
    """Such as one that came before its column was mapped."""
    texts = {("wechat_openid", 0): "oOpenid0001"}
    for model, expected in (
        (learned(phone=[PHONE]), []),
        (learned(wechat_openid=["x"]), [("wechat_openid", "learned")]),
    ):
        matching = matcher(model=model)
        assert named(ignored(matching, replace(told(matching), texts=texts), None, generic=())) == expected


@pytest.mark.parametrize(("size", "expected"), [(500, []), (501, [("loyalty_card", "too_long")])])
def test_a_text_is_too_long_from_where_it_is_not_read(size: int, expected: list[tuple[str, str]]) -> None:
    matching = matcher()
    record = told(matching, FieldValue("loyalty_card", 0, ("90210" * size)[:size]))
    assert bool(record.features.accounts) is not bool(expected)
    assert named(ignored(matching, record, None, generic=())) == expected


def test_a_mailbox_of_a_function_is_named_stated_or_claimed() -> None:
    matching = matcher()
    for verified in (None, False, True):
        record = told(matching, FieldValue("email", 0, "kefu@example.com", verified))
        assert named(ignored(matching, record, None, generic=())) == [("email", "role_mailbox")]


def test_a_kind_that_the_rules_never_compare_has_no_reasons() -> None:
    matching = matcher({"blocked": {"device_id": ["till-0001"]}})
    record = told(matching, FieldValue("device_id", 0, "till-0001"), FieldValue("device_id", 1, "till-" * 200))
    assert ignored(matching, record, None, generic=()) == ()
    linking = matcher({"blocked": {"device_id": ["till-0001"]}, "identifiers": {"device_id": {"links": True}}})
    assert named(ignored(linking, replace(told(linking), texts=record.texts), None, generic=())) == [
        ("device_id", "blocked"),
        ("device_id", "too_long"),
    ]
