"""Preparing a batch while the one before it is being committed: only where the two have nothing to do with each other."""

import json
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from cdc import RawEvent
from cdc.apply import Batch, Prepared, is_barrier
from cdc.changes import Change, SnapshotTableDone
from cdc.epochs import Epoch, EpochBook
from cdc.overlap import Overlap, overlapping
from cdc.plan import Event
from cdc.preparing import PreparerHere
from cdc.tables import source_epoch
from cdc.writing import Report
from identity import RowKey
from tests.change_log import MAPPING
from tests.installation import installation, settle_late
from tests.unit.cdc.test_fold import gone, origin, put

HERE: Any = None
ROW_A = put("a", 1).change


class Slow:
    """Stands for the applier: writes only when the test says so, and tells what was done in which order."""

    def __init__(self) -> None:
        self.may_write = threading.Event()
        self.done: list[str] = []
        self.fails = False

    def prepare(self, events: Sequence[Event], *, late: Collection[RowKey] = ()) -> Any:
        self.done.append(f"prepare {events[0].raw}" + (f" but {len(late)}" if late else ""))
        if events[0].raw == HERE:
            raise ValueError("cannot be prepared")
        return _batch(events)

    def write(self, batch: Batch, _advance: Any) -> Any:
        assert self.may_write.wait(10)
        return _Written(self, str(batch.raws[0]))


class _Prepared:
    """In it no epoch begins."""

    epochs = EpochBook()


def _batch(events: Sequence[Event], **more: Any) -> Batch:
    prepared = None if is_barrier(events[0]) else cast("Any", _Prepared())
    return Batch([event.raw for event in events], lambda: events, prepared, (), 0.0, **more)


class _Written:
    report = Report(events=1)

    def __init__(self, applier: Slow, name: str) -> None:
        self._applier, self._name = applier, name

    def settle(self) -> None:
        if self._applier.fails:
            raise OSError("disk full")
        self._applier.done.append(f"commit {self._name}")


def events(name: Any, *changes: Change) -> list[Any]:
    """What a transport read, together with what it means."""
    return [(name, change) for change in changes]


def prepared(overlap: Overlap, reads: list[Any]) -> Batch:
    return overlap.prepare(overlap.begin(reads))


def overlap_of(applier: Any) -> Overlap:
    return Overlap(applier, PreparerHere(applier, HERE))


@contextmanager
def writing(applier: Any, first: Change = ROW_A) -> Iterator[Overlap]:
    """An overlap whose first batch is being written; it is committed in half a second."""
    overlap = overlap_of(applier)
    overlap.write(prepared(overlap, events("first", first)), HERE)
    later = threading.Timer(0.5, applier.may_write.set)
    later.start()
    yield overlap
    later.cancel()
    applier.may_write.set()
    overlap.close()


def test_another_row_is_prepared_while_the_batch_before_it_is_written() -> None:
    slow = Slow()
    with writing(slow) as overlap:
        batch = prepared(overlap, events("second", put("b", 2).change))
        assert overlap.wait() == Report(events=1)
        overlap.write(batch, HERE)
        overlap.wait()
    assert slow.done == ["prepare first", "prepare second", "commit first", "commit second"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(put("a", 2).change, id="the same row"),
        pytest.param(gone("b", 2, new="c").change, id="a row that moves to another key"),
        pytest.param(put("b", 2, old="c").change, id="a row that comes from another key"),
        pytest.param(SnapshotTableDone(origin(2), "person", 3, 1), id="a whole table"),
    ],
)
def test_what_may_depend_on_the_batch_before_waits_for_its_commit(change: Change) -> None:
    slow = Slow()
    with writing(slow) as overlap:
        prepared(overlap, events("second", change))
    assert slow.done == ["prepare first", "commit first", "prepare second"]


def test_a_row_of_the_batch_before_waits_alone() -> None:
    slow = Slow()
    with writing(slow) as overlap:
        others = [put(name, 2).change for name in "bcd"]
        prepared(overlap, events("second", ROW_A, *others))
    assert slow.done == ["prepare first", "prepare second but 1", "commit first"]


def test_what_follows_a_change_of_a_whole_table_waits_for_its_commit() -> None:
    slow = Slow()
    with writing(slow, SnapshotTableDone(origin(1), "person", 3, 1)) as overlap:
        prepared(overlap, events("second", put("b", 2).change))
    assert slow.done == ["prepare first", "commit first", "prepare second"]


def test_who_writes_must_know_what_became_of_the_batch_before() -> None:
    slow = Slow()
    with writing(slow) as overlap:
        batch = prepared(overlap, events("second", put("b", 2).change))
        with pytest.raises(RuntimeError, match="still being written"):
            overlap.write(batch, HERE)
        slow.fails = True
        with pytest.raises(OSError, match="disk full"):
            overlap.wait()
        assert overlap.wait() == Report()
    assert "commit second" not in slow.done


def test_an_error_leaves_the_batch_before_it_committed() -> None:
    slow: Any = Slow()
    slow.may_write.set()
    with pytest.raises(ValueError, match="cannot be prepared"):
        _run(slow, events("first", put("a", 1).change), events(HERE, put("b", 2).change))
    assert "commit first" in slow.done


class Noted:
    """Stands for the work on a batch: remembers how it ended."""

    def __init__(self) -> None:
        self.ends: list[str] = []

    def end(self, error: str = "") -> None:
        self.ends.append(error)


@pytest.mark.parametrize("how", [Overlap.drop, Overlap.close], ids=["drop", "close"])
def test_the_work_on_a_batch_that_is_not_written_ends_as_dropped(how: Callable[[Overlap], None]) -> None:
    first, second = Noted(), Noted()
    slow: Any = Slow()
    slow.may_write.set()
    works = iter((first, second))
    slow.prepare = lambda events, late: _batch(events, work=next(works))
    overlap = overlap_of(slow)
    overlap.write(prepared(overlap, events("first", ROW_A)), HERE)
    overlap.wait()
    prepared(overlap, events("second", ROW_A))
    how(overlap)
    overlap.close()
    assert (first.ends, second.ends) == ([], ["Dropped"])  # what is written ends with its commit


def _run(applier: Any, *batches: list[Any]) -> None:
    with overlapping(applier, PreparerHere(applier, HERE)) as overlap:
        for batch in batches:
            overlap.write(prepared(overlap, batch), HERE)


def logged(key: int, name: str, *, file: str, pos: int, server: str) -> RawEvent:
    """A change of a person in MySQL's log; a row of a snapshot names no server."""
    source = {"connector": "mysql", "name": "db", "table": "person", "file": file, "pos": pos, "row": 0}
    source |= {"gtid": f"{server}:{pos}"} if server else {"snapshot": "incremental"}
    after = {"id": key, "name": name}
    value = {"op": "c" if server else "r", "source": source, "before": None, "after": after}
    return RawEvent("", 0, "db.person", json.dumps({"id": key}).encode(), json.dumps(value).encode())


def test_what_follows_a_failover_is_prepared_in_the_new_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new server's log begins anew: in the old epoch its positions would look like those of long ago."""
    settle_late(monkeypatch)
    before = logged(1, "before", file="binlog.000009", pos=900, server="a-server")
    failover = logged(2, "another", file="binlog.000001", pos=10, server="b-server")
    after = logged(1, "after", file="binlog.000001", pos=20, server="")
    with installation(tmp_path, MAPPING) as made:
        made.ingest([before, failover, after], batch=1)
        assert "after" in "".join(made.lines())


def test_what_follows_a_failover_that_waits_alone_is_prepared_in_the_new_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first event of the new server is of a row that the batch before it names: it is planned late, and yet decides."""
    settle_late(monkeypatch)
    old, new = "binlog.000009", "binlog.000001"
    events = [
        logged(1, "before", file=old, pos=900, server="a-server"),
        logged(4, "x", file=old, pos=901, server="a-server"),
        logged(9, "x", file=old, pos=902, server="a-server"),
        logged(5, "x", file=old, pos=903, server="a-server"),
        logged(3, "x", file=old, pos=904, server="a-server"),
        logged(9, "new", file=new, pos=10, server="b-server"),
        logged(1, "after", file=new, pos=20, server=""),
        logged(6, "x", file=new, pos=21, server=""),
    ]
    with installation(tmp_path, MAPPING) as made:
        made.ingest(events, batch=2)
        lines = "".join(made.lines())
        assert "new" in lines
        assert "after" in lines


@pytest.mark.parametrize("has_another", [False, True])
def test_what_opens_an_epoch_is_prepared_once_unless_somebody_opened_another_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_another: bool
) -> None:
    first = logged(1, "first", file="binlog.000001", pos=10, server="a-server")
    failover = logged(2, "second", file="binlog.000001", pos=10, server="c-server")
    other = EpochBook(fresh=[("db", "another", Epoch(7, 1, "b-server"))])
    with installation(tmp_path, MAPPING) as made:
        _, held = made.parts.pipeline.ingest(made.parts.pipeline.claim("test"), _at([first], 1))
        hold, alone = made.parts.applier._hold, list[str]()

        def overtaken(connection: Connection, prepared: Prepared) -> Prepared:
            if has_another:
                with connection.begin_nested():
                    other.save(connection)
            return hold(connection, prepared)

        def prepare_alone(*arguments: Any) -> Prepared:
            alone.append("again")
            other.save(arguments[0])
            return prepared_alone(*arguments)

        prepared_alone = made.parts.applier._prepare_alone
        monkeypatch.setattr(made.parts.applier, "_hold", overtaken)
        monkeypatch.setattr(made.parts.applier, "_prepare_alone", prepare_alone)
        made.parts.pipeline.ingest(held, _at([failover], 2))
        assert bool(alone) == has_another
        opened = {(row.stream, row.epoch) for row in made.rows(source_epoch) if row.server.endswith("c-server")}
        assert opened == {("test", 2 if has_another else 1)}


def test_the_first_event_after_an_announced_epoch_may_be_of_another_server(tmp_path: Path) -> None:
    """Both begin at the same place: the one that was announced holds nothing."""
    first = logged(1, "first", file="binlog.000001", pos=10, server="a-server")
    second = logged(2, "second", file="binlog.000001", pos=10, server="c-server")
    with installation(tmp_path, MAPPING) as made:
        pipeline = made.parts.pipeline
        _, held = pipeline.ingest(pipeline.claim("test"), _at([first], 1))
        with made.parts.database.write() as connection:
            book = EpochBook.load(connection)
            book.announce("db", "test", held.next_offset + 1)
            book.save(connection)
        _, held = pipeline.ingest(held, _at([second], held.next_offset + 1))
        third = logged(2, "third", file="binlog.000001", pos=20, server="c-server")
        pipeline.ingest(held, _at([third], held.next_offset + 1))
        assert [(row.epoch, row.server.split(":")[-1]) for row in made.rows(source_epoch)][-1:] == [(2, "c-server")]
        assert "third" in "".join(made.lines())


def _at(raws: Sequence[RawEvent], first: int) -> list[RawEvent]:
    return [replace(raw, stream="test", offset=number) for number, raw in enumerate(raws, first)]


def persons(count: int) -> list[RawEvent]:
    made = [logged(key, "x", file="binlog.000001", pos=key, server="a-server") for key in range(1, count + 1)]
    return [replace(raw, stream="s", offset=number) for number, raw in enumerate(made, 1)]


@pytest.mark.parametrize("count", [3, 14])
def test_what_was_read_before_reading_failed_is_written(tmp_path: Path, count: int) -> None:
    def failing() -> Iterator[RawEvent]:
        yield from persons(count)
        raise OSError("bad sector")

    with installation(tmp_path, MAPPING) as made:
        pipeline = made.parts.pipeline
        with pytest.raises(OSError, match="bad sector"):
            pipeline.ingest(pipeline.claim("s"), failing(), batch_events=2)
        assert len(made.shown()) == 2 * (count // 2)


def test_whoever_wants_an_end_waits_for_the_batch_under_way_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Batch] = []
    write = Overlap.write

    def counted(overlap: Overlap, batch: Batch, advance: Any) -> None:
        begun.append(batch)
        write(overlap, batch, advance)

    monkeypatch.setattr(Overlap, "write", counted)
    with installation(tmp_path, MAPPING) as made:
        pipeline = made.parts.pipeline
        report, held = pipeline.ingest(
            pipeline.claim("s"), persons(20), batch_events=2, is_over=lambda: len(begun) == 3
        )
        assert (report.applied, held.next_offset, len(made.shown())) == (6, 6, 6)
