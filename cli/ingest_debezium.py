"""``onefold ingest --from debezium``: one child process for each source, started, watched, started again, and ended."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cdc import EngineLag, Report, SourceMapping, connector_of, count_batch, engine_lags, read_anew
from cli.console import say
from cli.debezium_child import AGAIN, COMMAND, heard, places_of, source_named
from cli.interrupts import Interrupt
from cli.parts import Parts
from storage import ConfigError

#: For each question to a source's database: whoever looks does not wait for one that is down.
ASK_SECONDS: Final = 2
_POLL_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 30
_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 30.0
#: A child that ran for so long was well: the next wait is short again.
_WELL_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the command was told: ``sources`` by name (all that have a connector, if empty), and what is passed to each child."""

    sources: Sequence[str]
    is_anew: bool
    batch: int
    accept_merges: int | None

    def arguments(self, parts: Parts, source: str) -> list[str]:
        """The child's command line."""
        merges = [] if self.accept_merges is None else ["--accept-merges", str(self.accept_merges)]
        config = str(parts.settings.file)
        # The interpreter and the module: a script's own path may be relative, or not there for a program that embeds us.
        return [
            *(sys.executable, "-m", "server", COMMAND, "--batch", str(self.batch), *merges),
            *("--config", config, "--", source),
        ]


@dataclass(slots=True)
class Child:
    """The process of one source. ``ended`` is the exit code that ends everything; None while it runs, or is to run again."""

    source: str
    command: Sequence[str]
    report: Report = field(default_factory=Report)
    starts: int = 0
    ended: int | None = None
    _process: "subprocess.Popen[bytes] | None" = None
    _hearing: threading.Thread | None = None
    _began: float = 0.0
    _wait: float = _FIRST_WAIT_SECONDS
    _not_before: float = 0.0

    def look(self, now: float) -> None:
        """Start it when it is time to; see whether it has ended."""
        if self._process is None:
            if now >= self._not_before:
                self._start(now)
        elif (code := self._process.poll()) is not None:
            self._end(code, now)

    def stop(self) -> None:
        """Ask it to end after the batch under way."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended; after so long it is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._let_go()

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"source": self.source, "starts": self.starts, **asdict(self.report)}

    def _start(self, now: float) -> None:
        self.starts += 1
        self._began = now
        # Its standard input is a pipe from us: when that closes, however we end, it ends. A session of its own, so that a
        # Ctrl-C reaches us alone.
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._hearing = threading.Thread(target=self._hear, args=(self._process.stdout,), daemon=True)
        self._hearing.start()

    def _end(self, code: int, now: float) -> None:
        self._let_go()
        if code >= 0 and code != AGAIN:
            # Zero is no end of a child that nobody told to stop: somebody did, from outside.
            self.ended = code
            return
        if now - self._began > _WELL_SECONDS:
            self._wait = _FIRST_WAIT_SECONDS
        why = f"was killed (signal {-code})" if code < 0 else "ended"
        say(f"{self.source}: its process {why}; it starts again in {self._wait:.1f} s, nothing is lost")
        self._not_before = now + self._wait
        self._wait = min(2 * self._wait, _LONGEST_WAIT_SECONDS)

    def _hear(self, lines: Iterable[bytes]) -> None:
        """Take what it tells of each batch; its own counters end with it."""
        for line in lines:
            if told := heard(line):
                self.report.add(told[0])
                count_batch(*told)

    def _let_go(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._hearing is not None:
            self._hearing.join()
            process.communicate()


def ingest_debezium(parts: Parts, interrupt: Interrupt, options: EngineOptions) -> list[Child]:
    """Read all chosen sources until the interrupt, or until one ends with an error that trying again does not mend."""
    sources = _sources(parts, options.sources)
    if options.is_anew:
        for source in sources:
            read_anew(source, parts.pipeline, places_of(parts), database=parts.database, files=parts.settings.debezium)
    children = [Child(source.name, options.arguments(parts, source.name)) for source in sources]
    with _ended(children):
        while not interrupt.received and all(child.ended is None for child in children):
            for child in children:
                child.look(time.monotonic())
            time.sleep(_POLL_SECONDS)
    return children


def lags(parts: Parts, environ: Mapping[str, str]) -> list[EngineLag]:
    """How far all sources are behind that an engine has read; ``environ`` holds their passwords."""
    places = places_of(parts)
    return engine_lags(parts.settings.mapping.sources, parts.database, places, environ, seconds=ASK_SECONDS)


def _sources(parts: Parts, names: Sequence[str]) -> list[SourceMapping]:
    chosen = [source_named(parts, name) for name in dict.fromkeys(names)]
    chosen = chosen or [source for source in parts.settings.mapping.sources if source.connector]
    if not chosen:
        raise ConfigError(
            "no source has a [source.connector]: add one (docs/connectors.md)", file=str(parts.settings.file)
        )
    for source in chosen:
        connector_of(source)
    return chosen


@contextmanager
def _ended(children: Sequence[Child]) -> Iterator[None]:
    """End all children at the end, also by an error."""
    try:
        yield
    finally:
        for child in children:
            child.stop()
        deadline = time.monotonic() + _STOP_SECONDS
        for child in children:
            child.wait(max(0.0, deadline - time.monotonic()))
