import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import Principal, Role
from resolvers.errors import BadInput, InvalidCursor
from resolvers.paging import Cursors, PageWish, Position, connection, page_wish

KEY = bytes(range(32))
ANN = Principal("ann", Role.MANAGER, ("*",), (), 0, "t")
positions = st.builds(
    Position,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.sampled_from((16, 32)).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
)


def cursors(subject: str = "ann", question: str = "q", role: Role = Role.MANAGER) -> Cursors:
    return Cursors(KEY, Principal(subject, role, ("*",), (), 0, "t"), question)


@given(positions)
def test_a_cursor_opens_to_its_position_and_nowhere_else(position: Position) -> None:
    sealed = cursors().seal(position)
    assert cursors().open(sealed) == position
    for other in (cursors("bob"), cursors(question="r"), cursors(role=Role.STEWARD), Cursors(bytes(32), ANN, "q")):
        with pytest.raises(InvalidCursor):
            other.open(sealed)


@given(st.text())
def test_any_other_text_is_refused_in_the_same_way(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors().open(text)


def test_names_cannot_run_into_each_other() -> None:
    sealed = cursors("a", "bc").seal(Position(1, bytes(16)))
    with pytest.raises(InvalidCursor):
        cursors("ab", "c").open(sealed)


def test_cursors_of_one_position_differ_and_have_one_length() -> None:
    sealed = [
        cursors().seal(position)
        for position in (Position(1, bytes(16)), Position(1, bytes(16)), Position(None, bytes(16)))
    ]
    assert len(set(sealed)) == 3
    assert len({len(text) for text in sealed}) == 1


def test_a_wish_is_checked_before_anything_is_asked() -> None:
    start = Position(5, bytes(16))
    sealed = cursors().seal(start)
    assert page_wish(cursors(), first=None, after=None) == PageWish(20)
    assert page_wish(cursors(), first=7, after=sealed) == PageWish(7, start)
    assert page_wish(cursors(), first=None, after=None, last=7, before=sealed) == PageWish(7, start, is_backward=True)
    for wrong in (
        {"first": 0}, {"first": 101}, {"first": 1, "last": 1}, {"last": 0}, {"before": sealed}, {"after": sealed, "last": 2},
    ):  # fmt: skip
        arguments = {"first": None, "after": None, "last": None, "before": None} | wrong
        with pytest.raises(BadInput):
            page_wish(cursors(), **arguments)


@given(st.integers(0, 12), st.integers(1, 5), st.booleans())
def test_pages_tell_whether_there_is_more(found: int, size: int, is_backward: bool) -> None:
    items = [(n, Position(n, bytes(16))) for n in range(min(found, size + 1))]
    page = connection(items, PageWish(size, None, is_backward=is_backward), cursors())
    expected = list(range(min(found, size)))
    assert list(page.nodes) == (expected[::-1] if is_backward else expected)
    assert page.page_info.has_next_page == (found > size and not is_backward)
    assert page.page_info.has_previous_page == (found > size and is_backward)
    assert (page.page_info.end_cursor is None) == (found == 0)
