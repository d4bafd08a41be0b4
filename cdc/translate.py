"""From raw events to changes: what each event means, by the mapping.

:class:`Translator` never raises for what a source sent: an event that cannot be applied becomes :class:`~cdc.changes.Unusable`,
with the row's key wherever it could be read, so that later events of that row can queue behind it.
"""

from typing import Final, TypeAlias

from cdc import envelope, keys, positions, vocabulary
from cdc.changes import Change, Ignored, Origin, RawEvent, RowDelete, SnapshotTableDone, TableTruncate, Unusable
from cdc.envelope import DEFAULT_MAX_EVENT_BYTES, Control, Envelope, TableScanned
from cdc.log_names import LOG_HEADER, joined
from cdc.mapping import Mapping, SourceMapping, TableMapping
from cdc.positions import SourceBlock
from cdc.problems import EventError
from cdc.table_plans import RowContext, TablePlan
from identity import RowKey

# An incremental snapshot can be filtered, and its notification does not say so: it proves nothing about rows it did not read.
_WHOLE_SNAPSHOT: Final = "Initial Snapshot"

_Route: TypeAlias = tuple[SourceMapping | None, TableMapping | None, TablePlan | None]


class Translator:
    """Translates the events of all sources of a mapping; holds no state but prepared plans."""

    def __init__(self, mapping: Mapping, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self._mapping = mapping
        self._max_event_bytes = max_event_bytes
        self._plans: dict[tuple[str, str], TablePlan] = {}
        self._routes: dict[tuple[str, str | None, str | None, str | None], _Route] = {}

    def translate(self, raw: RawEvent) -> Change:
        """Say what one event means."""
        try:
            return self._translate(raw)
        except MemoryError:
            raise  # may pass; everything else would come again with the same event
        except Exception as error:  # noqa: BLE001 - one event must never stop a stream; the code names it a fault of ours
            problem = EventError("unreadable", f"{type(error).__name__} while it was decoded")
            return self._unusable(raw, problem, self._route_of_topic(raw.topic))

    def _translate(self, raw: RawEvent) -> Change:
        try:
            parsed = envelope.parse(raw, max_event_bytes=self._max_event_bytes)
        except EventError as problem:
            return self._unusable(raw, problem, self._route_of_topic(raw.topic))
        if isinstance(parsed, Envelope):
            return self._row_event(raw, parsed)
        return self._scanned(raw, parsed) if isinstance(parsed, TableScanned) else self._ignored(raw, parsed)

    # rows

    def _row_event(self, raw: RawEvent, event: Envelope) -> Change:
        block = event.source
        place = (raw.topic, block.schema, block.db, block.table)
        route = self._routes.get(place)
        if route is None:
            route = self._routes[place] = self._route(*place)
        try:
            return self._change(raw, event, route)
        except EventError as problem:
            return self._unusable(raw, problem, route)

    def _change(self, raw: RawEvent, event: Envelope, route: _Route) -> Change:
        source, table, plan = route
        if source is None or table is None:
            raise _unmapped(raw.topic, event.source, source)
        origin = _origin(raw, event, source.name)
        if plan is None:
            return Ignored(origin, "ignored table")
        if event.op == "t":
            return TableTruncate(origin, table.name)
        return _row_change(plan, event, origin)

    def _route(self, topic: str, schema: str | None, database: str | None, name: str | None) -> _Route:
        source, table = self._mapping.find(topic, schema or "", database or "", table=name or "")
        return source, table, self._plan(source, table)

    def _route_of_topic(self, topic: str) -> _Route:
        """Find the table by the topic's name alone, for an event that cannot be read."""
        source = self._mapping.source_of_topic(topic)
        table = source.table_of_topic(topic) if source else None
        return source, table, self._plan(source, table)

    def _plan(self, source: SourceMapping | None, table: TableMapping | None) -> TablePlan | None:
        if source is None or table is None or table.kind == vocabulary.IGNORE:
            return None
        place = (source.name, table.name)
        if place not in self._plans:
            self._plans[place] = TablePlan(source, table)
        return self._plans[place]

    def _unusable(self, raw: RawEvent, problem: EventError, route: _Route) -> Unusable:
        source, table, plan = route
        return Unusable(
            stream=raw.stream,
            offset=raw.offset,
            code=problem.code,
            message=f"table {table.name!r}: {problem.message}" if table else problem.message,
            source=source.name if source else "",
            table=table.name if table else "",
            row=_key_alone(raw, plan) if plan else None,
        )

    # everything else

    def _ignored(self, raw: RawEvent, control: Control) -> Ignored:
        prefix = raw.topic.rpartition(".")[2] if control.kind == "heartbeat" else raw.topic.partition(".")[0]
        source = self._mapping.source_of_topic(raw.topic) or self._mapping.source_of_prefix(prefix)
        return Ignored(_no_place(raw, source), control.kind)

    def _scanned(self, raw: RawEvent, scanned: TableScanned) -> Change:
        """Take a notification, which has no log position: that of the table's snapshot rows counts."""
        source = self._mapping.source_of_prefix(scanned.connector)
        *qualifiers, name = scanned.table.split(".")
        table = source.table(*reversed(qualifiers), name=name) if source else None
        origin = _no_place(raw, source)
        if table is None or table.kind == vocabulary.IGNORE or scanned.snapshot != _WHOLE_SNAPSHOT:
            return Ignored(origin, "notification")
        return SnapshotTableDone(origin, table.name, scanned.rows, scanned.at_ms)


def _row_change(plan: TablePlan, event: Envelope, origin: Origin) -> Change:
    table = plan.table
    key = keys.row_key(plan, event, origin)
    is_personal = False if table.is_person else keys.key_is_personal(plan, key, event)
    if event.op == "d":
        moved_to = None if event.new_key is None else keys.key_of_message(plan, event.new_key)
        return RowDelete(origin, key, table.is_person, moved_to)
    moved_from = None if event.old_key is None else keys.key_of_message(plan, event.old_key)
    if event.after is None:
        raise EventError("wrong_envelope", f"an event with op {event.op} has no `after`")
    context = RowContext(origin, key, moved_from, is_personal)
    return plan.change(plan.reader.read(event.after), context)


def _key_alone(raw: RawEvent, plan: TablePlan) -> RowKey | None:
    """Key of an event that is unusable otherwise, if it can be read."""
    try:
        key = envelope.parse_key(raw.key)
        return None if key is None else keys.key_of_message(plan, key)
    except EventError:
        return None


def _origin(raw: RawEvent, event: Envelope, source: str) -> Origin:
    block = event.source
    is_snapshot = event.op == "r" or block.is_snapshot
    position = positions.position(block, is_snapshot=is_snapshot)
    server = joined(_log(raw), positions.server(block))
    return Origin(
        raw.stream,
        raw.offset,
        source,
        position,
        server,
        is_snapshot,
        is_partial=block.is_incremental,
        read_ms=event.snapshot_ms,
    )


def _log(raw: RawEvent) -> int:
    """Which of its source's logs the record lies in, as its connector says."""
    log = envelope.parse_key(raw.headers.get(LOG_HEADER)) if raw.headers else None
    return log if type(log) is int and log > 0 else 0


def _no_place(raw: RawEvent, source: SourceMapping | None) -> Origin:
    return Origin(raw.stream, raw.offset, source.name if source else "", b"")


def _unmapped(topic: str, block: SourceBlock, source: SourceMapping | None) -> EventError:
    if source is None:
        return EventError(
            "unmapped_table", f"no source of the mapping reads topic {topic!r}: add it to a source's `topics`"
        )
    return EventError(
        "unmapped_table",
        f'source {source.name!r} has no table {block.table!r}: add [source.tables.{block.table}], with kind = "ignore" if it '
        "is not wanted",
    )
