"""Change events as Debezium would capture them from the shop (PostgreSQL) and from the tills (MariaDB)."""

import json
from collections.abc import Mapping

Row = Mapping[str, object]
Key = Mapping[str, object]
Captured = dict[str, object]

_TS_MS = 1_795_000_000_000


class ChangeLog:
    """The logs of both databases; every event stands behind the one before it."""

    def __init__(self, *, events: int = 0) -> None:
        """Start where a database that has been in use for some time stands, after so many ``events``."""
        self._log = 1_000_000 + 64 * events

    def shop(self, table: str, key: Key, row: Row | None, op: str) -> Captured:
        """A change in the shop; ``row`` is its new version, None for a delete."""
        self._log += 64
        source = {
            "version": "3.6.3.Final",
            "connector": "postgresql",
            "name": "shop",
            "ts_ms": _TS_MS,
            "snapshot": "false",
        }
        source |= {"db": "shop", "sequence": f'["{self._log}","{self._log}"]', "schema": "public", "table": table}
        source |= {"txId": self._log // 64, "lsn": self._log, "xmin": None}
        return _event(f"shop.public.{table}", key, row, op, source)

    def pos(self, table: str, key: Key, row: Row | None, op: str) -> Captured:
        """A change at the tills, as :meth:`shop`."""
        self._log += 64
        source = {"version": "3.6.3.Final", "connector": "mariadb", "name": "pos", "ts_ms": _TS_MS, "snapshot": "false"}
        source |= {"db": "pos", "sequence": None, "table": table, "server_id": 5401, "gtid": f"0-5401-{self._log}"}
        source |= {"file": "mariadb-bin.000003", "pos": self._log, "row": 0, "thread": None, "query": None}
        return _event(f"pos.pos.{table}", key, row, op, source)


def _event(topic: str, key: Key, row: Row | None, op: str, source: dict[str, object]) -> Captured:
    before = key if row is None else None
    envelope = {"before": before, "after": row, "source": source, "transaction": None, "op": op, "ts_ms": _TS_MS}
    return {"topic": topic, "key": json.dumps(key), "value": json.dumps(envelope, ensure_ascii=False)}
