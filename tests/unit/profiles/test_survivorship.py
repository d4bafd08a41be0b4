"""Which value survives: each rule, its ties, and that the order of the members does not matter."""

import tomllib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import RULES, Held, Known, MemberRecord, SurvivorshipRules, Winner, winners
from storage import ConfigError


def member(name: str, *held: Held, at: int | None = None, source: str = "shop") -> MemberRecord:
    return MemberRecord(name.encode(), source, at, held)


def email(slot: int = 0, *, verified: bool = False) -> Held:
    return Held("email", slot, verified)


def survives(rule: str, *members: MemberRecord, trust: tuple[str, ...] = (), values: str = "") -> str:
    """The winner's name and slot; ``values`` gives one letter for each cell in order, by which equal values are known."""
    cells = [(m.incarnation, h.attribute, h.slot) for m in members for h in m.held]
    known = Known(
        {m.incarnation: f"natural {m.incarnation!r}" for m in members},
        dict(zip(cells, values or "?" * len(cells), strict=True)),
    )
    winner = winners(members, SurvivorshipRules(rule, {}, trust), known)["email"]
    return f"{winner.incarnation.decode()}{winner.slot}"


def test_an_attribute_that_nobody_holds_has_no_winner() -> None:
    assert winners([member("a"), member("b")], SurvivorshipRules(), Known()) == {}


def test_attributes_survive_by_themselves() -> None:
    a, b = member("a", email(), at=1), member("b", Held("name", 0, verified=False), at=2)
    assert winners([a, b], SurvivorshipRules(), Known()) == {"email": Winner(b"a", 0), "name": Winner(b"b", 0)}


def test_latest_takes_the_newest_row_and_a_row_without_time_is_the_oldest() -> None:
    assert survives("latest", member("a", email(), at=1), member("b", email(), at=2)) == "b0"
    assert survives("latest", member("b", email()), member("a", email(), at=-5)) == "a0"


def test_the_most_trusted_source_wins_and_unlisted_sources_come_last() -> None:
    pos, shop = member("a", email(), at=1, source="pos"), member("b", email(), at=2)
    crm = member("c", email(), at=3, source="crm")
    assert survives("most_trusted", pos, shop, crm, trust=("pos", "shop")) == "a0"
    assert survives("most_trusted", shop, crm, trust=("pos", "shop")) == "b0"
    assert survives("most_trusted", pos, shop, crm) == "c0"


def test_the_most_frequent_value_wins_over_a_newer_one() -> None:
    a, b, c = member("a", email(), at=1), member("b", email(), at=2), member("c", email(), at=9)
    assert survives("most_frequent", a, b, c, values="xxy") == "b0"
    assert survives("most_frequent", a, b, c, values="xyz") == "c0"


def test_a_verified_value_wins_over_a_newer_one_and_then_the_newest() -> None:
    a, b = member("a", email(verified=True), at=1), member("b", email(), at=2)
    assert survives("verified_first", a, b) == "a0"
    assert survives("verified_first", a, b, member("c", email(verified=True), at=2)) == "c0"
    assert survives("verified_first", member("a", email(), at=1), b) == "b0"


def test_between_columns_of_one_record_the_verified_one_then_the_first_wins() -> None:
    assert survives("verified_first", member("a", email(0), email(1, verified=True))) == "a1"
    assert survives("verified_first", member("a", email(1), email(0))) == "a0"
    assert survives("latest", member("a", email(0), email(1, verified=True))) == "a0"


def test_a_record_that_stands_alone_needs_no_values_nor_keys() -> None:
    for rule in RULES:
        alone = member("a", email(0), email(1))
        assert winners([alone], SurvivorshipRules(rule, {}), Known()) == {"email": Winner(b"a", 0)}


@pytest.mark.parametrize("rule", RULES)
def test_a_tie_ends_at_the_natural_key(rule: str) -> None:
    a, b = member("a", email(), at=1), member("b", email(), at=1)
    assert survives(rule, a, b, values="xy") == survives(rule, b, a, values="xy") == "a0"


def test_email_and_phone_are_verified_first_unless_the_settings_say_otherwise() -> None:
    assert SurvivorshipRules().attributes == {"email": "verified_first", "phone": "verified_first"}
    read = SurvivorshipRules.from_config(
        tomllib.loads('default = "most_trusted"\ntrust = ["pos", "shop"]\nattributes = { email = "latest" }')
    )
    assert read == SurvivorshipRules("most_trusted", {"email": "latest", "phone": "verified_first"}, ("pos", "shop"))
    assert read.with_rule("latest") == ("email",)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('rule = "latest"', "profiles.rule"),
        ('default = "newest"', "profiles.default"),
        ('attributes = { name = "best" }', "profiles.attributes.name"),
        ('attributes = "latest"', "profiles.attributes"),
        ('trust = "pos"', "profiles.trust"),
        ("trust = [1]", "profiles.trust"),
    ],
)
def test_a_mistake_is_named(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SurvivorshipRules.from_config(tomllib.loads(text))
    assert caught.value.where == where


HELD = st.builds(Held, st.sampled_from(["email", "name"]), st.integers(0, 1), st.booleans())
MEMBERS = st.lists(
    st.tuples(
        st.sampled_from(["shop", "pos", "crm"]),
        st.sampled_from([None, 1, 2]),
        st.lists(HELD, max_size=3, unique_by=lambda held: (held.attribute, held.slot)),
    ),
    max_size=5,
)


@given(MEMBERS, st.sampled_from(RULES), st.data(), st.randoms(use_true_random=False))
def test_the_order_of_members_and_of_their_cells_does_not_matter(
    drawn: list[tuple[str, int | None, list[Held]]], rule: str, data: st.DataObject, chance: Random
) -> None:
    members = [MemberRecord(bytes([n]), source, at, tuple(held)) for n, (source, at, held) in enumerate(drawn)]
    cells = [(m.incarnation, h.attribute, h.slot) for m in members for h in m.held]
    known = Known(
        {m.incarnation: f"{n:02}" for n, m in enumerate(members)},
        {cell: data.draw(st.sampled_from("xy")) for cell in cells},
    )
    rules = SurvivorshipRules(rule, {}, ("pos", "shop"))
    mixed = [
        MemberRecord(m.incarnation, m.source, m.updated_at, tuple(chance.sample(m.held, len(m.held)))) for m in members
    ]
    chance.shuffle(mixed)
    found = winners(members, rules, known)
    assert winners(mixed, rules, known) == found
    assert set(found) == {attribute for _, attribute, _ in cells}
    assert all((winner.incarnation, attribute, winner.slot) in cells for attribute, winner in found.items())
