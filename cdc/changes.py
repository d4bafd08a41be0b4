"""What a change event means for Onefold: the only vocabulary that :mod:`cdc.apply` accepts.

Change events of every source, and later what comes through the API, are translated into these values first. Values are
plain: text, integers (times in microseconds since 1970 UTC, money in minor units), None for NULL and
:data:`identity.records.UNKNOWN` where the event does not say. They are structs, as is all that is made for every event: frozen
dataclasses take five times as long to make.
"""

from typing import TypeAlias, final

import msgspec

from identity import FieldValue, RowKey, UnknownType

Text: TypeAlias = "str | UnknownType | None"
Number: TypeAlias = "int | UnknownType | None"
#: A row by its key; or, where a value was taken from storage, by its row token.
Reference: TypeAlias = "RowKey | bytes | UnknownType | None"


class Origin(msgspec.Struct, frozen=True):
    """Where an event was read and where its change lies in the source's own log.

    ``stream`` and ``offset`` say where it was read. ``position`` orders the versions of one row inside a source epoch:
    bytes that compare like the log (PostgreSQL: LSN; MySQL, MariaDB: file number, position, row), and the last byte is 0 for a
    snapshot row and 1 for a streamed change, so that a streamed change wins a tie. ``server`` names the database
    server that wrote the change ("" when the event does not say); another server means a failover. ``is_partial``: the snapshot
    was incremental, and may have been filtered: what it did not read may be there. ``read_ms`` is when a snapshot read the row, in
    milliseconds of the connector's clock; 0 when the event does not say.
    """

    stream: str
    offset: int
    source: str
    position: bytes
    server: str = ""
    is_snapshot: bool = False
    is_partial: bool = False
    read_ms: int = 0

    @property
    def confirms(self) -> bool:
        """Whether it is a row of a snapshot that reads the whole table."""
        return self.is_snapshot and not self.is_partial


class ConsentValue(msgspec.Struct, frozen=True):
    """A consent that a row states: ``state`` is ``granted`` or ``withdrawn``; ``effective_at`` None means "not known"."""

    purpose: str
    state: "str | UnknownType | None"
    effective_at: Number = None


@final
class RecordChange(msgspec.Struct, frozen=True):
    """A row of a person table was inserted, updated or read in a snapshot."""

    origin: Origin
    row: RowKey
    fields: tuple[FieldValue, ...]
    moved_from: RowKey | None = None
    updated_at: Number = None
    created_at: Number = None
    store: Text = None
    points: Number = None
    consents: tuple[ConsentValue, ...] = ()


@final
class FactChange(msgspec.Struct, frozen=True):
    """A row of a fact table was inserted, updated or read in a snapshot.

    ``kind`` is ``order``, ``order_line``, ``return``, ``event``, ``feedback``, ``loyalty`` or ``consent``. ``person`` is the source
    record that the fact belongs to, ``parent`` the order of a line or return. ``key_is_personal`` says that the natural key
    must be sealed. ``fields`` hold everything personal; the other values are clear.
    """

    origin: Origin
    row: RowKey
    kind: str
    channel: str = ""
    moved_from: RowKey | None = None
    key_is_personal: bool = False
    fields: tuple[FieldValue, ...] = ()
    person: Reference = None
    parent: Reference = None
    occurred_at: Number = None
    amount_minor: Number = None
    currency: Text = None
    quantity: Text = None
    unit_price_minor: Number = None
    points: Number = None
    rating: Number = None
    sku: Text = None
    label: Text = None
    status: Text = None
    store: Text = None
    name: Text = None
    purpose: Text = None
    state: Text = None


class RowDelete(msgspec.Struct, frozen=True):
    """A row was deleted; ``moved_to`` is set when this is the first half of a primary-key change."""

    origin: Origin
    row: RowKey
    is_person: bool
    moved_to: RowKey | None = None


class TableTruncate(msgspec.Struct, frozen=True):
    """All rows of a table below this position are gone."""

    origin: Origin
    table: str


class SnapshotTableDone(msgspec.Struct, frozen=True):
    """A snapshot has read a whole table: ``rows`` rows, at the snapshot's position. Proof only once all of them were applied.

    ``at_ms`` is when the connector said so, by its clock: it says nothing about a snapshot that began later.
    """

    origin: Origin
    table: str
    rows: int
    at_ms: int


class Ignored(msgspec.Struct, frozen=True):
    """An event that changes nothing: heartbeat, tombstone, transaction marker, schema change, logical message, ignored table."""

    origin: Origin
    reason: str


class Unusable(msgspec.Struct, frozen=True):
    """An event that cannot be applied and never will be as it is: it is parked.

    ``code`` is one of ``cdc.PARK_CODES``; ``message`` names the column or field and the mend, and holds no value of the row.
    ``row`` is known where the key could be read: later events of that row then queue behind this one.
    """

    stream: str
    offset: int
    code: str
    message: str
    source: str = ""
    table: str = ""
    row: RowKey | None = None


Change: TypeAlias = "RecordChange | FactChange | RowDelete | TableTruncate | SnapshotTableDone | Ignored | Unusable"


class RawEvent(msgspec.Struct, frozen=True):
    """One event as a transport read it, bytes untouched; ``value`` None is a tombstone, ``key`` None a keyless row.

    ``stream`` names what is read in order (a file, a Kafka topic partition, a captured database), ``offset`` where reading goes
    on after this event.
    """

    stream: str
    offset: int
    topic: str
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes] = msgspec.field(default_factory=dict)


#: An event as a transport read it; or one that it could not read whole, with what is wrong.
Read: TypeAlias = "RawEvent | tuple[RawEvent, Unusable]"
