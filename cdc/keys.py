"""Which row an event is about: its key as canonical text, from the message key or from the columns that the mapping names."""

import hashlib
from typing import Final

import msgspec

from cdc import conversions
from cdc.changes import Origin
from cdc.encodings import Unfit
from cdc.envelope import Columns, Envelope, Key
from cdc.problems import EventError
from cdc.table_plans import TablePlan
from cdc.values import Row
from identity import UNKNOWN, RowKey

#: Debezium adds fields with this beginning to the keys of tables that it merges into one topic.
_ROUTING_FIELDS: Final = "__dbz"


def row_key(plan: TablePlan, event: Envelope, origin: Origin) -> RowKey:
    """Key of the changed row; :class:`EventError` when the event does not identify one."""
    if event.key is not None:
        return key_of_message(plan, event.key)
    if plan.table.is_person:
        raise EventError(
            "keyless_person", "the event has no key: give the table a primary key, or set message.key.columns"
        )
    if plan.table.key:
        return _business_key(plan, event)
    return _appended(plan, event, origin)


def key_of_message(plan: TablePlan, key: Key) -> RowKey:
    """Key of the row from a message key or a key header, which must have exactly the mapped columns."""
    names = plan.table.key
    columns = key if isinstance(key, Columns) else Columns(dict.fromkeys(names[:1], key))
    if len(columns.data) != len(names):
        columns = Columns(
            {name: value for name, value in columns.data.items() if not name.startswith(_ROUTING_FIELDS)},
            columns.schema,
        )
    if len(columns.data) != len(names):
        raise EventError(
            "key_mismatch", f"the event's key has {_listed(columns.data)}, the mapping says {_listed(names)}"
        )
    return key_in(plan, columns)


def _listed(names: object) -> str:
    found = ", ".join(repr(name) for name in names) if isinstance(names, dict | tuple) else ""
    return f"the columns {found}" if found else "no columns"


def key_in(plan: TablePlan, columns: Columns) -> RowKey:
    """Key of a row by its own columns."""
    row = plan.reader.read(columns)
    return RowKey(plan.source.name, plan.table.name, tuple([_part(row, name, columns) for name in plan.table.key]))


def _part(row: Row, name: str, columns: Columns) -> str:
    try:
        text = conversions.to_clear_text(row.get(name))
    except Unfit as problem:
        raise EventError(problem.code, f"key column {name!r}: {problem.message}") from None
    if isinstance(text, str):
        return text
    state = "NULL" if name in columns.data and text is None else "not known" if text is UNKNOWN else "absent"
    raise EventError("missing_key", f"key column {name!r} is {state}: the event has {_listed(dict(columns.data))}")


def _business_key(plan: TablePlan, event: Envelope) -> RowKey:
    """Key of a row in a table without a primary key, by the columns that the mapping names.

    Such a table sends whole rows before a change (it could not be replicated otherwise), so here ``before`` can be trusted.
    """
    before = event.before() if event.op in "ud" else None
    if event.op in "ud" and before is None:
        raise EventError("keyless_change", "the event has neither a key nor the row before the change")
    old = None if before is None else key_in(plan, before)
    new = None if event.after is None else key_in(plan, event.after)
    if old is not None and new is not None and old != new:
        raise EventError("keyless_change", "the mapped key changed, and the event does not say so as a key change does")
    found = new or old
    if found is None:
        raise EventError("missing_key", "the event has no row to take the mapped key from")
    return found


def _appended(plan: TablePlan, event: Envelope, origin: Origin) -> RowKey:
    """Key of a row that is only ever added: its place in the log, and a digest of its content.

    A snapshot reads many rows at one place; the digest tells them apart, so identical rows of one snapshot are one fact. The
    digest has no key of its own and its content may be guessed: such keys are personal and must be stored sealed or keyed.
    """
    if event.op not in "cr" or event.after is None:
        raise EventError(
            "keyless_change", "a row of a table without a key was changed: add a primary key, or map a `key`"
        )
    order = event.transaction.total_order if event.transaction else None
    content = msgspec.json.encode(event.after.data, order="sorted")
    digest = hashlib.sha256(content).hexdigest()
    place = origin.position[:-1].hex()
    return RowKey(plan.source.name, plan.table.name, (place, "" if order is None else str(order), digest))


def key_is_personal(plan: TablePlan, key: RowKey, event: Envelope) -> bool:
    """Decide whether a fact's key must be sealed; :class:`EventError` ``personal_key`` when a clear one looks personal."""
    table = plan.table
    if table.personal_key or (event.key is None and not table.key):
        return True
    if table.personal_key is None and any(conversions.looks_personal(part) for part in key.key):
        raise EventError(
            "personal_key",
            f"the key ({', '.join(table.key)}) looks like an e-mail address or a phone number: set `personal_key = true` on the "
            "table, or false if it only looks so",
        )
    return False
