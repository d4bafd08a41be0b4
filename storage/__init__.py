"""Storage: engines, metadata, bulk statements, migrations, outbox; knows no domain word."""

from storage.bells import Bell, open_bell
from storage.bulk import chunks, delete, delete_in, insert, select_in, update, upsert
from storage.config import ConfigDocument, TomlPath
from storage.engine import Database, WriteTransaction
from storage.errors import ConfigError, OnefoldError, PlaintextRefused, RevisionMismatch, StorageError
from storage.metadata import CELL_MAGIC, KEYS, MAIN, Bytes, DataClass, Sealed, column
from storage.outbox import OutboxEntry, OutboxReader, StoredEntry, outbox, prune, publish, waiting, waiting_since
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
    "DataClass",
    "Database",
    "OnefoldError",
    "OutboxEntry",
    "OutboxReader",
    "PlaintextRefused",
    "RevisionMismatch",
    "Sealed",
    "StorageError",
    "StoredEntry",
    "TomlPath",
    "Tracer",
    "Work",
    "WriteTransaction",
    "begin",
    "chunks",
    "column",
    "delete",
    "delete_in",
    "insert",
    "is_tracing",
    "link",
    "open_bell",
    "open_tracer",
    "outbox",
    "prune",
    "publish",
    "select_in",
    "span",
    "trace_context",
    "trace_with",
    "update",
    "upsert",
    "waiting",
    "waiting_since",
]
