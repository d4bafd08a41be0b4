"""Epochs of a source: another server opens the next, a replay counts the same, other streams join."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc import EventError, Origin
from cdc.epochs import EpochBook
from cdc.tables import source_epoch
from storage import Database

A, B = "server-a", "server-b"


def numbers(
    book: EpochBook, servers: Iterable[str], *, stream: str = "s", first: int = 1, source: str = "db"
) -> list[int]:
    """The epoch of each of the events of a stream, written by these servers."""
    origins = [Origin(stream, n, source, b"p", server) for n, server in enumerate(servers, first)]
    return [int.from_bytes(book.guard(origin)[:4], "big") for origin in origins]


def test_a_guard_is_the_epoch_and_then_the_position() -> None:
    book = EpochBook()
    numbers(book, [A, B])
    assert book.guard(Origin("s", 9, "db", b"position", B)) == b"\0\0\0\1position"


def test_a_failover_opens_the_next_epoch_and_so_does_the_way_back() -> None:
    assert numbers(EpochBook(), [A, A, B, B, A, A]) == [0, 0, 1, 1, 2, 2]


def test_events_that_name_no_server_belong_to_the_epoch_around_them() -> None:
    assert numbers(EpochBook(), ["", "", A, "", B, "", ""]) == [0, 0, 0, 0, 1, 1, 1]
    book = EpochBook()
    assert numbers(book, ["", ""]) == [0, 0]
    assert book.fresh == []


def test_a_replay_counts_the_same_whatever_was_read_after() -> None:
    book = EpochBook()
    servers = [A, "", B, A, A, B]
    once = numbers(book, servers)
    opened = len(book.fresh)
    assert numbers(book, servers) == once
    assert numbers(book, servers[2:], first=3) == once[2:]
    assert len(book.fresh) == opened


def test_another_stream_of_the_source_joins_the_epoch_of_the_same_server() -> None:
    book = EpochBook()
    numbers(book, [A, B, A], stream="one")
    assert numbers(book, [A, A, B, A], stream="two") == [0, 0, 1, 2]
    assert numbers(book, [B, A], stream="new table") == [1, 2]
    assert numbers(book, ["", B], stream="snapshot, then after the failover") == [0, 1]


def test_a_stream_that_goes_ahead_opens_what_the_others_join() -> None:
    book = EpochBook()
    assert numbers(book, [A], stream="one") + numbers(book, [A, B], stream="two") == [0, 0, 1]
    assert numbers(book, [B], stream="one", first=2) == [1]


def test_sources_count_by_themselves() -> None:
    book = EpochBook()
    numbers(book, [A, B], source="shop")
    assert numbers(book, [B, A], source="pos") == [0, 1]


C = "server-c"


@pytest.mark.parametrize(
    ("servers", "late", "server"),
    [
        pytest.param([A, "", B], 2, C, id="a server that nobody heard of, between two others"),
        pytest.param(["", B], 1, A, id="before the first that was heard of"),
    ],
)
def test_a_change_that_is_tried_later_opens_no_epoch_in_the_past(servers: list[str], late: int, server: str) -> None:
    book = EpochBook()
    numbers(book, servers)
    opened = list(book.fresh)
    with pytest.raises(EventError) as refused:
        numbers(book, [server], first=late)
    assert refused.value.code == "unknown_server"
    assert book.fresh == opened
    assert numbers(book, servers[-1:], first=len(servers)) == [opened[-1][2].number]


def test_a_change_that_is_tried_later_joins_the_epoch_of_its_server_on_either_side() -> None:
    book = EpochBook()
    numbers(book, [A, "", "", B])
    assert numbers(book, [A, B], first=2) == [0, 1]


def test_a_change_that_is_tried_later_joins_no_epoch_that_came_after_the_next() -> None:
    book = EpochBook()
    numbers(book, [A, B, C], stream="one")
    numbers(book, [A, "", B], stream="two")
    with pytest.raises(EventError):
        numbers(book, [C], stream="two", first=2)


def test_a_change_that_is_tried_later_is_in_its_log_s_epoch_whether_it_names_a_server_or_not() -> None:
    book = EpochBook()
    assert numbers(book, ["", "", "", f"2/{A}"]) == [0, 0, 0, 1]
    assert numbers(book, ["2/"], first=3) == [1]


def test_a_further_log_opens_an_epoch_also_where_no_change_names_a_server() -> None:
    assert numbers(EpochBook(), ["", "", "2/", "2/", "3/"]) == [0, 0, 1, 1, 2]
    assert numbers(EpochBook(), [A, "2/", f"2/{A}", "2/", f"2/{A}"]) == [0, 1, 1, 1, 1]


def test_a_server_may_change_within_a_further_log() -> None:
    book = EpochBook()
    assert numbers(book, [A, "2/", f"2/{A}", f"2/{B}"]) == [0, 1, 1, 2]
    assert numbers(book, [A, f"2/{A}", f"2/{B}"], stream="two") == [0, 1, 2]
    assert numbers(book, [A, "2/", f"2/{B}", f"2/{B}"], stream="three") == [0, 1, 2, 2]
    assert numbers(book, [f"2/{A}"], stream="new table") == [1]


def test_streams_join_a_further_log_however_they_first_see_it() -> None:
    book = EpochBook()
    assert numbers(book, ["", "2/"], stream="one") == [0, 1]
    assert numbers(book, ["", "2/"], stream="two") == [0, 1]
    assert numbers(book, ["2/"], stream="new table") == [1]
    assert numbers(book, [""], stream="nothing new") == [0]


def test_what_a_connector_that_was_given_up_still_sends_stays_in_its_own_epoch() -> None:
    book = EpochBook()
    assert numbers(book, ["", "2/", "", "2/", "3/", "2/"]) == [0, 1, 0, 1, 2, 1]
    assert numbers(book, ["", "2/", "", "2/", "3/", "2/"]) == [0, 1, 0, 1, 2, 1]


SERVERS = st.lists(st.sampled_from(["", A, B, "server-c"]), max_size=8)


@given(SERVERS)
def test_epochs_only_rise_along_a_stream(servers: list[str]) -> None:
    found = numbers(EpochBook(), servers)
    assert found == sorted(found)


LOGS = st.lists(st.sampled_from(["", A, B, "2/", f"2/{A}", f"2/{B}", "3/"]), max_size=8)


@given(LOGS, LOGS)
def test_what_is_stored_gives_the_same_epochs_after_a_restart(one: list[str], two: list[str]) -> None:
    book = EpochBook()
    first, second = numbers(book, one, stream="one"), numbers(book, two, stream="two")
    stored = _reloaded(book)
    assert numbers(stored, one, stream="one") == first
    assert numbers(stored, two, stream="two") == second
    assert stored.fresh == []


def _reloaded(book: EpochBook) -> EpochBook:
    database = Database("sqlite:///:memory:")
    with database.write() as connection:
        source_epoch.create(connection)
        book.save(connection)
        stored = EpochBook.load(connection)
    database.close()
    return stored


def test_epochs_are_saved_once(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'epochs.db'}")
    with database.write() as connection:
        source_epoch.create(connection)
        book = EpochBook.load(connection)
        numbers(book, [A, B])
        book.save(connection)
        again = EpochBook.load(connection)
        numbers(again, [A, B, A])
        assert [epoch.number for _, _, epoch in again.fresh] == [2]
        again.save(connection)
    database.close()


def test_an_epoch_can_be_announced_once_at_a_place_and_who_wrote_goes_on_in_it() -> None:
    book = EpochBook()
    assert numbers(book, ["a", "a"]) == [0, 0]
    book.announce("db", "s", 3)
    book.announce("db", "s", 3)
    assert numbers(book, ["a", "a", "", "a", "b"]) == [0, 0, 1, 1, 2]


def test_an_epoch_can_be_announced_where_nobody_names_a_server() -> None:
    book = EpochBook()
    book.announce("db", "s", 2)
    assert numbers(book, ["", "", ""]) == [0, 1, 1]
