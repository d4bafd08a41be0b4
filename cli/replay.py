"""``onefold replay``: read events again that were read before."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from cdc import (
    FILE_STREAMS,
    CapturedFile,
    Position,
    Replay,
    ReplayRefused,
    StreamName,
    look_at_kafka,
    offsets_since,
    plan_replay,
    read_again,
    stream_positions,
)
from cli.console import print_json, print_table, say
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, installation
from cli.parts import Parts

_FIRST: Final = "first"
_SECONDS: Final = 10.0
_PLACE: Final = re.compile(r"(?P<topic>[A-Za-z0-9._-]+?)(?::(?P<partition>\d+))?")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "replay",
        epilog=examples(
            "onefold replay shop.public.customers --from 2026-03-01T00:00:00Z",
            "onefold replay shop.public.customers:0 --from 125000",
            "onefold replay events.jsonl && onefold ingest events.jsonl",
        ),
    )(replay)


def replay(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(metavar="TOPIC[:PARTITION]|FILE…", help="What to read again.", show_default=False),
    ],
    *,
    start: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="OFFSET|TIME|first",
            help="The first record to read again: its offset, or when it was written to Kafka (ISO 8601). Of a file only `first`.",
        ),
    ] = _FIRST,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Let events be read again that were read before: positions go back, and `ingest` goes on from there.

    Workers that run notice within a minute. Nothing doubles, nothing that was deleted comes back: rows know which of their
    versions is newer. Useful after a table or column was mapped, for rows whose events are still there.

    A position never goes forward: that would leave events out.

    Exits with 2 when the records are not there any more.
    """
    when = _when(start)
    with installation(context, config) as parts:
        found: list[Replay] = []
        known = _known(parts)
        for name in names:
            found += _plan(parts, name, when, known)
        read_again(parts.database, found)
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        print_table(("stream", "stood at", "is read from"), [(each.stream, each.stood, each.start) for each in found])
    if not found:
        say("nothing that was read lies behind that: positions stay as they are")
        return
    files = sum(each.stream.startswith(FILE_STREAMS) for each in found)
    say(
        "next: "
        + ("`onefold ingest` with the file" if files else "a worker (`onefold ingest --from kafka`) reads on there")
    )


def _when(text: str) -> int | datetime | None:
    """An offset, a moment (in UTC unless it says otherwise), or None for the first."""
    if text == _FIRST:
        return None
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no offset, no time such as 2026-03-01T08:00:00Z, and not {_FIRST!r}"
        raise typer.BadParameter(message, param_hint="'--from'") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _known(parts: Parts) -> list[Position]:
    with parts.database.read() as connection:
        return stream_positions(connection)


def _plan(parts: Parts, name: str, when: int | datetime | None, known: Sequence[Position]) -> list[Replay]:
    if Path(name).is_file():
        return _of_file(Path(name), when, known)
    match = _PLACE.fullmatch(name)
    read = [place for at in known if (stream := StreamName.parse(at.stream)) for place in (stream.place,)]
    wanted = {
        place
        for place in read
        if match and place.topic == match["topic"] and match["partition"] in (None, str(place.partition))
    }
    if not wanted:
        topics = ", ".join(sorted({place.topic for place in read})) or "none"
        raise typer.BadParameter(f"{name!r} is no file and no topic that was read; topics that were: {topics}")
    logs = look_at_kafka(parts.settings.kafka, wanted, seconds=_SECONDS)
    if not logs:
        raise ReplayRefused(f"{name!r} is not in Kafka any more; take a snapshot with `onefold connector snapshot`")
    if isinstance(when, datetime):
        milliseconds = int(when.timestamp() * 1000)
        starts = dict(offsets_since(parts.settings.kafka, logs.keys(), milliseconds, seconds=_SECONDS))
    else:
        starts = {place: log.first if when is None else when for place, log in logs.items()}
    return plan_replay(starts, logs, known)


def _of_file(path: Path, when: int | datetime | None, known: Sequence[Position]) -> list[Replay]:
    if when not in (None, 0):
        raise typer.BadParameter("a file is read again as a whole: leave --from out", param_hint="'--from'")
    stream = CapturedFile(path).stream
    mine = (at for at in known if at.stream == stream or at.stream.startswith(f"{stream}#"))
    return [Replay(at.stream, at.next_offset, 0) for at in mine if at.next_offset > 0]
