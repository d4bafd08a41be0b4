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
    update,
    upsert,
)
from storage.config import ConfigDocument, TomlPath
from storage.engine import Database, WriteTransaction
from storage.errors import ConfigError, OnefoldError, PlaintextRefused, RevisionMismatch, StorageError
from storage.metadata import CELL_MAGIC, KEYS, MAIN, Bytes, DataClass, Sealed, column
from storage.outbox import OutboxEntry, OutboxReader, StoredEntry, outbox, prune, publish, waiting

__all__ = [
    "CELL_MAGIC",
    "KEYS",
    "MAIN",
    "Bell",
    "Bytes",
    "ConfigDocument",
    "ConfigError",
    "DataClass",
    "Database",
    "OnefoldError",
    "OutboxEntry",
    "OutboxReader",
    "PackedBytes",
    "PlaintextRefused",
    "RevisionMismatch",
    "Sealed",
    "StorageError",
    "StoredEntry",
    "TomlPath",
    "WriteTransaction",
    "add_up",
    "chunks",
    "column",
    "delete",
    "delete_in",
    "delete_in_either",
    "insert",
    "open_bell",
    "outbox",
    "prune",
    "publish",
    "select_in",
    "select_in_either",
    "update",
    "upsert",
    "waiting",
]
