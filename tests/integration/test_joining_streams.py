"""Many streams of one source: each joins the epoch that is open, beside the others and in step with its own stream."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from cdc import RawEvent
from cdc.apply import Advance, Batch, Prepared, _Overtaken
from cdc.plan import Event
from cdc.tables import source_epoch, source_row
from profiles import fact, lock_facts
from storage import insert
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation, settle_late
from tests.unit.cdc.test_overlap import logged

A, B = "a-server", "b-server"


def written_by(server: str, key: int, *, stream: str, offset: int = 1) -> RawEvent:
    raw = logged(key, f"{stream} {offset}", file="binlog.000001", pos=100 * key + offset, server=server)
    return replace(raw, stream=stream, offset=offset)


def recorded(made: Installation, stream: str, *servers: str) -> None:
    """A stream that showed these servers, and holds no row."""
    rows = [
        {"source": "db", "stream": stream, "from_offset": number, "epoch": number, "server": server}
        for number, server in enumerate(servers)
    ]
    with made.parts.database.write() as connection:
        insert(connection, source_epoch, rows)


def epochs_of(made: Installation, stream: str) -> list[tuple[int, str]]:
    return [(row.epoch, row.server) for row in made.rows(source_epoch) if row.stream == stream]


def apply_all(made: Installation, batches: Sequence[RawEvent]) -> int:
    """Prepare each event alone, as a batch, beside the one before it; how many waited for that one's end."""
    waited: list[str] = []
    pipeline = made.parts.pipeline
    held = {stream: pipeline.claim(stream) for stream in dict.fromkeys(raw.stream for raw in batches)}
    overlap = pipeline.overlap()
    settle = overlap.settle

    def noted() -> None:
        waited.append("once")
        settle()

    overlap.settle = noted  # type: ignore[method-assign]  # counted on its way
    for raw in batches:
        batch = overlap.prepare(overlap.begin([raw]))
        overlap.wait()
        advance = Advance(held[raw.stream], raw.offset)
        overlap.write(batch, advance)
        held[raw.stream] = advance.moved
    overlap.wait()
    overlap.close()
    return len(waited)


def test_many_streams_that_show_the_same_server_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with installation(tmp_path, MAPPING) as made:
        recorded(made, "first", A)
        batches = [written_by(A, key, stream=f"s{key}") for key in range(1, 33)]
        assert apply_all(made, batches) == 0
        assert len(made.shown()) == 32
        assert {tuple(epochs_of(made, raw.stream)) for raw in batches} == {((0, A),)}


def test_what_opens_an_epoch_is_waited_for_and_what_joins_it_then_is_not(tmp_path: Path) -> None:
    with installation(tmp_path, MAPPING) as made:
        batches = [written_by(A, key, stream=f"s{key}") for key in range(1, 9)]
        assert apply_all(made, batches) == 1
        assert {tuple(epochs_of(made, raw.stream)) for raw in batches} == {((0, A),)}
        failover = [written_by(B, key, stream=f"s{key}", offset=2) for key in range(1, 9)]
        assert apply_all(made, failover) == 1
        assert {tuple(epochs_of(made, raw.stream)) for raw in batches} == {((0, A), (1, B))}


@pytest.mark.parametrize(
    ("then", "epoch"), [pytest.param(B, 2, id="another server"), pytest.param("", 1, id="a row of a snapshot")]
)
def test_what_comes_behind_a_join_in_its_own_stream_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, epoch: int
) -> None:
    """Server A is here the second one: B after it is a third, and a row that names none is A's."""
    settle_late(monkeypatch)
    with installation(tmp_path, MAPPING) as made:
        recorded(made, "first", B, A)
        assert apply_all(made, [written_by(A, 1, stream="s"), written_by(then, 2, stream="s", offset=2)]) == 1
        assert sorted(int.from_bytes(row.guard[:4]) for row in made.rows(source_row)) == [1, epoch]


def test_a_join_is_decided_anew_where_somebody_recorded_what_it_follows_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parked event that was tried again meanwhile showed server B earlier in the stream: then A is the server after B."""
    with installation(tmp_path, MAPPING) as made:
        recorded(made, "first", A, B, A)
        hold = made.parts.applier._hold

        def overtaken(connection: Connection, prepared: Prepared) -> Prepared:
            monkeypatch.undo()
            row = {"source": "db", "stream": "s", "from_offset": 3, "epoch": 1, "server": B}
            insert(connection, source_epoch, [row])
            with pytest.raises(_Overtaken):
                hold(connection, prepared)
            connection.execute(sa.delete(source_epoch).where(source_epoch.c.stream == "s"))
            return hold(connection, prepared)

        monkeypatch.setattr(made.parts.applier, "_hold", overtaken)
        assert apply_all(made, [written_by(A, 1, stream="s", offset=9)]) == 0
        assert epochs_of(made, "s") == [(0, A)]


def test_a_join_of_a_stream_that_nobody_holds_is_written_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[str] = []
    monkeypatch.setattr("cdc.apply._lock_everything", lambda _: locked.append("all"))
    with installation(tmp_path, MAPPING) as made:
        recorded(made, "first", A)
        applier, translate = made.parts.applier, made.parts.translator.translate
        held = made.parts.pipeline.claim("s")

        def prepared_batch(key: int) -> Batch:
            raw = written_by(A, key, stream="s", offset=key)
            return applier.prepare([Event(raw, translate(raw))])

        applier.write(prepared_batch(1), Advance(made.parts.pipeline.claim("another"), 1)).settle()
        assert locked == ["all"]
        with made.parts.database.write() as connection:
            connection.execute(sa.delete(source_epoch).where(source_epoch.c.stream == "s"))
        applier.write(prepared_batch(2), Advance(held, 2)).settle()
        assert locked == ["all"]


@pytest.mark.postgres
@pytest.mark.parametrize("joins", [True, False])
def test_facts_of_a_stream_that_joins_do_not_wait_for_those_of_another_worker(
    postgres_url: str, tmp_path: Path, *, joins: bool
) -> None:
    log = ChangeLog()
    log.put("receipt", 1, {"total": "1.00", "at": 5})
    envelope = json.loads(log.events[0].value or b"")
    envelope["source"]["server_id"] = 7
    event = replace(log.events[0], value=json.dumps(envelope).encode())
    with installation(tmp_path, MAPPING, database=postgres_url) as one:
        recorded(one, "first", "7" if joins else "6")
        ingest = threading.Thread(target=lambda: one.ingest([event], stream="s"))
        with one.parts.database.write() as other:
            lock_facts(other, is_alone=False)
            ingest.start()
            ingest.join(3 if not joins else 30)
            assert ingest.is_alive() is not joins, "what opens an epoch is alone"
        ingest.join()
        assert len(one.rows(fact)) == 1
        assert epochs_of(one, "s") == [(0 if joins else 1, "7")]
