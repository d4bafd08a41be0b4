"""Tables of profiles: golden records as winner pointers, facts, totals, lineage."""

import sqlalchemy as sa

from storage import MAIN, Bytes, DataClass, Sealed, column

ID = Bytes(16)
_COUNT = {"server_default": sa.text("0"), "default": 0}

#: One shown profile. ``winners`` maps each attribute to the cell that survives: ``{"email": ["<incarnation hex>", slot]}``.
#: The counters are sums over its members, kept for filtering and ordering; money is in minor units of the main currency.
profile = sa.Table(
    "profile",
    MAIN,
    column("id", ID, DataClass.INTERNAL, primary_key=True),
    column("records", sa.Integer, DataClass.INTERNAL),
    column("winners", sa.Text, DataClass.INTERNAL),
    column("orders", sa.Integer, DataClass.INTERNAL, **_COUNT),
    column("receipts", sa.Integer, DataClass.INTERNAL, **_COUNT),
    column("returns", sa.Integer, DataClass.INTERNAL, **_COUNT),
    column("visits", sa.Integer, DataClass.INTERNAL, **_COUNT),
    column("reviews", sa.Integer, DataClass.INTERNAL, **_COUNT),
    column("points", sa.BigInteger, DataClass.INTERNAL, **_COUNT),
    column("spent_minor", sa.BigInteger, DataClass.INTERNAL, index=True, **_COUNT),
    column("first_activity_at", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("last_activity_at", sa.BigInteger, DataClass.INTERNAL, nullable=True, index=True),
    sqlite_with_rowid=False,
)

#: The trace context of the work that changed a profile last; filled only while somebody traces.
profile_trace = sa.Table(
    "profile_trace",
    MAIN,
    column("profile_id", ID, DataClass.INTERNAL, primary_key=True),
    column("traceparent", sa.Text, DataClass.INTERNAL),
    sqlite_with_rowid=False,
)

#: The kind of fact on which others hang.
PARENT = "order"
_IS_ORDER = sa.text(f"kind = '{PARENT}'")

#: One live fact row. ``person_token`` is the row token of the source record that it hangs on: its own, or its parent
#: order's (``has_own_person`` tells which). ``parent_token`` is the row token of the order of a line or return.
#: ``natural_key`` (JSON list of key values) is clear unless the mapping calls it personal; then it is a cell.
fact = sa.Table(
    "fact",
    MAIN,
    column("incarnation", ID, DataClass.INTERNAL, primary_key=True),
    column("row_token", ID, DataClass.INTERNAL),
    column("table_id", sa.Integer, DataClass.INTERNAL),
    column("kind", sa.Text, DataClass.INTERNAL),
    column("channel", sa.Text, DataClass.INTERNAL),
    column("person_token", ID, DataClass.PSEUDONYM, nullable=True),
    column("has_own_person", sa.Boolean, DataClass.INTERNAL),
    column("parent_token", ID, DataClass.INTERNAL, nullable=True, index=True),
    column("natural_key", sa.Text, DataClass.INTERNAL, nullable=True),
    column("occurred_at", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("amount_minor", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("currency", sa.Text, DataClass.INTERNAL, nullable=True),
    column("quantity", sa.Text, DataClass.INTERNAL, nullable=True),
    column("unit_price_minor", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("points", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("rating", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("sku", sa.Text, DataClass.INTERNAL, nullable=True),
    column("label", sa.Text, DataClass.INTERNAL, nullable=True),
    column("status", sa.Text, DataClass.INTERNAL, nullable=True),
    column("store", sa.Text, DataClass.INTERNAL, nullable=True),
    column("name", sa.Text, DataClass.INTERNAL, nullable=True),
    sa.Index("ix_fact_person", "person_token", "kind", "occurred_at"),
    # Only orders are looked for by it; an index of all facts would change a page of its own with each new line and visit.
    sa.Index("ix_fact_order", "row_token", sqlite_where=_IS_ORDER, postgresql_where=_IS_ORDER),
    sqlite_with_rowid=False,
)

#: What a query has to say word for word, so that the database sees that the index of orders will do.
IS_ORDER = fact.c.kind == sa.literal_column(f"'{PARENT}'")

#: One personal value of a fact (a review's text, a page address), sealed under the fact's own incarnation key.
fact_cell = sa.Table(
    "fact_cell",
    MAIN,
    column("incarnation", ID, DataClass.INTERNAL, primary_key=True),
    column("attribute", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("slot", sa.Integer, DataClass.INTERNAL, primary_key=True),
    column("cell", Sealed, DataClass.PERSONAL),
    sqlite_with_rowid=False,
)

#: Counters per source record: how many facts of a kind, their amounts, and when the first and last occurred.
#: ``currency`` is "" where the facts have no amount.
fact_total = sa.Table(
    "fact_total",
    MAIN,
    column("person_token", ID, DataClass.PSEUDONYM, primary_key=True),
    column("kind", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("channel", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("currency", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("facts", sa.BigInteger, DataClass.INTERNAL),
    column("amount_minor", sa.BigInteger, DataClass.INTERNAL),
    column("points", sa.BigInteger, DataClass.INTERNAL),
    column("first_at", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("last_at", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    sqlite_with_rowid=False,
)

#: Every creation, merge, split and end of a profile with its cause: the changes in the same component, as
#: ``[{"source", "table", "op", "stream", "offset"}]``. ``other_id`` is the profile merged in, split off or moved to.
lineage = sa.Table(
    "lineage",
    MAIN,
    column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), DataClass.INTERNAL, primary_key=True),
    column("at", sa.BigInteger, DataClass.INTERNAL),
    column("kind", sa.Text, DataClass.INTERNAL),
    column("profile_id", ID, DataClass.INTERNAL, index=True),
    column("other_id", ID, DataClass.INTERNAL, nullable=True, index=True),
    column("cause", sa.Text, DataClass.INTERNAL),
)
