import pytest

from privacy import Access, AuditEntry, Principal, Role
from resolvers.trail import Trail, pseudonym

KEY = bytes(32)
ANN = Principal("ann", Role.SALES, ("S1",), ("p",), 0, "t")


def entry(trail: Trail) -> AuditEntry:
    return trail.entry(ANN, purpose=None, request_id="r", pseudonym_key=KEY, at=1)


def test_a_trail_is_empty_until_somebody_is_seen_or_searched_for() -> None:
    trail = Trail()
    trail.questions.add("profile")
    assert trail.is_empty
    trail.lookups.add("phone")
    assert not trail.is_empty


def test_one_subject_has_a_pseudonym_that_another_key_would_not_give() -> None:
    trail = Trail()
    trail.opened(b"a" * 16, "name", Access.MASKED)
    assert entry(trail).subject == pseudonym(KEY, b"a" * 16) != pseudonym(bytes([1]) * 32, b"a" * 16)
    trail.opened(b"b" * 16, "name", Access.CLEAR)
    assert (entry(trail).rows, entry(trail).decision) == (2, "clear-masked")


def test_everyone_who_was_seen_is_named_in_an_order_that_tells_nothing() -> None:
    seen = [bytes([number]) * 16 for number in range(5)]
    trail = Trail()
    for subject in [*seen, *seen]:
        trail.opened(subject, "name", Access.CLEAR)
    assert entry(trail).subject == ",".join(sorted(pseudonym(KEY, subject) for subject in seen))
    assert not entry(Trail(lookups={"phone"})).subject


@pytest.mark.parametrize("attribute", ["trait.shoe size", "trait.größe", "trait.a/b;c"])
def test_any_attribute_name_can_be_recorded(attribute: str) -> None:
    trail = Trail(questions={"profiles", "node"})
    trail.opened(b"a" * 16, attribute, Access.CLEAR)
    assert entry(trail).action == "query:node.profiles"
    assert len(entry(trail).fields) == 1
