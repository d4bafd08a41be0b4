"""Signals to Debezium: an incremental snapshot of some tables, asked for where the connector listens.

Source: Debezium 3.6 documentation, "Sending signals to a Debezium connector". A connector with a signal table takes rows of it; one of MariaDB
without one takes messages from Kafka. Which it is follows from the same settings as its configuration.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cdc.capture.connector import Connector
from cdc.capture.debezium import captured_tables, connector_of
from cdc.capture.errors import CaptureError
from cdc.capture.findings import ERROR, Finding
from cdc.capture.inspection import source_engine
from cdc.capture.password import read_password
from cdc.capture.sql import table_name
from cdc.mapping import SourceMapping

_EXECUTE: Final = "execute-snapshot"
#: What the column `data` of a signal table holds, as :mod:`cdc.capture.statements` makes it.
_LONGEST: Final = 2048
#: Settings of a running connector that decide whether it hears the signal and may read the tables.
_DECIDING: Final = ("signal.enabled.channels", "signal.data.collection", "signal.kafka.topic", "table.include.list")


@dataclass(frozen=True, slots=True)
class SnapshotSignal:
    """A signal for tables of a source, as mapped; ``data`` is JSON. ``id`` is found again in Debezium's marks and notifications."""

    id: str
    tables: tuple[str, ...]
    data: str

    @property
    def message(self) -> bytes:
        """The signal as a message on Kafka."""
        data = msgspec.json.decode(self.data)
        return msgspec.json.encode({"id": self.id, "type": _EXECUTE, "data": data})


def snapshot_signal(source: SourceMapping, tables: Sequence[str], *, where: str = "") -> SnapshotSignal:
    """Make a signal for ``tables``, named as mapped; ``where`` is a condition in the database's own SQL, for one table.

    :class:`CaptureError` for what cannot be read so: a table that is not captured, one whose rows have no key, no way to signal.
    """
    connector = connector_of(source)
    _refuse_deaf(source, connector)
    names = tuple(dict.fromkeys(tables))
    for name in names:
        _refuse_unread(source, name)
    if where and len(names) > 1:
        raise CaptureError("a condition is for one table: give each table a snapshot of its own")
    places = [_pattern(connector, name) for name in names]
    data: dict[str, object] = {"type": "incremental", "data-collections": places}
    if where:
        data["additional-conditions"] = [{"data-collection": places[0], "filter": where}]
    text = msgspec.json.encode(data).decode()
    if connector.signal_table and len(text) > _LONGEST:
        raise CaptureError(
            f"the signal has {len(text)} characters, the signal table takes {_LONGEST}: name fewer tables at once"
        )
    return SnapshotSignal(f"onefold-{uuid4()}", names, text)


def signal_findings(source: SourceMapping, tables: Sequence[str], found: Sequence[Finding]) -> list[Finding]:
    """Of what was found in the source's database, what keeps a snapshot of ``tables`` from coming, or from being whole."""
    places = {f"table {name}" for name in tables}
    others = {f"table {name}" for name in source.tables} - places
    signals = f"signal table {connector_of(source).signal_table}"
    return [each for each in found if each.place == signals or (each.severity == ERROR and each.place not in others)]


def outdated(running: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """The settings of a running connector by which it would not hear the signal, or not read the tables."""
    return tuple(name for name in _DECIDING if running.get(name) != wanted.get(name))


def write_signal(source: SourceMapping, signal: SnapshotSignal, environ: Mapping[str, str]) -> None:
    """Write a signal into the source's signal table, as the connector's user."""
    connector = connector_of(source)
    engine = source_engine(connector, read_password(connector, environ))
    statement = (
        f"INSERT INTO {table_name(connector, connector.signal_table)} (id, type, data) VALUES (:id, :type, :data)"  # noqa: S608 - a quoted name
    )
    try:
        with engine.begin() as connection:
            given = {"id": signal.id, "type": _EXECUTE, "data": signal.data}
            connection.execute(sa.text(statement), given)
    except SQLAlchemyError as error:
        raise CaptureError(
            f"source {source.name!r}: the signal table {connector.signal_table!r} does not take the signal "
            f"({type(error).__name__}); run `onefold check --sources`"
        ) from None
    finally:
        engine.dispose()


def _refuse_deaf(source: SourceMapping, connector: Connector) -> None:
    if not (connector.signal_table or connector.hears_kafka_alone):
        raise CaptureError(
            f'source {source.name!r}: a connector of {connector.kind} takes signals by a table only: set signal_table = "signals" in [source.connector], '
            f"run what `onefold connector config {source.name} --statements` prints, then `onefold connector apply {source.name}`"
        )


def _refuse_unread(source: SourceMapping, name: str) -> None:
    captured = captured_tables(source)
    if name not in captured:
        raise CaptureError(
            f"source {source.name!r} captures no table {name!r}; it captures {', '.join(captured) or 'none'}"
        )
    if not source.tables[name].key:
        raise CaptureError(
            f"table {name!r} of source {source.name!r} has no key, so its rows would be taken for new ones: they cannot be read again"
        )


def _pattern(connector: Connector, table: str) -> str:
    """A regular expression for one table; Debezium anchors it."""
    return r"\.".join(map(re.escape, connector.qualified(table)))
