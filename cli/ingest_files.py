"""``onefold ingest FILE…``: captured files, one after the other, until all are read, one pauses, or an interrupt."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from cdc import CapturedFile, Pipeline, Position, RawEvent, Report, TooManyMerges, Unusable
from cli.console import say
from cli.interrupts import Interrupt
from cli.parts import Parts

#: What a transport reads: an event, or one that it could not read, with what is wrong.
_Read: TypeAlias = "RawEvent | tuple[RawEvent, Unusable]"
_Moved: TypeAlias = Callable[[int], None]

#: Redrawing the bar for every event would cost more than reading it.
_EVENTS_BETWEEN_LOOKS: Final = 100


@dataclass(slots=True)
class FileOutcome:
    """What became of one file.

    ``restarted`` says that it was not the file that its position was about; ``unfinished`` that its last line is still being written
    and waits for the next reading; ``pause`` why it was not read to its end.
    """

    file: Path
    stream: str
    restarted: bool
    report: Report = field(default_factory=Report)
    unfinished: bool = False
    pause: TooManyMerges | None = None

    def plain(self) -> dict[str, Any]:
        """The same for programs."""
        told = {name: getattr(self, name) for name in ("stream", "restarted", "unfinished")}
        return {"file": str(self.file), **told, **asdict(self.report)}


def ingest_files(parts: Parts, interrupt: Interrupt, files: Sequence[Path], *, batch_events: int) -> list[FileOutcome]:
    """Apply files in their order; those after one that pauses may build on it, and wait."""
    outcomes: list[FileOutcome] = []
    with _progress_bar(files) as bar:
        for path in files:
            if interrupt.received or any(outcome.pause for outcome in outcomes):
                break
            file = CapturedFile(path, max_event_bytes=parts.settings.max_event_bytes)
            outcomes.append(_ingest_file(parts.pipeline, file, interrupt, moved=bar(path), batch_events=batch_events))
    return outcomes


def plain_pause(pause: TooManyMerges) -> dict[str, Any]:
    """Where a stream stands and how far its next batch would reach, for programs."""
    pairs = [{"absorbed": str(UUID(bytes=old)), "into": str(UUID(bytes=now))} for old, now in pause.radius.examples]
    radius = {**asdict(pause.radius), "causes": dict(pause.radius.causes), "examples": pairs}
    return {"stream": pause.stream, "offset": pause.offset, "limit": pause.limit, **radius}


def _ingest_file(
    pipeline: Pipeline, file: CapturedFile, interrupt: Interrupt, *, moved: _Moved, batch_events: int
) -> FileOutcome:
    held, restarted = _claim(pipeline, file)
    if restarted:
        say(f"{file.path} is not what was read before: read from its beginning, what is applied already is skipped")
    outcome = FileOutcome(file.path, held.stream, restarted)
    skipped = file.lines_before(held.next_offset)
    outcome.report.add(Report(events=skipped, seen=skipped))
    events = _until(interrupt, file.read(held.next_offset), moved)
    try:
        _, held = pipeline.ingest(
            held,
            events,
            digest=file.tail_digest,
            batch_events=batch_events,
            is_over=lambda: interrupt.received,
            total=outcome.report,
        )
    except TooManyMerges as pause:
        outcome.pause = pause
        return outcome
    moved(held.next_offset)
    outcome.unfinished = file.is_unfinished
    if file.is_unfinished:
        say(f"{file.path}: the last line is not written to its end; it is not read yet, the next `onefold ingest` does")
    return outcome


def _claim(pipeline: Pipeline, file: CapturedFile) -> tuple[Position, bool]:
    """Become the reader of what stands at the path now; the flag says that something else was read there before.

    Each content that a path had is a stream of its own, `file:<path>`, `file:<path>#2`, …: where one of them showed
    another server (an epoch) says nothing about the next.
    """
    name, number = file.stream, 1
    while not _is_same(file, held := pipeline.claim(name)):
        pipeline.leave(held)
        number += 1
        name = f"{file.stream}#{number}"
    return held, number > 1 and held.next_offset == 0


def _is_same(file: CapturedFile, held: Position) -> bool:
    """Whether the bytes before the position are those that were read: then reading goes on there."""
    if held.next_offset == 0:
        return True
    return held.next_offset <= file.size and file.tail_digest(held.next_offset) == held.digest


def _until(interrupt: Interrupt, events: Iterator[_Read], moved: _Moved) -> Iterator[_Read]:
    for number, event in enumerate(events):
        if interrupt.received:
            return
        if number % _EVENTS_BETWEEN_LOOKS == 0:
            moved((event[0] if isinstance(event, tuple) else event).offset)
        yield event


@contextmanager
def _progress_bar(files: Sequence[Path]) -> Iterator[Callable[[Path], _Moved]]:
    """Show on stderr, where it is a terminal, how many bytes of each file were read."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        tasks = {path: progress.add_task(path.name, total=path.stat().st_size, start=False) for path in files}

        def of_file(path: Path) -> _Moved:
            progress.start_task(tasks[path])
            return lambda offset: progress.update(tasks[path], completed=offset)

        yield of_file
