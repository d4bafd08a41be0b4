"""The process of one source of ``onefold ingest --from debezium``: it runs the engine and the pipeline, and never outlives its parent."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Final

import typer
from sqlalchemy.exc import DBAPIError

from cdc import BATCH_EVENTS, EmbeddedReader, Places, Report, SourceMapping
from cli.endings import ending
from cli.interrupts import interruptible
from cli.options import DEFAULT_CONFIG, AcceptedMerges, ConfigFile, installation, wiring
from cli.parts import Parts
from storage import ConfigError, OnefoldError

COMMAND: Final = "debezium-engine"
#: The exit code that asks to be started again: what ended it may pass.
AGAIN: Final = 75


def add_to(app: typer.Typer) -> None:
    """Add the command, which people do not call."""
    app.command(COMMAND, hidden=True)(debezium_engine)


def debezium_engine(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SOURCE")],
    *,
    batch: Annotated[int, typer.Option(min=1)] = BATCH_EVENTS,
    accept_merges: AcceptedMerges = None,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Read one source until SIGTERM, or until the parent is gone; a line on stdout for each batch says what became of it."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with interruptible() as interrupt, _at_once(), installation(context, config) as parts:
        parts.applier.accept_merges(accept_merges or 0)
        reader = EmbeddedReader(
            source_named(parts, name),
            parts.pipeline,
            database=parts.database,
            places=places_of(parts),
            files=parts.settings.debezium,
            told=_tell,
            batch_events=batch,
        )
        reader.run(wiring(context).environ, lambda: interrupt.received)


def _tell(report: Report, seconds: float) -> None:
    print(json.dumps([asdict(report), seconds]), flush=True)


def heard(line: bytes) -> tuple[Report, float] | None:
    """What a line of the child's stdout says: what became of a batch, and how many seconds it took; None if it is another."""
    if not (line.startswith(b"[{") and line.endswith(b"]\n")):  # killed in the middle of it
        return None
    report, seconds = json.loads(line)
    return Report(**report), seconds


@contextmanager
def _at_once() -> Iterator[None]:
    """End the process after the block, past the interpreter's own end: Java's threads would come into it, and abort the process."""
    code = 0
    try:
        yield
    except Exception as error:  # noqa: BLE001 - nobody else will tell of it
        code = ending(error)
        if isinstance(error, DBAPIError) or (isinstance(error, OnefoldError) and error.retriable):
            code = AGAIN
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def places_of(parts: Parts) -> Places:
    """The stored places of an installation's engines."""
    return Places(parts.keystore.system_key("TDLQ"), parts.cipher)


def source_named(parts: Parts, name: str) -> SourceMapping:
    """A source of the settings."""
    found = next((source for source in parts.settings.mapping.sources if source.name == name), None)
    if found is None:
        valid = tuple(source.name for source in parts.settings.mapping.sources)
        raise ConfigError(f"no source is named {name!r}", file=str(parts.settings.file), valid=valid)
    return found


def _die_with_parent() -> None:
    """End at once when the parent's end of the pipe closes, whatever this process is doing: what is not committed comes again."""
    # Not through ``sys.stdin``, whose lock this thread would hold when the interpreter ends.
    while os.read(0, 1):
        pass
    os._exit(AGAIN)
