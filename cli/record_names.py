"""How people name a record at the command line: by its id, by a profile's id, or by its natural key."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from cli.parts import Parts
from identity import RowKey, StoredRecord, records_by, resolve_ids, source_record
from storage import OnefoldError


class UnknownRecord(OnefoldError):
    """What was typed names no live record. The text itself is not repeated: a key can be personal."""


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A live record and the profile that it is shown in; ``name`` is what is shown of it: its id, or the key that was typed."""

    record: bytes
    profile_id: bytes
    name: str


def id_text(key: bytes) -> str:
    """Write an id as the API and exports do."""
    return str(UUID(bytes=key))


def find_record(parts: Parts, connection: Connection, text: str) -> NamedRecord:
    """Find the live record that ``text`` names; :class:`UnknownRecord` says what would.

    Accepted are the id of a record; the id of a profile, also an old one, for its first record; ``source/table/key``, with a
    JSON list for a key of several columns.
    """
    if "/" not in text:
        return _by_id(connection, text)
    token = parts.sealer.row_token(_row_key(parts, text))
    found = records_by(connection, source_record.c.row_token, [token])
    if not found:
        raise UnknownRecord("no live record has that key; a key of several columns is written as a JSON list")
    return _named(found[0], text)


def find_live_record(parts: Parts, connection: Connection, text: str) -> NamedRecord:
    """Find the record to decide about: as :func:`find_record`, but an id that ended stands for nobody else.

    A steward who looked at a record that was deleted since must not decide about another one of its profile.
    """
    found = find_record(parts, connection, text)
    if "/" not in text and UUID(text).bytes != found.record:
        raise UnknownRecord(
            "a record of that id does not live any more; the profile that it was part of is now"
            f" {id_text(found.profile_id)}: look at it again, and name a record that lives"
        )
    return found


def _by_id(connection: Connection, text: str) -> NamedRecord:
    try:
        wanted = UUID(text).bytes
    except ValueError:
        raise UnknownRecord("name a record by its id, its profile's id, or as source/table/key") from None
    found = records_by(connection, source_record.c.incarnation, [wanted])
    if found:
        return _named(found[0], id_text(wanted))
    resolved = resolve_ids(connection, [wanted])
    if wanted not in resolved:
        raise UnknownRecord("there is no record or profile of that id")
    now = resolved[wanted]
    if now is None:
        raise UnknownRecord("the record or profile of that id was deleted")
    return _named(records_by(connection, source_record.c.incarnation, [now])[0], id_text(now))


def _named(record: StoredRecord, name: str) -> NamedRecord:
    return NamedRecord(record.incarnation, record.profile_id, name)


def _row_key(parts: Parts, text: str) -> RowKey:
    source, _, rest = text.partition("/")
    tables = {
        (each.name, name): table
        for each in parts.settings.mapping.sources
        for name, table in each.tables.items()
        if table.is_person
    }
    for (mapped, name), table in tables.items():
        if mapped == source and rest.startswith(f"{name}/"):
            return RowKey(source, name, _key(rest.removeprefix(f"{name}/"), len(table.key)))
    valid = ", ".join(sorted(f"{mapped}/{name}" for mapped, name in tables))
    raise UnknownRecord(
        f"no table of persons is mapped under that name; valid: {valid or 'none, nothing is mapped yet'}"
    )


def _key(text: str, columns: int) -> tuple[str, ...]:
    """One column's value as it stands, several as a JSON list."""
    if columns == 1:
        return (text,)
    try:
        values: Any = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != columns:
        raise UnknownRecord(f"""that table's key has {columns} columns: write it as a JSON list, '["a", "b"]'""")
    return tuple(str(value) for value in values)
