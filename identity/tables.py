"""Tables of identity: source records, their sealed cells, posting lists, and ids that outlive their records."""

import sqlalchemy as sa

from storage import MAIN, Bytes, DataClass, Sealed, column

#: 16 bytes: an incarnation (a UUID of version 7) or a hash.
ID = Bytes(16)

#: The person tables and fact tables that have been seen: ``(source, name)`` as the mapping spells them.
source_table = sa.Table(
    "source_table",
    MAIN,
    column("id", sa.Integer, DataClass.INTERNAL, primary_key=True),
    column("source", sa.Text, DataClass.INTERNAL),
    column("name", sa.Text, DataClass.INTERNAL),
    sa.UniqueConstraint("source", "name"),
)

#: One live incarnation of a person row. ``arrival`` is the order in which records were first seen: only ids depend on it.
#: ``row_token`` is the keyed hash of the natural key, by which facts refer to it. ``component`` names the connected component of joining
#: pairs, of which ``profile_id`` is a part.
#: Times are microseconds since 1970 UTC as the row's own columns state them.
source_record = sa.Table(
    "source_record",
    MAIN,
    column("incarnation", ID, DataClass.INTERNAL, primary_key=True),
    column("row_token", ID, DataClass.PSEUDONYM, index=True),
    column("table_id", sa.Integer, DataClass.INTERNAL),
    column("version", sa.Integer, DataClass.INTERNAL),
    column("arrival", sa.BigInteger, DataClass.INTERNAL, index=True),
    column("component", ID, DataClass.INTERNAL, index=True),
    column("profile_id", ID, DataClass.INTERNAL, index=True),
    column("updated_at", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("created_at", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("store", sa.Text, DataClass.INTERNAL, nullable=True),
    column("points", sa.BigInteger, DataClass.INTERNAL, nullable=True),
    column("natural_key", Sealed, DataClass.PERSONAL),
    sqlite_with_rowid=False,
)

#: One value of a source record, sealed under the incarnation's key. NULL values have no row.
record_cell = sa.Table(
    "record_cell",
    MAIN,
    column("incarnation", ID, DataClass.INTERNAL, primary_key=True),
    column("attribute", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("slot", sa.Integer, DataClass.INTERNAL, primary_key=True),
    column("verified", sa.Boolean, DataClass.INTERNAL, nullable=True),
    column("cell", Sealed, DataClass.PERSONAL),
    sqlite_with_rowid=False,
)

#: By which identifiers live records are looked up. ``kind`` is the identifier's standard name; ``verified`` is NULL where the
#: source says nothing of it.
identifier = sa.Table(
    "identifier",
    MAIN,
    column("token", ID, DataClass.PSEUDONYM, primary_key=True),
    column("incarnation", ID, DataClass.INTERNAL, primary_key=True, index=True),
    column("kind", sa.Text, DataClass.INTERNAL),
    column("verified", sa.Boolean, DataClass.INTERNAL, nullable=True),
    sqlite_with_rowid=False,
)

#: What a record is matched by: its blocking keys, one after the other, and one sealed cell with its natural key and features.
match_record = sa.Table(
    "match_record",
    MAIN,
    column("incarnation", ID, DataClass.INTERNAL, primary_key=True),
    column("keys", Bytes, DataClass.PSEUDONYM),
    column("features", Sealed, DataClass.PERSONAL),
    sqlite_with_rowid=False,
)

#: Posting lists: which live records carry a blocking key. The fourth byte tells the key's kind; keys of one place lie together.
blocking_key = sa.Table(
    "blocking_key",
    MAIN,
    column("key", Bytes(8), DataClass.PSEUDONYM, primary_key=True),
    column("incarnation", ID, DataClass.INTERNAL, primary_key=True),
    sqlite_with_rowid=False,
)

#: The identifiers (by blocking key) that more live records carry than their limit allows: they count as missing.
generic_key = sa.Table(
    "generic_key",
    MAIN,
    column("key", Bytes(8), DataClass.PSEUDONYM, primary_key=True),
    sqlite_with_rowid=False,
)

#: Every pair of live records that share a blocking key, the smaller incarnation first. ``weight``: the evidence that they are one
#: person, in 1/1000 bit, negative if against, NULL where only a claim led to the pair, which then decides nothing;
#: ``suggestion``: the evidence with identifiers that nobody verified; ``is_household``: two people who probably live together.
pair = sa.Table(
    "pair",
    MAIN,
    column("a", ID, DataClass.INTERNAL, primary_key=True),
    column("b", ID, DataClass.INTERNAL, primary_key=True, index=True),
    column("weight", sa.Integer, DataClass.INTERNAL, nullable=True),
    column("suggestion", sa.Integer, DataClass.INTERNAL),
    column("is_household", sa.Boolean, DataClass.INTERNAL),
    sqlite_with_rowid=False,
)

#: Pairs that a steward may decide, and why nothing else could: see :mod:`identity.review`.
review_item = sa.Table(
    "review_item",
    MAIN,
    column("a", ID, DataClass.INTERNAL, primary_key=True),
    column("b", ID, DataClass.INTERNAL, primary_key=True, index=True),
    column("reason", sa.Text, DataClass.INTERNAL),
    column("weight", sa.Integer, DataClass.INTERNAL, index=True),
    sqlite_with_rowid=False,
)

#: Stewards' decisions that two rows are, or are not, one person: bound to natural keys (as row tokens), in force while both live.
#: ``decision`` is ``must_link`` or ``cannot_link``; the cell holds both natural keys and the reason.
steward_link = sa.Table(
    "steward_link",
    MAIN,
    column("id", ID, DataClass.INTERNAL, primary_key=True),
    column("low", ID, DataClass.PSEUDONYM, index=True),
    column("high", ID, DataClass.PSEUDONYM, index=True),
    column("decision", sa.Text, DataClass.INTERNAL),
    column("author", sa.Text, DataClass.INTERNAL),
    column("at", sa.BigInteger, DataClass.INTERNAL),
    column("cell", Sealed, DataClass.PERSONAL),
    sa.UniqueConstraint("low", "high", "decision"),
)

#: The id of an ended incarnation: it points to the record that inherits it, or to nobody.
ended_record = sa.Table(
    "ended_record",
    MAIN,
    column("id", ID, DataClass.INTERNAL, primary_key=True),
    column("heir", ID, DataClass.INTERNAL, nullable=True),
    column("state", sa.Text, DataClass.INTERNAL),
    column("ended_at", sa.BigInteger, DataClass.INTERNAL),
    sqlite_with_rowid=False,
)

#: What resolution derives from the other tables: all that computing it anew writes.
DERIVED = (source_record, identifier, match_record, blocking_key, generic_key, pair, review_item)
