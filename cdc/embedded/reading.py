"""Reading one source with the embedded engine into the pipeline: batches, their positions and the engine's place in one transaction."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Connection

from cdc import reached
from cdc.capture.debezium import connector_of
from cdc.capture.password import read_password
from cdc.changes import RawEvent
from cdc.embedded.configuration import (
    engine_configuration,
    engine_name,
    history_file,
    log_file,
    passing_folder,
    stream_of,
)
from cdc.embedded.engine import Engine, EngineEvent, write_offsets
from cdc.embedded.errors import EngineFailed, SourceLost
from cdc.embedded.gaps import as_lost, check_source
from cdc.embedded.jvm import start_jvm
from cdc.embedded.places import EnginePlace, Places
from cdc.embedded.snapshots import ScansLast
from cdc.embedded.watch import LogWatch
from cdc.epochs import EpochBook
from cdc.mapping import SourceMapping
from cdc.pipeline import BATCH_EVENTS, Pipeline
from cdc.store import Position
from cdc.writing import Report
from identity import take_identity_lock
from storage import Database


@dataclass(frozen=True, slots=True)
class EngineFiles:
    """``folder`` holds what the engines of MySQL and MariaDB keep between starts; ``jars`` further jars; ``logs`` the engines' logs."""

    folder: Path
    jars: Path | None = None
    logs: Path | None = None


class EmbeddedReader:
    """Reads one source; the one use of a process, as a Java virtual machine starts once."""

    def __init__(  # noqa: PLR0913 - the parts of an installation that it needs, each named
        self,
        source: SourceMapping,
        pipeline: Pipeline,
        *,
        database: Database,
        places: Places,
        files: EngineFiles,
        told: Callable[[Report, float], None],
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        """``told`` is called with what became of each batch, once it is committed, and how many seconds that took."""
        self._source = source
        self._pipeline = pipeline
        self._database = database
        self._places = places
        self._files = files
        self._told = told
        self._batch_events = batch_events
        self._stream = stream_of(source)
        self._held = Position(self._stream, 0, 0)
        self._kept: EnginePlace | None = None
        self._watch: LogWatch | None = None
        self._scans = ScansLast(connector_of(source).notifications)

    def run(self, environ: Mapping[str, str], is_over: Callable[[], bool]) -> None:
        """Read on from the stored place until ``is_over``.

        :class:`CaptureError` and its kinds say what the source lacks or how the engine failed; errors of the pipeline are passed on.
        """
        password = read_password(connector_of(self._source), environ)
        # Claimed first: whoever read this source before can then move its place no more.
        self._held = self._pipeline.claim(self._stream)
        with self._database.read() as connection:
            self._kept = self._places.load(connection, self._stream)
        check_source(self._source, self._kept, environ)
        engine = self._engine(password)
        if is_over():
            return
        self._watch = watch = LogWatch(self._source, environ, self._kept)

        def is_ended() -> bool:
            watch.look()
            return is_over()

        try:
            engine.run(is_ended)
        except (EngineFailed, SourceLost) as failure:
            raise (as_lost(self._source, failure) if self._kept else failure) from None
        finally:
            # The place is kept sealed; here it lies as Debezium has it, which may be with keys of rows.
            shutil.rmtree(passing_folder(self._source, self._files.folder), ignore_errors=True)

    def _engine(self, password: str) -> Engine:
        self._files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        passing = passing_folder(self._source, self._files.folder)
        # What a process that was killed left there is nobody's.
        shutil.rmtree(passing, ignore_errors=True)
        passing.mkdir(mode=0o700)
        offsets = passing / "offsets"
        mend_history(history_file(self._source, self._files.folder))
        kind = connector_of(self._source).kind
        log = log_file(self._source, self._files.logs) if self._files.logs else None
        jpype = start_jvm(kind, folder=passing, jars=self._files.jars, log=log)
        if self._kept is not None:
            write_offsets(jpype, offsets, engine_name(self._source), self._kept)
        configuration = engine_configuration(
            self._source, password=password, folder=self._files.folder, offsets=offsets
        )
        return Engine(jpype, configuration, self._keep)

    def _keep(self, batch: Sequence[EngineEvent]) -> None:
        began = time.perf_counter()
        events = list(self._scans.order(batch))
        first = self._held.next_offset + 1
        raws = [_raw(self._stream, number, event) for number, event in enumerate(events, first)]

        def beside(offset: int, connection: Connection) -> None:
            # Each time: a transaction that is tried again was rolled back, and with it what it wrote.
            if place := events[offset - first].safe:
                self._places.save(connection, self._stream, place)

        report, self._held = self._pipeline.ingest(self._held, raws, beside=beside, batch_events=self._batch_events)
        if self._watch is not None:
            self._watch.come(batch[-1].place)
        self._told(report, time.perf_counter() - began)


def read_anew(
    source: SourceMapping, pipeline: Pipeline, places: Places, *, database: Database, files: EngineFiles
) -> None:
    """Let the next reading begin with all rows, in a new epoch: the source's log may have begun anew. Rows that are gone are found."""
    stream = stream_of(source)
    # Claimed first: whoever reads now is then no more in the epoch before.
    held = pipeline.claim(stream)
    with database.write() as connection:
        take_identity_lock(connection)
        epochs = EpochBook.load(connection)
        epochs.announce(source.name, stream, held.next_offset + 1)
        epochs.save(connection)
        reached.forget(connection, stream)
        places.forget(connection, stream)
    history_file(source, files.folder).unlink(missing_ok=True)


def mend_history(file: Path) -> None:
    """Take off a last line that was cut while it was written; it comes once more."""
    if not file.exists():
        return
    with file.open("r+b") as history:
        content = history.read()
        history.truncate(content.rfind(b"\n") + 1)


def _raw(stream: str, offset: int, event: EngineEvent) -> RawEvent:
    headers = {name: _bytes(value) or b"null" for name, value in event.headers.items()}
    return RawEvent(stream, offset, event.topic, _bytes(event.key), _bytes(event.value), headers)


def _bytes(text: str | None) -> bytes | None:
    # Half a surrogate pair is no UTF-8: such an event is parked, not the end of reading.
    return None if text is None else text.encode("utf-8", "surrogatepass")
