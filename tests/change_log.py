"""A small source database for properties: it writes a log of changes, and knows what is alive at the end."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cdc import RawEvent

Values = Mapping[str, object]

#: Tight limits, so that a handful of rows meets every rule.
MAPPING = """
[identity]
max_cluster_records = 4
[identity.identifiers.phone]
generic_above = 2
generic_above_records = 2
max_values = 2
[identity.identifiers.email]
generic_above = 3
generic_above_records = 3
max_values = 2
[identity.identifiers.wechat_unionid]
max_values = 1

[profiles.attributes]
city = "most_frequent"

[[source]]
name = "db"
topics = "db.*"
channel = "store"
currency = "CNY"
[source.tables.person]
kind = "person"
key = ["id"]
updated_at = "updated_at"
[source.tables.person.columns]
phone = { is = "phone" }
email = { is = "email" }
unionid = { is = "wechat_unionid" }
name = { is = "name" }
city = { is = "city" }
points = { is = "points" }
optin = { is = "consent", purpose = "marketing", values = { yes = "granted", no = "withdrawn" } }
[source.tables.receipt]
kind = "order"
key = ["id"]
[source.tables.receipt.columns]
person = { is = "person", table = "person" }
total = { is = "amount" }
note = { is = "body" }
at = { is = "occurred_at", unit = "us" }
[source.tables.refund]
kind = "return"
key = ["id"]
[source.tables.refund.columns]
receipt = { is = "order" }
total = { is = "amount" }
at = { is = "occurred_at", unit = "us" }
"""


@dataclass(slots=True)
class ChangeLog:
    """Rows by (table, key), and the events that made them so."""

    rows: dict[tuple[str, int], dict[str, object]] = field(default_factory=dict)
    events: list[RawEvent] = field(default_factory=list)

    def put(self, table: str, key: int, values: Values) -> None:
        """Insert or update a row; columns not given keep what they hold."""
        op = "u" if (table, key) in self.rows else "c"
        self.rows[table, key] = {**self.rows.get((table, key), {}), **values, "id": key}
        self._write(op, table, key, after=self.rows[table, key])

    def put_partly(self, table: str, key: int, values: Values, unknown: Sequence[str]) -> None:
        """Update a row in an event that does not say what ``unknown`` columns hold."""
        if (table, key) in self.rows:
            self.rows[table, key] |= values
            hidden = dict.fromkeys(unknown, "__debezium_unavailable_value")
            self._write("u", table, key, after={**self.rows[table, key], **hidden})

    def delete(self, table: str, key: int) -> None:
        """Delete a row, if it is there."""
        if self.rows.pop((table, key), None):
            self._write("d", table, key)

    def move(self, table: str, old: int, new: int) -> None:
        """Change a row's primary key, if the row is there and the new key is free."""
        if (table, old) in self.rows and (table, new) not in self.rows:
            self.rows[table, new] = {**self.rows.pop((table, old)), "id": new}
            self._write("d", table, old, headers={"__debezium.newkey": new})
            self._write(
                "c", table, new, after=self.rows[table, new], headers={"__debezium.oldkey": old}, at=self._position
            )

    def truncate(self, table: str) -> None:
        """Empty a table."""
        for name in [name for name in self.rows if name[0] == table]:
            del self.rows[name]
        self._write("t", table, None)

    def read(self, table: str, keys: Collection[int] | None = None, *, snapshot: str = "true") -> None:
        """Read a table's rows, or those with these keys, as a snapshot of a kind does: all at one position of the log."""
        place = self._position + 1
        for (name, key), row in self.rows.items():
            if name == table and (keys is None or key in keys):
                self._write("r", table, key, after=row, at=place, snapshot=snapshot)

    def scanned(self, table: str, rows: int) -> None:
        """Tell, as Debezium does, that the initial snapshot has read a table to its end."""
        data = {"connector_name": "db", "scanned_collection": f"main.{table}", "total_rows_scanned": str(rows)}
        done = {"aggregate_type": "Initial Snapshot", "type": "TABLE_SCAN_COMPLETED"}
        value = {**done, "additional_data": {**data, "status": "SUCCEEDED"}, "timestamp": self._position}
        self.events.append(RawEvent("", self._position, "notifications", None, json.dumps(value).encode(), {}))

    def snapshot(self) -> list[RawEvent]:
        """What a source that only ever held the live rows would send."""
        clean = ChangeLog()
        for (table, key), row in self.rows.items():
            clean.put(table, key, row)
        return clean.events

    def _write(  # noqa: PLR0913 - the parts of an event
        self,
        op: str,
        table: str,
        key: int | None,
        *,
        after: Values | None = None,
        headers: Mapping[str, int] | None = None,
        at: int | None = None,
        snapshot: str = "false",
    ) -> None:
        position = self._position + 1 if at is None else at
        source = {"connector": "onefold-sqlite", "name": "db", "db": "main", "table": table, "seq": position}
        before = {"id": key} if op == "d" else None
        envelope = {
            "before": before,
            "after": after,
            "source": {**source, "snapshot": snapshot},
            "op": op,
            "ts_ms": position,
        }
        given = {name: json.dumps({"id": value}).encode() for name, value in (headers or {}).items()}
        raw_key = None if key is None else json.dumps({"id": key}).encode()
        self.events.append(RawEvent("", position, f"db.{table}", raw_key, json.dumps(envelope).encode(), given))

    @property
    def _position(self) -> int:
        return self.events[-1].offset if self.events else 0
