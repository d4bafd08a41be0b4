"""The tables of this package: wrapped keys in the key store, erasure, consent and audit in the main database."""

import sqlalchemy as sa

from storage import KEYS, MAIN, Bytes, DataClass, column

BLOB16 = Bytes(16)
BLOB32 = Bytes(32)
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

#: Keys of the installation, each wrapped by the root key provider.
long_lived_key = sa.Table(
    "long_lived_key",
    KEYS,
    column("purpose", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("version", sa.Integer, DataClass.INTERNAL, primary_key=True, autoincrement=False),
    column("wrapped", Bytes, DataClass.SECRET),
    column("created_at", sa.BigInteger, DataClass.INTERNAL),
)

#: One data key for each incarnation. A destroyed one stays as a tombstone: wrapped and kcv NULL; dek_id and epoch are NULL
#: when the key was destroyed before it was ever made. kcv, the key check value, is the first 8 bytes of the commitment
#: that every cell of the key carries: it tells whether two key stores hold the same key without opening either.
incarnation_key = sa.Table(
    "incarnation_key",
    KEYS,
    column("incarnation", BLOB16, DataClass.INTERNAL, primary_key=True),
    column("dek_id", BLOB16, DataClass.INTERNAL, nullable=True),
    column("wrapped", Bytes, DataClass.SECRET, nullable=True),
    column("epoch", sa.Integer, DataClass.INTERNAL, nullable=True),
    column("state", sa.Text, DataClass.INTERNAL),
    column("kcv", Bytes(8), DataClass.INTERNAL, nullable=True),
    column("created_at", sa.BigInteger, DataClass.INTERNAL),
    sa.CheckConstraint("(state = 'active') = (wrapped IS NOT NULL)", name="wrapped_while_active"),
)

#: Incarnations whose data is gone from the main database and whose key must follow.
destroy_pending = sa.Table(
    "destroy_pending",
    MAIN,
    column("incarnation", BLOB16, DataClass.INTERNAL, primary_key=True),
    column("requested_at", sa.BigInteger, DataClass.INTERNAL),
)

#: What one source row (a person's, or a row of a consent table) says about one purpose of the person ``person_token``; effective_at in microseconds since 1970 UTC, NULL when the row does not say.
consent = sa.Table(
    "consent",
    MAIN,
    column("incarnation", BLOB16, DataClass.INTERNAL, primary_key=True),
    column("purpose", sa.Text, DataClass.INTERNAL, primary_key=True),
    column("person_token", BLOB16, DataClass.PSEUDONYM, nullable=True, index=True),
    column("state", sa.Text, DataClass.INTERNAL),
    column("effective_at", sa.BigInteger, DataClass.INTERNAL, nullable=True),
)

#: The audit chains; `fields` is a JSON list of field names, `at` microseconds since 1970 UTC.
audit_entry = sa.Table(
    "audit_entry",
    MAIN,
    column("seq", _SEQUENCE, DataClass.INTERNAL, primary_key=True, autoincrement=True),
    column("chain", sa.Text, DataClass.INTERNAL),
    column("number", sa.BigInteger, DataClass.INTERNAL),
    column("at", sa.BigInteger, DataClass.INTERNAL),
    column("actor", sa.Text, DataClass.INTERNAL),
    column("role", sa.Text, DataClass.INTERNAL),
    column("purpose", sa.Text, DataClass.INTERNAL),
    column("action", sa.Text, DataClass.INTERNAL),
    column("subject", sa.Text, DataClass.PSEUDONYM),
    column("fields", sa.Text, DataClass.INTERNAL),
    column("rows", sa.Integer, DataClass.INTERNAL),
    column("decision", sa.Text, DataClass.INTERNAL),
    column("request_id", sa.Text, DataClass.INTERNAL),
    column("previous", BLOB32, DataClass.INTERNAL),
    column("hash", BLOB32, DataClass.INTERNAL),
    sa.UniqueConstraint("chain", "number"),
    sqlite_autoincrement=True,
)
