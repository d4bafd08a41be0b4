"""Stored keys: what lies beside what, and what a key tells of itself."""

import hashlib

from hypothesis import given

from identity import FieldValue
from identity.blocking import blocking_keys, key_limits
from identity.features import Features, build_features
from identity.matching import Matcher, counterpart, is_identifier, kind_of, with_counterparts
from identity.model import shipped_model
from identity.rules import IDENTIFIER_KINDS
from tests.told import CHINA, FEATURES, record

MATCHER = Matcher(
    CHINA, shipped_model("chinese"), lambda kind, text: hashlib.sha256(f"{kind} {text}".encode()).digest()[:16]
)


def keys_of(told: dict[str, str]) -> frozenset[bytes]:
    return MATCHER.keys(record(CHINA, **told))


ROW = {
    "name": "王小明",
    "birthday": "1990-02-28",
    "phone": "13912345678",
    "email": "wangwei@qq.com",
    "address": "北京市朝阳区光明路1号2栋301室",
}


def test_keys_that_are_alike_lie_together() -> None:
    places = {key[:3]: {kind_of(other) for other in keys_of(ROW) if other[:3] == key[:3]} for key in keys_of(ROW)}
    together = [kinds for kinds in places.values() if len(kinds) > 1]
    assert sorted(map(sorted, together)) == [
        ["email", "surname_mailbox"],
        ["full_name", "name_area", "name_birthday", "name_phone_start"],
        ["home", "surname_home"],
        ["phone", "surname_phone_ends"],
    ]


def test_a_birthday_alone_places_no_key() -> None:
    alike = {"name": "李红", "birthday": ROW["birthday"], "address": "上海市黄浦区人民路9号1栋101室"}
    assert {key[:3] for key in keys_of(ROW)}.isdisjoint(key[:3] for key in keys_of(alike))


@given(FEATURES)
def test_stored_keys_tell_their_kind_and_whether_they_are_claims(told: Features) -> None:
    for key in blocking_keys(told):
        stored = MATCHER.stored(key)
        assert len(stored) == 8
        assert kind_of(stored) == key.kind
        assert is_identifier(stored) == (key.kind in IDENTIFIER_KINDS)
        assert MATCHER.limits(stored) == key_limits(key.kind, CHINA)


def test_what_claims_an_identifier_leads_to_those_who_state_it_and_back() -> None:
    stated = {key for key in keys_of({"phone": "13912345678"}) if is_identifier(key)}
    told = build_features([FieldValue("phone", 0, "13912345678", False)], CHINA)
    claimed = MATCHER.keys(told)
    assert {counterpart(key) for key in claimed} == stated
    assert {counterpart(key) for key in stated} == claimed
    assert with_counterparts(claimed) == with_counterparts(stated) == claimed | stated
