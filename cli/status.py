"""``onefold status``: what an installation holds, how far each stream was read, and what needs attention."""

from contextlib import closing
from typing import Any, Final

import sqlalchemy as sa
import typer
from sqlalchemy.engine import Connection

from cdc import PUBLISHING, Pause, Position, Stale, count_parked, list_pauses, stream_positions, topic_reader, wall_time
from cli.console import print_json, print_table, say, timestamp
from cli.key_store import key_store_fault
from cli.keys import age, as_plain, key_status
from cli.mapping_in_force import mends, plain, rows_of_other_mappings
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, settings, wiring
from cli.revisions import Revision, revisions
from cli.status_engines import engine_state
from cli.status_kafka import kafka_state
from identity import source_record
from privacy import destroy_pending
from profiles import fact, profile
from storage import Database, waiting, waiting_since

_MICROSECONDS_A_DAY: Final = 86_400 * 1_000_000
_COUNTED = {"records": source_record, "profiles": profile, "facts": fact}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", epilog=examples("onefold status", "onefold status --json | jq .parked"))(status)


def status(context: typer.Context, *, config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show revisions, positions, streams that are paused, counts, parked events and the state of the keys.

    Exits with 1 when something needs attention: a wrong revision, rows of another mapping, a paused stream, a key store that is empty or another
    database's, a Kafka partition that stands, parked events, or keys whose destruction is still to be finished.
    """
    installed = settings(context, config)
    found = revisions(installed)
    behind: list[Stale] = []
    state: dict[str, Any] = {"revisions": [_revision(each) for each in found]}
    if all(each.is_right for each in found):
        with closing(Database(installed.database)) as database, database.read() as connection:
            behind = rows_of_other_mappings(connection, installed)
            state |= _contents(connection, installed.publish.keep_days)
            known = stream_positions(connection)
        state["mapping"] = list(map(plain, behind))
        state["kafka"] = kafka_state(
            installed.kafka, known, is_read=topic_reader(installed.mapping, installed.kafka.topics)
        )
        state["engines"] = engine_state(wiring(context), installed, known)
        state["keys"] = as_plain(key_status(wiring(context), installed))
        state["key_store_fault"] = key_store_fault(wiring(context), installed)
    told = mends(behind, installed)
    if as_json:
        print_json(state)
    else:
        _print(state)
        for line in told:
            say(line)
    if _attention(state) or told:
        raise typer.Exit(1)


def _revision(found: Revision) -> dict[str, str | None]:
    return {"database": found.database, "has": found.has, "needs": found.needs}


def _contents(connection: Connection, keep_days: int) -> dict[str, Any]:
    return {
        "streams": [_stream(at) for at in stream_positions(connection) if not at.stream.startswith(PUBLISHING)],
        "published": [
            _published(connection, at) for at in stream_positions(connection) if at.stream.startswith(PUBLISHING)
        ],
        "held_back": _held_back(connection, keep_days),
        "paused": [_pause(each) for each in list_pauses(connection)],
        "counts": {name: _count(connection, table) for name, table in _COUNTED.items()},
        "parked": count_parked(connection),
        "pending_key_destructions": _count(connection, destroy_pending),
    }


def _stream(at: Position) -> dict[str, Any]:
    return {"stream": at.stream, "next_offset": at.next_offset}


def _published(connection: Connection, at: Position) -> dict[str, Any]:
    return {"topic": at.stream.removeprefix(PUBLISHING), "waiting": waiting(connection, at.next_offset)}


def _held_back(connection: Connection, keep_days: int) -> list[dict[str, Any]]:
    """Topics for which the outbox keeps what is older than it need be: nobody publishes them, or Kafka is away."""
    old = wall_time() - keep_days * _MICROSECONDS_A_DAY
    positions = (at for at in stream_positions(connection) if at.stream.startswith(PUBLISHING))
    waits = ((at.stream.removeprefix(PUBLISHING), waiting_since(connection, at.next_offset)) for at in positions)
    return [{"topic": topic, "since": timestamp(since)} for topic, since in waits if since is not None and since < old]


def _pause(found: Pause) -> dict[str, Any]:
    return {"stream": found.stream, "offset": found.offset, "merges": found.merges, "since": timestamp(found.at)}


def _count(connection: Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _attention(state: dict[str, Any]) -> list[str]:
    """List what needs attention, each with its mend."""
    found = [
        f"the {r['database']} database needs `onefold migrate`" for r in state["revisions"] if r["has"] != r["needs"]
    ]
    found += [
        f"PAUSED: stream {each['stream']!r} stands at offset {each['offset']} since {each['since']}, its next batch would bring "
        f"{each['merges']} merges of existing profiles; look, then mend the source or the rules, or let it pass with "
        f"`onefold ingest --accept-merges {each['merges']}`"
        for each in state.get("paused", ())
    ]
    found += [
        f"the outbox is kept for topic {each['topic']!r}, which was not told of what changed since {each['since']}: start its "
        f"publisher, or end that with `onefold publish --forget {each['topic']}`"
        for each in state.get("held_back", ())
    ]
    found += state.get("kafka", {}).get("faults", ())
    if state.get("key_store_fault"):
        found.append(state["key_store_fault"])
    if state.get("parked"):
        found.append(f"{sum(state['parked'].values())} events are parked; see `onefold parked list`")
    if unknown := state.get("parked", {}).get("unknown_server"):
        found.append(
            f"{unknown} of them are of a database server that never becomes known by itself: `onefold parked list --code unknown_server` "
            "names the snapshot that brings what they said"
        )
    if state.get("pending_key_destructions"):
        found.append("keys wait to be destroyed; `onefold ingest` or `onefold serve` finishes that at its start")
    return found


def _print(state: dict[str, Any]) -> None:
    print_table(
        ("database", "revision", "needed"),
        [(r["database"], r["has"] or "none", r["needs"]) for r in state["revisions"]],
    )
    if "counts" in state:
        keys = state["keys"]
        counted = [*state["counts"].items(), *((f"parked: {code}", n) for code, n in sorted(state["parked"].items()))]
        print_table(("", "count"), [*counted, ("pending key destructions", state["pending_key_destructions"])])
        lags = state["kafka"]["lags"]
        streams = {s["stream"]: s["next_offset"] for s in state["streams"]}
        begun = [(stream, offset, lags.get(stream)) for stream, offset in streams.items()]
        not_begun = [(stream, "not begun", lag) for stream, lag in lags.items() if stream not in streams]
        print_table(("stream", "read up to", "behind"), [*begun, *not_begun])
        if state["kafka"]["unknown"]:
            say(state["kafka"]["unknown"])
        if state["engines"]:
            engines = [(e["source"], e["lag_bytes"], e["last_event"], e["unknown"]) for e in state["engines"]]
            print_table(("source", "bytes behind", "last event", "not known, because"), engines)
        if state["published"]:
            print_table(("topic", "waiting to be published"), [(p["topic"], p["waiting"]) for p in state["published"]])
        print_table(
            ("key provider", "epoch", "age"),
            [(keys["provider"], str(keys["current_epoch"]), age(keys["epoch_age_seconds"]))],
        )
    for message in _attention(state):
        say(message)
