"""Following captures: what may pass is tried again, what will not is raised."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import pytest

from cdc import BlastRadius, Pipeline, Position, RawEvent, Report, SqliteCapture, TooManyMerges
from cli.follow import Follower
from storage import OnefoldError


class BusyError(OnefoldError):
    retriable = True


class GoneError(OnefoldError):
    pass


class Capture:
    """Gives what it was made with, one answer for each time it is asked; an error is raised."""

    def __init__(self, name: str, answers: Iterable[list[int] | OnefoldError]) -> None:
        self.stream = name
        self._answers = list(answers)
        self.asked_after: list[int] = []

    def events(self, after_seq: int, _limit: int) -> list[RawEvent]:
        self.asked_after.append(after_seq)
        answer = self._answers.pop(0) if self._answers else []
        if isinstance(answer, OnefoldError):
            raise answer
        return [RawEvent(self.stream, offset, "t", None, None) for offset in answer]


class Line:
    def __init__(self) -> None:
        self.read: list[int] = []
        self.pauses: list[TooManyMerges] = []
        self.refusals: list[BlastRadius] = []
        self._seconds = 0.0

    def clock(self) -> float:
        self._seconds += 5
        return self._seconds

    def claim(self, stream: str) -> Position:
        return Position(stream, 5, 1)

    def ingest(self, held: Position, events: list[RawEvent]) -> tuple[Report, Position]:
        if held.stream == "refused" and self.refusals:
            raise TooManyMerges(self.refusals.pop(0), 1, stream=held.stream, offset=held.next_offset)
        self.read += [event.offset for event in events]
        return Report(events=len(events)), Position(held.stream, events[-1].offset, 1)


def follow(*captures: Capture, refusals: Iterable[BlastRadius] = ()) -> tuple[Line, list[Report | None]]:
    """Follow until everything was read twice over; the stream ``refused`` is paused for each of ``refusals``."""
    line, told, stop = Line(), cast("list[Report | None]", []), threading.Event()
    line.refusals += refusals

    def tell(report: Report | None) -> None:
        told.append(report)
        if told[-2:] == [None, None]:
            stop.set()

    Follower(
        cast("Pipeline", line),
        cast("list[SqliteCapture]", list(captures)),
        tell,
        tell_pause=line.pauses.append,
        clock=line.clock,
    ).run(stop)
    return line, told


def test_each_capture_is_read_on_from_its_own_position() -> None:
    one, two = Capture("one", [[6, 7], [9]]), Capture("two", [[8]])
    line, told = follow(one, two)
    assert line.read == [6, 7, 8, 9]
    assert one.asked_after[:3] == [5, 7, 9]
    assert two.asked_after[:2] == [5, 8]
    assert [report.events if report else None for report in told] == [2, 1, 1, None, None]


def test_what_may_pass_is_tried_again() -> None:
    line, _ = follow(Capture("one", [BusyError(), BusyError(), [6]]))
    assert line.read == [6]


def test_what_will_not_pass_is_raised() -> None:
    with pytest.raises(GoneError):
        follow(Capture("one", [[6], GoneError()]))


def test_a_paused_stream_is_told_once_and_tried_again_while_the_others_go_on() -> None:
    same, other = BlastRadius(7, 9, 20, 4), BlastRadius(8, 9, 20, 4)
    paused = Capture("refused", [[6]] * 4)
    line, told = follow(paused, Capture("two", [[8], [9]]), refusals=[same, same, other])
    assert told.index(None) == 3  # "everything is read" is not said before it is
    assert line.read == [8, 9, 6]
    assert [each.radius.merges for each in line.pauses] == [7, 8]


def test_the_real_capture_has_what_is_asked_of_it(tmp_path: Path) -> None:
    capture: Any = SqliteCapture(tmp_path / "x.db", "shop")
    assert capture.stream == "sqlite:shop"
