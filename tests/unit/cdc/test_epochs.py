"""Epochs of a source: another server opens the next, a replay counts the same, other streams join."""

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
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


# ---- streams that join -------------------------------------------------------------------------------------------------


def recorded(*streams: tuple[str, list[str]]) -> EpochBook:
    book = EpochBook()
    for stream, servers in streams:
        numbers(book, servers, stream=stream)
    return committed(book)


def committed(book: EpochBook) -> EpochBook:
    """As it would be read anew."""
    stored = deepcopy(book)
    stored.fresh, stored.opens = [], False
    return stored


@pytest.mark.parametrize(
    ("servers", "joins"),
    [
        pytest.param([""], True, id="no server"),
        pytest.param([A], True, id="a server that was recorded"),
        pytest.param([A, B, A], True, id="all servers that were, in their turn"),
        pytest.param([B, A, B], False, id="a way back that nobody saw"),
        pytest.param([C], False, id="another server"),
        pytest.param(["2/"], False, id="another log"),
        pytest.param(["3/", f"3/{A}"], True, id="a log, then its server"),
        pytest.param([f"3/{B}"], False, id="a server that is known by its log alone"),
    ],
)
def test_a_stream_joins_only_what_was_recorded_for_its_very_server(servers: list[str], *, joins: bool) -> None:
    book = recorded(("one", [A, B, A, "3/", f"3/{A}"]))
    numbers(book, servers, stream="new")
    assert book.joins_only("new") is joins
    assert book.joins_only("another") is book.joins_only(None) is (not book.fresh)


def test_what_was_opened_and_not_recorded_yet_is_not_joined() -> None:
    book = EpochBook()
    numbers(book, [A], stream="one")
    numbers(book, [A], stream="two")
    assert not book.joins_only("two")


def test_an_epoch_that_takes_the_place_of_an_announced_one_is_more_than_a_join() -> None:
    book = recorded(("one", [A, B, C]), ("two", [A]))
    book.announce("db", "two", 2)
    book = committed(book)
    numbers(book, ["", A, C], stream="two", first=1)
    assert not book.joins_only("two")


def test_a_join_holds_while_the_stream_and_what_was_given_are_as_they_were(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'epochs.db'}")
    with database.write() as connection:
        source_epoch.create(connection)

        def record(stream: str, server: str, at: int = 1) -> None:
            book = EpochBook.load(connection)
            numbers(book, [server], stream=stream, first=at)
            book.save(connection)

        record("one", A)
        joining = EpochBook.load(connection)
        numbers(joining, [A], stream="two", first=9)
        assert joining.is_as_it_was(connection, opens=False)
        record("three", A)
        assert joining.is_as_it_was(connection, opens=False), "another that joins is nothing to it"
        assert not joining.is_as_it_was(connection, opens=True)
        record("two", A, 5)
        assert not joining.is_as_it_was(connection, opens=False)
        joining = EpochBook.load(connection)
        numbers(joining, [A], stream="four")
        record("three", B, 2)
        assert not joining.is_as_it_was(connection, opens=False)
    database.close()


@settings(max_examples=300)
@given(LOGS, LOGS, LOGS, LOGS, st.sampled_from(["one", "two", "new"]))
def test_who_joins_changes_no_epoch_of_another_stream(
    one: list[str], two: list[str], more: list[str], others: list[str], other: str
) -> None:
    """By this, streams that join are prepared beside each other (:mod:`cdc.preparing`)."""
    before = recorded(("one", one), ("two", two))
    joined = deepcopy(before)
    numbers(joined, more, stream="joins", first=1)
    assume(joined.joins_only("joins"))
    first = {"one": len(one), "two": len(two), "new": 0}[other] + 1
    without, beside = deepcopy(before), committed(joined)
    assert numbers(without, others, stream=other, first=first) == numbers(beside, others, stream=other, first=first)
