"""``onefold ingest``: apply change events from files, from Kafka, or from databases."""

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from cdc import BATCH_EVENTS, EngineLag, Reading, Report, TooManyMerges, parked_ids
from cli.console import print_json, print_table, say
from cli.ingest_debezium import Child, EngineOptions, ingest_debezium, lags
from cli.ingest_files import FileOutcome, ingest_files, plain_pause
from cli.ingest_kafka import KafkaOutcome, ingest_kafka
from cli.interrupts import INTERRUPTED, interruptible
from cli.mapping_in_force import warn_of_other_mappings
from cli.operations import MetricsPort, watched
from cli.options import DEFAULT_CONFIG, AcceptedMerges, AsJson, ConfigFile, examples, installation, wiring
from cli.outgoing import publishing_beside
from cli.parts import Parts
from cli.preparing_process import Processes, preparing_apart
from cli.traced import traced
from storage import Database

#: Where events come from when no files are named.
TRANSPORTS: Final = ("kafka", "debezium")
_COUNTED: Final = {
    "events": "events",
    "applied": "applied",
    "seen": "already seen",
    "ignored": "ignored",
    "parked": "parked",
    "released": "released",
    "profiles_created": "profiles created",
    "profiles_merged": "profiles merged",
    "profiles_split": "profiles split",
    "profiles_ended": "profiles ended",
}
_OF_EACH_FILE: Final = ("events", "applied", "seen", "ignored", "parked")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "ingest",
        epilog=examples(
            "onefold ingest shop.jsonl pos.jsonl",
            "onefold ingest --accept-merges 250 shop.jsonl   # you looked: these people are the same",
            "onefold ingest --json captured/*.jsonl | jq .parked",
            "onefold ingest --from kafka                     # a worker: until Ctrl-C or SIGTERM; start as many as you like",
            "onefold ingest --from kafka --until-end         # what is there now, then end",
            "onefold ingest --from debezium                  # the databases themselves, without Kafka: until Ctrl-C or SIGTERM",
        ),
    )(ingest)


def ingest(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE…]", exists=True, dir_okay=False, readable=True, show_default=False),
    ] = None,
    *,
    transport: Annotated[
        str, typer.Option("--from", metavar="|".join(TRANSPORTS), show_default=False, help="Read no files but this.")
    ] = "",
    until_end: Annotated[
        bool, typer.Option("--until-end", help="With --from kafka: stop when what was there at the start is applied.")
    ] = False,
    restart_topic: Annotated[
        list[str] | None,
        typer.Option(
            "--restart-topic",
            metavar="TOPIC",
            show_default=False,
            help="With --from kafka: where a partition of this topic stands because its position is lost, go on at the first record.",
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="NAME",
            show_default=False,
            help="With --from debezium: this source alone (repeat for several); by default all with a connector.",
        ),
    ] = None,
    anew: Annotated[
        bool,
        typer.Option(
            "--read-anew",
            help="With --from debezium: begin with all rows, as when changes were lost; nothing doubles, rows that are gone are ended.",
        ),
    ] = False,
    batch: Annotated[int, typer.Option(min=1, help="At most so many events are committed together.")] = BATCH_EVENTS,
    processes: Processes = None,
    accept_merges: AcceptedMerges = None,
    metrics_port: MetricsPort = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Apply change events from files, one after the other, from Kafka, or from databases, each from where its last reading stopped.

    A file is JSON lines: {"topic", "key", "value", "headers"}, with Debezium envelopes as values. Reading a file again
    changes nothing; a file that grew is read on, a last line that is still being written next time.

    With --from kafka it is a worker that reads the topics of all sources until Ctrl-C or SIGTERM, as a member of the group in
    [kafka]; several share the partitions. Positions are kept in the database, not in Kafka.

    With --from debezium it reads the databases of [source.connector] themselves, each in a process of its own (extra
    `debezium`, Java 17), until Ctrl-C or SIGTERM; positions are kept in the database, too.

    What cannot be applied is parked, the rest goes on. Ctrl-C stops after the batch under way, and the same command goes on
    from there.

    A batch that would join more existing profiles than `pause_above_merges` is not committed: look at what it says, then
    mend the source or the rules, or let it pass with --accept-merges.

    Exits with 1 when anything was parked and still is (`released` are parked events whose wait has ended) or a partition
    stands; with 3 when a batch waits for your word.
    """
    _check_origin(files or [], transport, is_kafka_asked=until_end or bool(restart_topic))
    if (source or anew) and transport != "debezium":
        raise typer.BadParameter("they belong to --from debezium", param_hint="'--source', '--read-anew'")
    began = time.monotonic()
    outcomes: list[FileOutcome] = []
    kafka: KafkaOutcome | None = None
    children: list[Child] | None = None
    with (
        interruptible() as interrupt,
        installation(context, config) as parts,
        traced(parts),
        watched(parts, metrics_port, command="ingest", engines=_engines(context, parts, transport)),
        publishing_beside("ingest", parts),
        preparing_apart(parts, wiring(context).environ, processes),
    ):
        warn_of_other_mappings(parts)
        parts.applier.accept_merges(accept_merges or 0)
        parked_before = _last_parked(parts.database)
        if transport == "debezium":
            children = ingest_debezium(parts, interrupt, EngineOptions(source or (), anew, batch, accept_merges))
        elif transport:
            reading = Reading(frozenset(restart_topic or ()), batch)
            kafka = ingest_kafka(parts, interrupt, reading, until_end=until_end)
        else:
            outcomes = ingest_files(parts, interrupt, files or [], batch_events=batch)
        is_parked = _last_parked(parts.database) > parked_before
    seconds = time.monotonic() - began
    if children is not None:
        _end_debezium(children, seconds, as_json=as_json, is_parked=is_parked)
        return
    if kafka is not None:
        _end_kafka(kafka, seconds, as_json=as_json, is_cut=until_end and interrupt.received, is_parked=is_parked)
        return
    pause = next((outcome.pause for outcome in outcomes if outcome.pause), None)
    _show(outcomes, seconds, as_json=as_json, is_interrupted=interrupt.received, pause=pause)
    if pause:
        raise pause
    if interrupt.received:
        _say_interrupted()
    if is_parked:
        _say_parked()


def _engines(context: typer.Context, parts: Parts, transport: str) -> Callable[[], list[EngineLag]] | None:
    """What asks how far the engines are behind, where there are some."""
    return partial(lags, parts, wiring(context).environ) if transport == "debezium" else None


def _check_origin(files: list[Path], transport: str, *, is_kafka_asked: bool) -> None:
    if transport and transport not in TRANSPORTS:
        raise typer.BadParameter(f"{transport!r} is not known; valid: {', '.join(TRANSPORTS)}", param_hint="'--from'")
    if bool(files) == bool(transport):
        message = "name files, or where to read with --from" if not files else "--from takes no files"
        raise typer.BadParameter(message, param_hint="'[FILE…]'")
    if is_kafka_asked and transport != "kafka":
        raise typer.BadParameter("they belong to --from kafka", param_hint="'--until-end', '--restart-topic'")


def _say_interrupted() -> None:
    say("interrupted between two batches; the same command goes on from there")
    raise typer.Exit(INTERRUPTED)


def _say_parked() -> None:
    say("some events could not be applied; see them with `onefold parked list`")
    raise typer.Exit(1)


def _end_kafka(outcome: KafkaOutcome, seconds: float, *, as_json: bool, is_cut: bool, is_parked: bool) -> None:
    """Show what became of the events, and exit; a worker that was told to stop has done what it should."""
    told, total = outcome.told, outcome.told.total()
    if as_json:
        plain = {"seconds": round(seconds, 3), "interrupted": is_cut, "standing": outcome.standing}
        paused = plain_pause(told.pause) if told.pause and outcome.standing else None
        print_json({**asdict(total), **plain, "paused": paused, "streams": told.plain()})
    else:
        print_table(("", "events"), [(_COUNTED[n], getattr(total, n)) for n in _COUNTED])
        columns = [_COUNTED[name] for name in _OF_EACH_FILE]
        streams = sorted(told.streams.items())
        print_table(("stream", *columns), [(name, *_counts(report)) for name, report in streams])
        say(f"{total.events:,} events in {seconds:.1f} s")
    if told.pause and outcome.standing:
        raise told.pause
    if is_cut:
        _say_interrupted()
    if outcome.standing:
        say("some partitions stand; see above, or `onefold status`")
        raise typer.Exit(1)
    if is_parked:
        _say_parked()


def _end_debezium(children: list[Child], seconds: float, *, as_json: bool, is_parked: bool) -> None:
    """Show what became of the events, and exit as the child did that ended all."""
    total = Report()
    for child in children:
        total.add(child.report)
    if as_json:
        plain = {"seconds": round(seconds, 3), "sources": [child.plain() for child in children]}
        print_json({**asdict(total), **plain})
    else:
        columns = [_COUNTED[name] for name in _OF_EACH_FILE]
        print_table(("source", *columns), [(child.source, *_counts(child.report)) for child in children])
        say(f"{total.events:,} events in {seconds:.1f} s")
    if code := max((child.ended or 0 for child in children), default=0):
        raise typer.Exit(code)
    if is_parked:
        _say_parked()


def _last_parked(database: Database) -> int:
    """Give the highest id of a parked event; ids are never given twice."""
    with database.read() as connection:
        return max(parked_ids(connection), default=0)


def _total(outcomes: list[FileOutcome]) -> Report:
    total = Report()
    for outcome in outcomes:
        total.add(outcome.report)
    return total


def _show(
    outcomes: list[FileOutcome], seconds: float, *, as_json: bool, is_interrupted: bool, pause: TooManyMerges | None
) -> None:
    total = _total(outcomes)
    if as_json:
        plain = {"seconds": round(seconds, 3), "interrupted": is_interrupted}
        paused = plain_pause(pause) if pause else None
        print_json({**asdict(total), **plain, "paused": paused, "files": [outcome.plain() for outcome in outcomes]})
        return
    print_table(
        ("", "all files" if len(outcomes) > 1 else "events"), [(_COUNTED[n], getattr(total, n)) for n in _COUNTED]
    )
    if len(outcomes) > 1:
        columns = [_COUNTED[name] for name in _OF_EACH_FILE]
        print_table(("file", *columns), [(each.file.name, *_counts(each.report)) for each in outcomes])
    say(f"{total.events:,} events in {seconds:.1f} s")


def _counts(report: Report) -> list[int]:
    return [getattr(report, name) for name in _OF_EACH_FILE]
