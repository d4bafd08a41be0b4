"""What became of profiles: every id that was shown before is merged, moved or ended, or still shown."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from identity import Resolution
from identity.resolution import compare as compare_states

Placed = Mapping[str, str]


def compare(before: Placed, after: Placed, *, ended: str = "") -> Resolution:
    """Compare two states; each maps a record (a letter, in the order of arrival) to the profile that shows it."""
    resolution = Resolution()
    for record in sorted(after):
        profile = after[record].encode()
        resolution.clusters[profile] = (*resolution.clusters.get(profile, ()), record.encode())
    arrivals = {record.encode(): ord(record) for record in after}
    was = {record.encode(): profile.encode() for record, profile in before.items()}
    compare_states(resolution, was, arrivals, {record.encode() for record in ended})
    return resolution


def outcome(resolution: Resolution) -> dict[str, object]:
    """The parts that are not empty, in letters."""

    def letters(item: object) -> str:
        return item.decode() if isinstance(item, bytes) else "".join(part.decode() for part in item)  # type: ignore[attr-defined]  # a group of ids

    parts = {name: getattr(resolution, name) for name in ("created", "ended", "merged", "split", "moved")}
    return {name: sorted(map(letters, items)) for name, items in parts.items() if items}


def heirs(resolution: Resolution) -> dict[str, str | None]:
    return {record.decode(): heir.decode() if heir else None for record, heir in resolution.heirs.items()}


def test_a_new_record_alone_is_a_new_profile() -> None:
    assert outcome(compare({}, {"a": "a"})) == {"created": ["a"]}


def test_a_new_record_that_joins_creates_nothing() -> None:
    assert outcome(compare({"a": "a"}, {"a": "a", "b": "a"})) == {}


def test_new_records_that_come_together_are_one_profile() -> None:
    assert outcome(compare({}, {"a": "a", "b": "a"})) == {"created": ["a"]}


def test_two_profiles_become_one() -> None:
    assert outcome(compare({"a": "a", "b": "b"}, {"a": "a", "b": "a"})) == {"merged": ["ba"]}


def test_one_profile_becomes_two() -> None:
    assert outcome(compare({"a": "a", "b": "a"}, {"a": "a", "b": "b"})) == {"split": ["ab"]}


def test_the_last_record_of_a_profile_ends_it() -> None:
    found = compare({"a": "a"}, {}, ended="a")
    assert outcome(found) == {"ended": ["a"]}
    assert heirs(found) == {"a": None}


def test_when_the_record_whose_id_is_shown_ends_the_next_one_inherits() -> None:
    found = compare({"a": "a", "b": "a", "c": "a"}, {"b": "b", "c": "b"}, ended="a")
    assert outcome(found) == {"moved": ["ab"]}
    assert heirs(found) == {"a": "b"}


def test_another_member_that_ends_changes_nothing_that_is_shown() -> None:
    found = compare({"a": "a", "b": "a"}, {"a": "a"}, ended="b")
    assert outcome(found) == {}
    assert heirs(found) == {"b": "a"}


def test_members_that_ended_together_have_no_heir() -> None:
    assert heirs(compare({"a": "a", "b": "a"}, {}, ended="ab")) == {"a": None, "b": None}


def test_the_heir_is_kin_even_when_it_belongs_to_another_profile_now() -> None:
    found = compare({"a": "a", "b": "b", "c": "b"}, {"a": "a", "c": "a"}, ended="b")
    assert heirs(found) == {"b": "c"}
    assert outcome(found) == {"moved": ["ba"]}


def test_the_kin_that_does_not_inherit_splits_off() -> None:
    found = compare({"a": "a", "b": "a", "c": "a"}, {"b": "b", "c": "c"}, ended="a")
    assert outcome(found) == {"moved": ["ab"], "split": ["ac"]}


def test_a_record_that_goes_from_one_profile_to_another_takes_no_id_along() -> None:
    assert outcome(compare({"a": "a", "b": "a", "c": "c"}, {"a": "a", "b": "c", "c": "c"})) == {}


def test_a_record_that_leaves_its_own_profile_merges_and_the_rest_splits_off() -> None:
    found = compare({"a": "a", "b": "b", "c": "b"}, {"a": "a", "b": "a", "c": "c"})
    assert outcome(found) == {"merged": ["ba"], "split": ["bc"]}


@st.composite
def changes(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str], str]:
    """A state before and after, as resolution makes them: a profile shows the id of its earliest member."""
    before = draw(st.lists(st.integers(0, 3), max_size=6))
    names = "abcdefgh"[: len(before) + draw(st.integers(0, 2))]
    ended = "".join(name for name in names[: len(before)] if draw(st.booleans()))
    live = [name for name in names if name not in ended]
    after = [draw(st.integers(0, 3)) for _ in live]
    return earliest(names[: len(before)], before), earliest(live, after), ended


def earliest(names: "str | list[str]", groups: list[int]) -> dict[str, str]:
    first: dict[int, str] = {}
    return {name: first.setdefault(group, name) for name, group in zip(names, groups, strict=True)}


@given(changes())
def test_every_id_is_accounted_for_exactly_once(change: tuple[dict[str, str], dict[str, str], str]) -> None:
    before, after, ended = change
    found = compare(before, after, ended=ended)
    went = [pair[0] for pair in (*found.merged, *found.moved)] + found.ended
    came = found.created + [new for _, new in found.split]
    shown_before = {profile.encode() for profile in before.values()}
    shown_now = {profile.encode() for profile in after.values()}
    assert sorted(went) == sorted(shown_before - shown_now)
    inherited = {now for _, now in found.moved} - shown_before
    assert sorted([*came, *inherited]) == sorted(shown_now - shown_before)
    assert {now for _, now in (*found.merged, *found.moved)} <= shown_now
    assert set(heirs(found)) == set(ended)
    assert all(heir is None or heir in after for heir in heirs(found).values())
