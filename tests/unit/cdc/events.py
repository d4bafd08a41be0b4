"""Making change events for tests: rows of a shop on PostgreSQL, without a schema unless asked for."""

import json
from pathlib import Path
from typing import Any

from cdc.changes import Change, RawEvent
from cdc.mapping import Mapping
from cdc.mapping_file import read_mapping
from cdc.translate import Translator
from storage.config import ConfigDocument

SOURCE: dict[str, Any] = {
    "version": "3.6.3.Final",
    "connector": "postgresql",
    "name": "shop",
    "ts_ms": 1795314803405,
    "snapshot": "false",
    "db": "shop",
    "schema": "public",
    "txId": 774,
    "lsn": 50100760,
}


def dumps(value: Any) -> bytes | None:
    return None if value is None else json.dumps(value, ensure_ascii=False).encode()


def raw(topic: str, key: Any, value: Any, **headers: Any) -> RawEvent:
    """Make an event whose key, value and headers are given as JSON values."""
    return RawEvent(
        "test", 7, topic, dumps(key), dumps(value), {name: dumps(item) or b"" for name, item in headers.items()}
    )


def row_event(table: str, after: Any = None, **options: Any) -> RawEvent:
    """Make a change of one row; ``op``, ``key``, ``before``, ``source``, ``transaction`` and ``headers`` can be given."""
    op = options.get("op", "c")
    source = SOURCE | {"table": table} | options.get("source", {})
    value = {"before": options.get("before"), "after": after, "source": source, "op": op, "ts_ms": 1795314803483}
    if "transaction" in options:
        value["transaction"] = options["transaction"]
    return raw(f"shop.public.{table}", options.get("key"), value, **options.get("headers", {}))


def wrapped(payload: Any, fields: list[dict[str, Any]]) -> Any:
    """Wrap an envelope as the JsonConverter does with schemas on; ``fields`` are those of the row."""
    row = {"type": "struct", "fields": fields, "optional": True}
    schema = {"type": "struct", "fields": [row | {"field": "before"}, row | {"field": "after"}], "optional": False}
    return {"schema": schema, "payload": payload}


def mapping_from(text: str) -> Mapping:
    return read_mapping(ConfigDocument.parse(text, "onefold.toml"))


def mapping_at(path: Path) -> Mapping:
    return read_mapping(ConfigDocument.load(path))


def shop_mapping(tables: str) -> Mapping:
    """Read a mapping of one source named shop with the given tables (TOML, paths relative to the source)."""
    head = '[[source]]\nname = "shop"\ntopics = "shop.public.*"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\n'
    return mapping_from(head + tables.replace("[tables.", "[source.tables."))


def translate(mapping: Mapping, event: RawEvent) -> Change:
    return Translator(mapping).translate(event)
