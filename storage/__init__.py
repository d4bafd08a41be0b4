"""Storage: engines, metadata, bulk statements, migrations, outbox; knows no domain word."""

from storage.arrays import PackedBytes
from storage.bells import Bell, open_bell
from storage.bulk import (
    add_up,
    chunks,
    delete,
    delete_in,
    delete_in_either,
    insert,
    select_in,
    select_in_either,
    select_in_same,
    select_in_with,
    update,
    update_from,
    upsert,
)
from storage.config import ConfigDocument, TomlPath
from storage.config_mistakes import ConfigMistakes
from storage.driver_errors import database_of, sqlite_code
from storage.engine import Database, WriteTransaction
from storage.equal import count_made_equal, make_equal
from storage.errors import ConfigError, ConfigErrors, OnefoldError, PlaintextRefused, RevisionMismatch, StorageError
from storage.metadata import CELL_MAGIC, KEYS, MAIN, Bytes, DataClass, Sealed, column
from storage.outbox import OutboxEntry, OutboxReader, StoredEntry, outbox, prune, publish, waiting, waiting_since
from storage.rehearsal import Rehearsal
from storage.tracing import (
    NO_WORK,
    TRACEPARENT,
    Attribute,
    Tracer,
    Work,
    begin,
    is_tracing,
    link,
    open_tracer,
    span,
    trace_context,
    trace_with,
)

__all__ = [
    "CELL_MAGIC",
    "KEYS",
    "MAIN",
    "NO_WORK",
    "TRACEPARENT",
    "Attribute",
    "Bell",
    "Bytes",
    "ConfigDocument",
    "ConfigError",
    "ConfigErrors",
    "ConfigMistakes",
    "DataClass",
    "Database",
    "OnefoldError",
    "OutboxEntry",
    "OutboxReader",
    "PackedBytes",
    "PlaintextRefused",
    "Rehearsal",
    "RevisionMismatch",
    "Sealed",
    "StorageError",
    "StoredEntry",
    "TomlPath",
    "Tracer",
    "Work",
    "WriteTransaction",
    "add_up",
    "begin",
    "chunks",
    "column",
    "count_made_equal",
    "database_of",
    "delete",
    "delete_in",
    "delete_in_either",
    "insert",
    "is_tracing",
    "link",
    "make_equal",
    "open_bell",
    "open_tracer",
    "outbox",
    "prune",
    "publish",
    "select_in",
    "select_in_either",
    "select_in_same",
    "select_in_with",
    "span",
    "sqlite_code",
    "trace_context",
    "trace_with",
    "update",
    "update_from",
    "upsert",
    "waiting",
    "waiting_since",
]
