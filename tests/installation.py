"""An installation for tests: real databases, real keys, a mapping, and a way to feed it."""

import json
import os
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

import server
from cdc import Parked, RawEvent, Report, list_parked
from cdc.apply import Written
from cli.parts import Parts
from cli.settings import load_settings
from identity import source_record
from privacy import destroy_pending
from profiles import CanonicalExport, as_digests
from storage import MAIN

DATA = Path(__file__).parent / "data"


@dataclass(slots=True)
class Installation:
    """A running installation and the folder that holds all its files."""

    folder: Path
    parts: Parts

    def ingest(self, events: Iterable[RawEvent], *, stream: str = "test", batch: int = 500) -> Report:
        """Feed events from the start of ``stream``, in batches of ``batch``."""
        raws = [replace(raw, stream=stream, offset=number) for number, raw in enumerate(events, 1)]
        held = self.parts.pipeline.restart(self.parts.pipeline.claim(stream))
        return self.parts.pipeline.ingest(held, raws, batch_events=batch)[0]

    def shown(self) -> dict[str, bytes]:
        """The profile that shows each live person: by table and key, such as ``person 1``."""
        with self.parts.database.read() as connection:
            rows = connection.execute(sa.select(source_record.c.incarnation, source_record.c.profile_id)).all()
            naturals = self.parts.reader.natural_keys(connection, [row.incarnation for row in rows])
        return {" ".join(json.loads(naturals[row.incarnation])[1:]): row.profile_id for row in rows}

    def together(self) -> set[str]:
        """The keys of the persons of each profile, such as ``1 4``."""
        groups: dict[bytes, list[str]] = {}
        for name, profile_id in self.shown().items():
            groups.setdefault(profile_id, []).append(name.partition(" ")[2])
        return {" ".join(sorted(keys)) for keys in groups.values()}

    def parked(self) -> list[Parked]:
        """What is parked, the oldest first."""
        with self.parts.database.read() as connection:
            return list_parked(connection)

    def rows(self, table: sa.Table) -> list[sa.Row[Any]]:
        """All rows of a table of the main database, by its primary key."""
        with self.parts.database.read() as connection:
            return list(connection.execute(sa.select(table).order_by(*table.primary_key.columns)))

    def lines(self) -> list[str]:
        """The canonical state in clear, sorted."""
        with self.parts.database.read() as connection:
            return sorted(CanonicalExport(connection, self.parts.keys, self.parts.cipher).lines())

    def state(self) -> list[str]:
        """The canonical state as digests."""
        return as_digests(self.lines())

    def pending(self) -> int:
        """How many keys wait for their destruction."""
        with self.parts.database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(destroy_pending)).scalar_one()

    def wipe(self) -> None:
        """Empty the main database, so that one installation serves many examples."""
        with self.parts.database.write() as connection:
            for table in reversed(MAIN.sorted_tables):
                if table.name not in ("source_table", "table_mapping"):
                    connection.execute(sa.delete(table))


@contextmanager
def installation(folder: Path, mapping: str, *, database: str = "") -> Iterator[Installation]:
    """Make and open an installation with this ``onefold.toml``; closed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "onefold.toml").write_text(mapping, encoding="utf-8")
    environ = {**os.environ, **({"ONEFOLD_DATABASE": database} if database else {})}
    settings = load_settings(folder / "onefold.toml", environ)
    server.create(settings)
    made = Installation(folder, server.open_parts(settings))
    try:
        yield made
    finally:
        made.parts.close()


def captured(path: Path) -> list[RawEvent]:
    """The events of a file of captured events."""
    return [_raw(msgspec.json.decode(line)) for line in path.read_bytes().splitlines() if line]


def _raw(line: dict[str, object]) -> RawEvent:
    headers = line.get("headers") or {}
    assert isinstance(headers, dict)
    given = {name: _bytes(value) or b"" for name, value in headers.items()}
    return RawEvent("", 0, str(line["topic"]), _bytes(line["key"]), _bytes(line["value"]), given)


def _bytes(value: object) -> bytes | None:
    return None if value is None else str(value).encode()


def shuffled(events: Sequence[RawEvent], seed: int) -> list[RawEvent]:
    """Another interleaving that keeps the order of the events of each row."""
    chooser = random.Random(seed)
    queues: dict[tuple[str, bytes | None], list[RawEvent]] = {}
    for event in events:
        queues.setdefault((event.topic, event.key), []).append(event)
    waiting = list(queues.values())
    mixed = []
    while waiting:
        queue = chooser.choice(waiting)
        mixed.append(queue.pop(0))
        if not queue:
            waiting.remove(queue)
    return mixed


def settle_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a batch leaves for after its commit is done so late that the next one is prepared by then."""
    settle = Written.settle

    def late(written: Written) -> None:
        time.sleep(0.3)
        settle(written)

    monkeypatch.setattr(Written, "settle", late)
