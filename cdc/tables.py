"""Tables of change data capture: versions of source rows, positions of streams, floors, epochs, parked events."""

import sqlalchemy as sa

from storage import MAIN, Bytes, DataClass, Sealed, column

ID = Bytes(16)

#: The newest version that was seen of each source row, dead rows included (delete markers).
#: ``guard`` = source epoch (4 bytes) and position; bytes that compare like the source's log. ``incarnation`` is set while the row
#: lives, ``mapping_id`` with it: the :data:`table_mapping` that its content was made under, 0 where that is not known.
#: ``transit`` is an incarnation on its way to ``moved_to``: the delete half of a key change was seen (at
#: ``moved_guard``), the create half not yet. ``snapshot`` is the guard of the last snapshot that confirmed the row.
source_row = sa.Table(
    "source_row",
    MAIN,
    column("row_token", ID, DataClass.PSEUDONYM, primary_key=True),
    column("table_id", sa.Integer, DataClass.INTERNAL),
    column("is_person", sa.Boolean, DataClass.INTERNAL),
    column("guard", Bytes(64), DataClass.INTERNAL),
    column("incarnation", ID, DataClass.INTERNAL, nullable=True),
    column("transit", ID, DataClass.INTERNAL, nullable=True),
    column("moved_to", ID, DataClass.PSEUDONYM, nullable=True),
    column("moved_guard", Bytes(64), DataClass.INTERNAL, nullable=True),
    column("snapshot", Bytes(64), DataClass.INTERNAL, nullable=True),
    column("mapping_id", sa.Integer, DataClass.INTERNAL, nullable=True),
    sa.Index("ix_source_row_table", "table_id", "mapping_id"),
    sqlite_with_rowid=False,
)

#: What each table was ever mapped as: ``shape`` is the JSON of :class:`cdc.mapping_shape.TableShape`.
table_mapping = sa.Table(
    "table_mapping",
    MAIN,
    column("id", sa.Integer, DataClass.INTERNAL, primary_key=True),
    column("table_id", sa.Integer, DataClass.INTERNAL),
    column("fingerprint", Bytes(32), DataClass.INTERNAL),
    column("shape", sa.Text, DataClass.INTERNAL),
    sa.UniqueConstraint("table_id", "fingerprint"),
)

#: How far each stream was read. ``owner_epoch`` fences a worker that lost the stream; ``digest`` (files only) proves that the
#: bytes before ``next_offset`` are still those that were read.
stream_position = sa.Table(
    "stream_position",
    MAIN,
    column("stream", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("next_offset", sa.BigInteger, DataClass.INTERNAL),
    column("owner_epoch", sa.BigInteger, DataClass.INTERNAL),
    column("digest", Bytes(32), DataClass.INTERNAL, nullable=True),
)

#: Streams whose next batch would join too many existing profiles (``merges``) and was not committed; see :mod:`cdc.breaker`.
#: ``stream_offset`` is where the stream stands.
ingest_pause = sa.Table(
    "ingest_pause",
    MAIN,
    column("stream", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("stream_offset", sa.BigInteger, DataClass.INTERNAL),
    column("merges", sa.Integer, DataClass.INTERNAL),
    column("at", sa.BigInteger, DataClass.INTERNAL),
)

#: Where the embedded Debezium engine of a stream goes on, sealed: Debezium's offset can hold the key of a row; see :mod:`cdc.embedded.places`.
engine_place = sa.Table(
    "engine_place",
    MAIN,
    column("stream", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("place", Sealed, DataClass.PERSONAL),
)

#: Rows of a table whose guard is below the floor, and that its snapshot did not confirm, are dead.
table_floor = sa.Table(
    "table_floor",
    MAIN,
    column("table_id", sa.Integer, DataClass.INTERNAL, primary_key=True),
    column("guard", Bytes(64), DataClass.INTERNAL),
    column("reason", sa.Text, DataClass.INTERNAL),
)

#: Snapshots of whole tables of which rows were applied, by their guard; ``read_ms`` is when the connector read the first of those, in
#: milliseconds of its clock: what it said before is about an earlier snapshot.
table_snapshot = sa.Table(
    "table_snapshot",
    MAIN,
    column("table_id", sa.Integer, DataClass.INTERNAL, primary_key=True),
    column("guard", Bytes(64), DataClass.INTERNAL, primary_key=True),
    column("read_ms", sa.BigInteger, DataClass.INTERNAL),
)

#: Where, in each stream, a source's log began anew (failover), so that a replay counts the same epochs.
source_epoch = sa.Table(
    "source_epoch",
    MAIN,
    column("source", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("stream", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("from_offset", sa.BigInteger, DataClass.INTERNAL, primary_key=True),
    column("epoch", sa.Integer, DataClass.INTERNAL),
    column("server", sa.Text, DataClass.INTERNAL),
)

#: Events that could not be applied, sealed, and those that queue behind them. ``row_token`` is NULL where the key could not be
#: read. ``waits_for`` is the row whose delete half a ``waiting`` create half needs. ``fingerprint`` keeps a redelivered event
#: from being parked twice.
parked_event = sa.Table(
    "parked_event",
    MAIN,
    column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), DataClass.INTERNAL, primary_key=True),
    column("fingerprint", ID, DataClass.PSEUDONYM, unique=True),
    column("row_token", ID, DataClass.PSEUDONYM, nullable=True, index=True),
    column("waits_for", ID, DataClass.PSEUDONYM, nullable=True),
    column("stream", sa.Text, DataClass.INTERNAL),
    column("stream_offset", sa.BigInteger, DataClass.INTERNAL),
    column("topic", sa.Text, DataClass.INTERNAL),
    column("source", sa.Text, DataClass.INTERNAL),
    column("table_name", sa.Text, DataClass.INTERNAL),
    column("code", sa.Text, DataClass.INTERNAL),
    column("message", sa.Text, DataClass.INTERNAL),
    column("parked_at", sa.BigInteger, DataClass.INTERNAL),
    column("payload", Sealed, DataClass.PERSONAL),
    sqlite_autoincrement=True,
)

#: Fingerprints of what the stored state was made with: the token key, the sections of rules.
in_force = sa.Table(
    "in_force",
    MAIN,
    column("name", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("fingerprint", Bytes(32), DataClass.INTERNAL),
)

#: The newest streamed change of a source that was read in each stream, applied or not: ``position`` as in :mod:`cdc.positions`, and
#: the ``server`` that wrote it ("" where changes do not say).
source_reached = sa.Table(
    "source_reached",
    MAIN,
    column("source", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("stream", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("server", sa.Text, DataClass.INTERNAL),
    column("position", Bytes(64), DataClass.INTERNAL),
)

#: What a source's database said of itself when it was last compared: PostgreSQL's system identifier and timeline, for the ``log`` that is
#: set in ``[source.connector]``. See :mod:`cdc.log_watch`.
source_log = sa.Table(
    "source_log",
    MAIN,
    column("source", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("log", sa.Integer, DataClass.INTERNAL),
    column("identity", sa.Text, DataClass.INTERNAL),
)

#: What the last audit of each source table found; see :mod:`cdc.parity`. ``position`` is the source's, as people write it; rows are
#: those that were compared; ``finished_at`` in microseconds.
source_parity = sa.Table(
    "source_parity",
    MAIN,
    column("source", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("table_name", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("state", sa.Text, DataClass.INTERNAL),
    column("position", sa.Text, DataClass.INTERNAL),
    column("rows_there", sa.BigInteger, DataClass.INTERNAL),
    column("rows_here", sa.BigInteger, DataClass.INTERNAL),
    column("missing", sa.BigInteger, DataClass.INTERNAL),
    column("extra", sa.BigInteger, DataClass.INTERNAL),
    column("different", sa.BigInteger, DataClass.INTERNAL),
    column("parked", sa.BigInteger, DataClass.INTERNAL),
    column("newer", sa.BigInteger, DataClass.INTERNAL),
    column("finished_at", sa.BigInteger, DataClass.INTERNAL),
    column("digest_there", sa.Text, DataClass.INTERNAL),
    column("digest_here", sa.Text, DataClass.INTERNAL),
    column("unlisted", sa.BigInteger, DataClass.INTERNAL),
)

#: Some rows that differed at the last audit of their table; see :mod:`cdc.parity.differences`. ``number`` is a row's place in the list,
#: ``columns`` a JSON list of names. Its key is sealed or, where the mapping calls it not personal, clear; or none could be had. A row
#: that ends leaves the list; ``found_at`` in microseconds.
source_difference = sa.Table(
    "source_difference",
    MAIN,
    column("source", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("table_name", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("number", sa.Integer, DataClass.INTERNAL, primary_key=True),
    column("kind", sa.Text, DataClass.INTERNAL),
    column("code", sa.Text, DataClass.INTERNAL),
    column("columns", sa.Text, DataClass.INTERNAL),
    column("row_token", ID, DataClass.PSEUDONYM, index=True),
    column("natural_key", sa.Text, DataClass.INTERNAL, nullable=True),
    column("sealed_key", Sealed, DataClass.PERSONAL, nullable=True),
    column("found_at", sa.BigInteger, DataClass.INTERNAL, index=True),
)
