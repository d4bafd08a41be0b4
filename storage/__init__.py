"""Storage: engines, metadata, bulk statements, migrations, outbox; knows no domain word."""

from storage.bulk import chunks, delete, delete_in, insert, select_in, update, upsert
from storage.config import ConfigDocument, TomlPath
from storage.engine import Database, WriteTransaction
from storage.errors import ConfigError, OnefoldError, PlaintextRefused, RevisionMismatch, StorageError
from storage.metadata import CELL_MAGIC, KEYS, MAIN, Bytes, DataClass, Sealed, column
from storage.outbox import OutboxEntry, outbox, publish

__all__ = [
    "CELL_MAGIC",
    "KEYS",
    "MAIN",
    "Bytes",
    "ConfigDocument",
    "ConfigError",
    "DataClass",
    "Database",
    "OnefoldError",
    "OutboxEntry",
    "PlaintextRefused",
    "RevisionMismatch",
    "Sealed",
    "StorageError",
    "TomlPath",
    "WriteTransaction",
    "chunks",
    "column",
    "delete",
    "delete_in",
    "insert",
    "outbox",
    "publish",
    "select_in",
    "update",
    "upsert",
]
