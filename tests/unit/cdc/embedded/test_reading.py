"""From the engine's batches to the pipeline: numbers, bytes, and the place in the transaction of its batch."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cdc import EmbeddedReader, EngineFiles, Position, RawEvent, Report
from cdc.embedded.engine import EngineEvent
from cdc.embedded.places import EnginePlace
from tests.unit.cdc.capture.sources import shop

ONE, TWO = (EnginePlace('{"server":"Shop-1"}', f'{{"lsn":{lsn}}}') for lsn in (1, 2))


class Recorder:
    """Stands for the pipeline, whose transactions are each tried twice, and for the stored places."""

    def __init__(self) -> None:
        self.raws: list[RawEvent] = []
        self.saved: list[tuple[str, EnginePlace]] = []
        self.told: list[int] = []

    def ingest(
        self, held: Position, raws: Iterable[RawEvent], *, beside: Any, batch_events: int
    ) -> tuple[Report, Position]:
        self.raws += raws
        for transaction in ("rolled back", "committed"):
            beside(self.raws[-1].offset, transaction)
        return Report(events=batch_events), replace(held, next_offset=self.raws[-1].offset)

    def save(self, connection: str, stream: str, place: EnginePlace) -> None:
        assert stream == "debezium:Shop-1"
        self.saved.append((connection, place))

    def tell(self, report: Report, _: float) -> None:
        self.told.append(report.events)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def reader(recorder: Recorder, tmp_path: Path) -> EmbeddedReader:
    parts: Any = recorder
    return EmbeddedReader(
        shop(), parts, database=parts, places=parts, files=EngineFiles(tmp_path), told=parts.tell, batch_events=7
    )


def event(
    place: EnginePlace, safe: EnginePlace | None, *, value: str | None = "{}", **headers: str | None
) -> EngineEvent:
    return EngineEvent("Shop-1.public.customers", '{"id":1}', value, headers, place, safe)


def test_events_are_numbered_on_and_their_headers_kept(reader: EmbeddedReader, recorder: Recorder) -> None:
    reader._keep([event(ONE, None, traceparent="00-1", empty=None), event(ONE, None, value=None)])
    reader._keep([event(TWO, ONE, value='"\ud800"')])
    assert [raw.offset for raw in recorder.raws] == [1, 2, 3]
    assert recorder.raws[0].headers == {"traceparent": b"00-1", "empty": b"null"}
    assert [raw.value for raw in recorder.raws] == [b"{}", None, b'"\xed\xa0\x80"']
    assert recorder.told == [7, 7]


def test_the_place_is_written_in_the_transaction_that_commits_also_when_it_is_not_the_first(
    reader: EmbeddedReader, recorder: Recorder
) -> None:
    reader._keep([event(ONE, None)])
    assert recorder.saved == []
    reader._keep([event(TWO, ONE)])
    assert recorder.saved == [("rolled back", ONE), ("committed", ONE)]
