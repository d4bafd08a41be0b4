"""The first schema of the main database.

Revision ID: main_0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

revision = "main_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_audit_entry_chain_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "blocking_key",
        sa.Column("key", sa.LargeBinary(length=8), nullable=False),
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("key", "incarnation", name=op.f("pk_blocking_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "consent",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("person_token", sa.LargeBinary(length=16), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("incarnation", "purpose", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_person_token"), "consent", ["person_token"], unique=False)
    op.create_table(
        "destroy_pending",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_destroy_pending")),
    )
    op.create_table(
        "ended_record",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("heir", sa.LargeBinary(length=16), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_record")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "engine_place",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_engine_place")),
    )
    op.create_table(
        "fact",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("row_token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("person_token", sa.LargeBinary(length=16), nullable=True),
        sa.Column("has_own_person", sa.Boolean(), nullable=False),
        sa.Column("parent_token", sa.LargeBinary(length=16), nullable=True),
        sa.Column("natural_key", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.BigInteger(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Text(), nullable=True),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.Column("rating", sa.BigInteger(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("store", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_fact")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_fact_parent_token"), "fact", ["parent_token"], unique=False)
    op.create_index("ix_fact_person", "fact", ["person_token", "kind", "occurred_at"], unique=False)
    is_order = sa.text("kind = 'order'")
    op.create_index(
        "ix_fact_order", "fact", ["row_token"], unique=False, sqlite_where=is_order, postgresql_where=is_order
    )
    op.create_table(
        "fact_cell",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("cell", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incarnation", "attribute", "slot", name=op.f("pk_fact_cell")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact_total",
        sa.Column("person_token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("facts", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person_token", "kind", "channel", "currency", name=op.f("pk_fact_total")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "generic_key",
        sa.Column("key", sa.LargeBinary(length=8), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_generic_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "identifier",
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("token", "incarnation", name=op.f("pk_identifier")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_identifier_incarnation"), "identifier", ["incarnation"], unique=False)
    op.create_table(
        "in_force",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_in_force")),
    )
    op.create_table(
        "ingest_pause",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("stream_offset", sa.BigInteger(), nullable=False),
        sa.Column("merges", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_ingest_pause")),
    )
    op.create_table(
        "lineage",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("other_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_lineage")),
    )
    op.create_index(op.f("ix_lineage_other_id"), "lineage", ["other_id"], unique=False)
    op.create_index(op.f("ix_lineage_profile_id"), "lineage", ["profile_id"], unique=False)
    op.create_table(
        "match_record",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_match_record")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pair",
        sa.Column("a", sa.LargeBinary(length=16), nullable=False),
        sa.Column("b", sa.LargeBinary(length=16), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("suggestion", sa.Integer(), nullable=False),
        sa.Column("is_household", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_pair")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_pair_b"), "pair", ["b"], unique=False)
    op.create_table(
        "parked_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("row_token", sa.LargeBinary(length=16), nullable=True),
        sa.Column("waits_for", sa.LargeBinary(length=16), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("stream_offset", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_event")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_parked_event_fingerprint")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_parked_event_row_token"), "parked_event", ["row_token"], unique=False)
    op.create_table(
        "profile",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("winners", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("receipts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("returns", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("visits", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reviews", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("points", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("spent_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_activity_at", sa.BigInteger(), nullable=True),
        sa.Column("last_activity_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_profile_last_activity_at"), "profile", ["last_activity_at"], unique=False)
    op.create_index(op.f("ix_profile_spent_minor"), "profile", ["spent_minor"], unique=False)
    op.create_table(
        "profile_trace",
        sa.Column("profile_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_profile_trace")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record_cell",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("cell", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incarnation", "attribute", "slot", name=op.f("pk_record_cell")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review_item",
        sa.Column("a", sa.LargeBinary(length=16), nullable=False),
        sa.Column("b", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_review_item")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_review_item_b"), "review_item", ["b"], unique=False)
    op.create_index(op.f("ix_review_item_weight"), "review_item", ["weight"], unique=False)
    op.create_table(
        "source_difference",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("row_token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "table_name", "number", name=op.f("pk_source_difference")),
    )
    op.create_index(op.f("ix_source_difference_found_at"), "source_difference", ["found_at"], unique=False)
    op.create_index(op.f("ix_source_difference_row_token"), "source_difference", ["row_token"], unique=False)
    op.create_table(
        "source_epoch",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("from_offset", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "stream", "from_offset", name=op.f("pk_source_epoch")),
    )
    op.create_table(
        "source_log",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("log", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_log")),
    )
    op.create_table(
        "source_parity",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("rows_there", sa.BigInteger(), nullable=False),
        sa.Column("rows_here", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("extra", sa.BigInteger(), nullable=False),
        sa.Column("different", sa.BigInteger(), nullable=False),
        sa.Column("parked", sa.BigInteger(), nullable=False),
        sa.Column("newer", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("digest_there", sa.Text(), nullable=False),
        sa.Column("digest_here", sa.Text(), nullable=False),
        sa.Column("unlisted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "table_name", name=op.f("pk_source_parity")),
    )
    op.create_table(
        "source_reached",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("position", sa.LargeBinary(length=64), nullable=False),
        sa.PrimaryKeyConstraint("source", "stream", name=op.f("pk_source_reached")),
    )
    op.create_table(
        "source_record",
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=False),
        sa.Column("row_token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("component", sa.LargeBinary(length=16), nullable=False),
        sa.Column("profile_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("store", sa.Text(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.Column("natural_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incarnation", name=op.f("pk_source_record")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_source_record_arrival"), "source_record", ["arrival"], unique=False)
    op.create_index(op.f("ix_source_record_component"), "source_record", ["component"], unique=False)
    op.create_index(op.f("ix_source_record_profile_id"), "source_record", ["profile_id"], unique=False)
    op.create_index(op.f("ix_source_record_row_token"), "source_record", ["row_token"], unique=False)
    op.create_table(
        "source_row",
        sa.Column("row_token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("is_person", sa.Boolean(), nullable=False),
        sa.Column("guard", sa.LargeBinary(length=64), nullable=False),
        sa.Column("incarnation", sa.LargeBinary(length=16), nullable=True),
        sa.Column("transit", sa.LargeBinary(length=16), nullable=True),
        sa.Column("moved_to", sa.LargeBinary(length=16), nullable=True),
        sa.Column("moved_guard", sa.LargeBinary(length=64), nullable=True),
        sa.Column("snapshot", sa.LargeBinary(length=64), nullable=True),
        sa.Column("mapping_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_token", name=op.f("pk_source_row")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_source_row_table", "source_row", ["table_id", "mapping_id"], unique=False)
    op.create_table(
        "source_table",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_table")),
        sa.UniqueConstraint("source", "name", name=op.f("uq_source_table_source_name")),
    )
    op.create_table(
        "steward_link",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("low", sa.LargeBinary(length=16), nullable=False),
        sa.Column("high", sa.LargeBinary(length=16), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("cell", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steward_link")),
        sa.UniqueConstraint("low", "high", "decision", name=op.f("uq_steward_link_low_high_decision")),
    )
    op.create_index(op.f("ix_steward_link_high"), "steward_link", ["high"], unique=False)
    op.create_index(op.f("ix_steward_link_low"), "steward_link", ["low"], unique=False)
    op.create_table(
        "stream_position",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("owner_epoch", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_stream_position")),
    )
    op.create_table(
        "table_floor",
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("guard", sa.LargeBinary(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_id", name=op.f("pk_table_floor")),
    )
    op.create_table(
        "table_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_mapping")),
        sa.UniqueConstraint("table_id", "fingerprint", name=op.f("uq_table_mapping_table_id_fingerprint")),
    )
    op.create_table(
        "table_snapshot",
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("guard", sa.LargeBinary(length=64), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("table_id", "guard", name=op.f("pk_table_snapshot")),
    )
