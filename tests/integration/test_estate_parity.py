"""The truth audit against real PostgreSQL and MariaDB whose changes came through real Debezium: every type means the same.

Nothing in the mapping says how the columns of `things` are written, so what an event holds is kept as it stands there: the audit
must give the same text to the letter.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from cdc import RawEvent
from cdc.parity import (
    Address,
    Audit,
    MySqlSource,
    Patience,
    PostgresSource,
    Snapshot,
    SourceDatabase,
    TableParity,
)
from profiles import fact
from tests.estate.connect import ConnectWorker
from tests.estate.debezium import mariadb_connector, postgres_connector
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.installation import Installation, installation

Execute = Callable[[str], object]
#: Rows that are there before the connector, and as many that come later.
HALF = 6
TABLES = ("people", "things")
COMMON = """
[[source]]
name = "{name}"
topics = "{prefix}.*"
currency = "CNY"
[source.tables.people]
kind = "person"
key = ["id"]
updated_at = "changed"
[source.tables.people.columns]
email = {{ is = "email", verified_by = "checked" }}
born = {{ is = "birthday" }}
news = {{ is = "consent", purpose = "news" }}
points = {{ is = "points" }}
changed = {{ unit = "{unit}" }}
[source.tables.things]
kind = "event"
event = "thing"
key = ["id"]
[source.tables.things.columns]
"""
#: Types with values of each row; NULL comes of itself.
POSTGRES = {
    "small": ("smallint", ["-32768", "7"]),
    "large": ("bigint", ["9223372036854775807", "-1"]),
    "flag": ("boolean", ["true", "false"]),
    "money2": ("numeric(12,2)", ["-12.50", "1234567890.00"]),
    "exact": ("numeric", ["0.00000000012300", "1e20"]),
    "whole": ("numeric(20,0)", ["1234", "99999999999999999999"]),
    "single": ("real", ["0.1", "-1.17549435e-38"]),
    "double": ("double precision", ["0.1", "1e300"]),
    "code": ("char(5)", ["'ab'", "'漢字'"]),
    "words": ("varchar(40)", ["''", "'多 ''quoted'' 🎂'"]),
    "body": ("text", [r"E'line\nline'", "'x'"]),
    "day": ("date", ["'1960-02-29'", "'9999-12-31'"]),
    "local": ("timestamp", ["'1969-12-31 23:59:59.999999'", "'2026-01-31 01:02:03'"]),
    "local3": ("timestamp(3)", ["'1969-12-31 23:59:59.999'", "'2026-01-31 01:02:03.4'"]),
    "local0": ("timestamp(0)", ["'2026-01-31 01:02:03'", "'1800-01-01'"]),
    "zoned": ("timestamptz", ["'2026-01-31 01:02:03.123456+08'", "'1900-01-01 00:00:00+00'"]),
    "zoned3": ("timestamptz(3)", ["'2026-01-31 01:02:03.12+08'", "'2026-06-01 00:00:00Z'"]),
    "clock": ("time", ["'23:59:59.999999'", "'00:00'"]),
    "clock3": ("time(3)", ["'23:59:59.999'", "'12:00'"]),
    "clocktz": ("timetz", ["'23:59:59.5+08'", "'12:00Z'"]),
    "raw": ("bytea", [r"'\x00ff10'", "''"]),
    "ident": ("uuid", ["'6ca06496-aad7-47c0-ba53-c17641db898e'", "'00000000-0000-0000-0000-000000000000'"]),
    "loose": ("json", ["""'{"b": 1,  "a": [1.50, null]}'""", "'3'"]),
    "tight": ("jsonb", ["""'{"b": 1,  "a": [1.50, null]}'""", "'[]'"]),
    "mood": ("mood", ["'glad'", "'sad'"]),
    "host": ("inet", ["'10.0.0.1'", "'10.1.0.0/16'"]),
    "tags": ("text[]", ["'{}'", "ARRAY['图', NULL, 'x y']"]),
    "sizes": ("int[]", ["'{1,2}'", "'{NULL}'"]),
    "domained": ("cents", ["12", "-3"]),
}
MARIADB = {
    "flag": ("tinyint(1)", ["0", "1"]),
    "tiny": ("tinyint unsigned", ["255", "0"]),
    "medium": ("mediumint", ["-8388608", "5"]),
    "plain": ("int unsigned", ["4294967295", "1"]),
    "large": ("bigint", ["-9223372036854775808", "9"]),
    "money2": ("decimal(12,2)", ["-12.50", "1234567890.00"]),
    "whole": ("decimal(20,0)", ["1234", "-99999999999999999999"]),
    "fine": ("decimal(20,10)", ["0.0000000001", "1"]),
    "single": ("float", ["0.1", "123456.789"]),
    "double_": ("double", ["0.1", "-1e300"]),
    "code": ("char(5)", ["'ab '", "'漢字'"]),
    "words": ("varchar(40)", ["''", "'多 ''quoted'' 🎂 100%'"]),
    "body": ("mediumtext", [r"'line\nline'", "'x'"]),
    "day": ("date", ["'1960-02-29'", "'9999-12-31'"]),
    "local": ("datetime", ["'1969-12-31 23:59:59'", "'2026-01-31 01:02:03'"]),
    "local3": ("datetime(3)", ["'1969-12-31 23:59:59.999'", "'2026-01-31 01:02:03.4'"]),
    "local6": ("datetime(6)", ["'1800-01-01 00:00:00.000001'", "'2026-01-31 01:02:03.123456'"]),
    "zoned": ("timestamp NULL", ["'2026-01-31 01:02:03'", "'1970-01-02 00:00:00'"]),
    "zoned3": ("timestamp(3) NULL", ["'2026-01-31 01:02:03.12'", "'2026-01-31 01:02:03'"]),
    "zoned6": ("timestamp(6) NULL", ["'2026-01-31 01:02:03.123456'", "'2026-01-31 01:02:03'"]),
    "clock": ("time", ["'23:59:59'", "'-100:00:01'"]),
    "clock6": ("time(6)", ["'23:59:59.999999'", "'00:00:00'"]),
    "years": ("year", ["1999", "2155"]),
    "raw": ("varbinary(10)", ["x'00ff10'", "''"]),
    "fixed": ("binary(4)", ["x'00ff'", "x'01020304'"]),
    "lump": ("blob", ["x'00ff10'", "''"]),
    "bit1": ("bit(1)", ["b'1'", "b'0'"]),
    "bit10": ("bit(10)", ["b'1000000001'", "b'1'"]),
    "mood": ("enum('glad','sad')", ["'glad'", "'sad'"]),
    "kinds": ("set('a','b','c')", ["'a,c'", "''"]),
    "loose": ("json", ["""'{"b": 1,  "a": [1.50, null]}'""", "'[]'"]),
}
PERSON = "email VARCHAR(90), checked BOOLEAN, born DATE, news BOOLEAN, points INT"
PEOPLE = "INSERT INTO people VALUES ({0}, 'p{0}@example.com', {0} % 2 = 0, '1960-01-0{0}', {0} % 3 = 0, {0}, '2026-01-0{0} 01:02:03.5')"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of database: its statements, and what its types are."""

    name: str
    types: dict[str, tuple[str, list[str]]]
    before: tuple[str, ...]
    changed: str
    unit: str

    def tables(self) -> list[str]:
        columns = ", ".join(f"{name} {kind}" for name, (kind, _) in self.types.items())
        return [
            *self.before,
            f"CREATE TABLE people (id INT PRIMARY KEY, {PERSON}, changed {self.changed})",
            f"CREATE TABLE things (id INT PRIMARY KEY, {columns})",
        ]

    def rows(self, first: int) -> list[str]:
        """A row of each example and one of NULLs."""
        listed = [", ".join(values[at] for _, values in self.types.values()) for at in range(2)]
        nothing = ", ".join("NULL" for _ in self.types)
        things = [f"INSERT INTO things VALUES ({first + at}, {one})" for at, one in enumerate([*listed, nothing])]
        return [*things, *(PEOPLE.format(first + at) for at in range(3))]

    def mapping(self, prefix: str) -> str:
        traits = "\n".join(f'{name} = {{ is = "trait.{name}" }}' for name in self.types)
        return COMMON.format(name=self.name, prefix=prefix, unit=self.unit) + traits


SHOP = Kind(
    "shop",
    POSTGRES,
    ("CREATE TYPE mood AS ENUM ('glad', 'sad')", "CREATE DOMAIN cents AS numeric(10,2)"),
    "TIMESTAMP",
    "us",
)
TILL = Kind("till", MARIADB, (), "DATETIME(3)", "ms")


@dataclass
class Captured:
    """A source that was captured, and the installation that has read it."""

    one: Installation
    database: SourceDatabase
    execute: Execute
    read: Callable[[int], list[RawEvent]]

    def ingest(self, events: int) -> None:
        """Read the stream once more, up to so many events."""
        self.one.ingest(self.read(events))

    def compare(self, snapshot: Snapshot, table: str) -> TableParity:
        parts = self.one.parts
        source = parts.settings.mapping.sources[0]
        return Audit(parts.database, parts.sealer).table(snapshot, source, source.tables[table])

    def audit(self, *, is_settled: bool = False) -> dict[str, TableParity]:
        parts = self.one.parts
        source, audit = parts.settings.mapping.sources[0], Audit(parts.database, parts.sealer, shows_sealed_keys=True)
        with self.database.snapshot() as snapshot:
            patience = Patience(is_settled=is_settled)
            return {name: audit.table(snapshot, source, source.tables[name], patience=patience) for name in TABLES}


@pytest.fixture(params=["bare", "schemas"])
def schemas(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(
    logical_postgres: LogicalPostgres, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path, schemas: str
) -> Iterator[Captured]:
    server, prefix = logical_postgres, f"shop_{uuid4().hex}"
    with server.new_database() as database, server.server.connect(database) as connection:

        def execute(statement: str) -> None:
            connection.execute(statement.encode())

        address = Address(
            "postgresql",
            "127.0.0.1",
            server.server.port,
            database,
            server.user,
            server.password,
            "public",
            schemas == "schemas",
        )
        settings = postgres_connector(server, database, prefix=prefix)
        with captured(SHOP, execute, connect, settings, schemas=schemas):
            topics = [f"{prefix}.public.{table}" for table in TABLES]
            with ingested(SHOP, kafka, topics, tmp_path, PostgresSource("shop", address), execute) as found:
                yield found


@pytest.fixture
def till(
    mariadb: MariaDb, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path, schemas: str
) -> Iterator[Captured]:
    prefix = f"till_{uuid4().hex}"
    with mariadb.new_database() as database, mariadb.connect(database) as connection, connection.cursor() as cursor:
        address = Address(
            "mariadb",
            "127.0.0.1",
            mariadb.port,
            database,
            mariadb.user,
            mariadb.password,
            database,
            schemas == "schemas",
        )
        settings = mariadb_connector(mariadb, database, prefix=prefix, bootstrap=kafka.bootstrap)
        with captured(TILL, cursor.execute, connect, settings, schemas=schemas):
            topics = [f"{prefix}.{database}.{table}" for table in TABLES]
            with ingested(TILL, kafka, topics, tmp_path, MySqlSource("till", address), cursor.execute) as found:
                yield found


@contextmanager
def captured(
    kind: Kind, execute: Execute, connect: ConnectWorker, settings: dict[str, str], *, schemas: str
) -> Iterator[None]:
    """Half of the rows are there before the connector, half come later."""
    for statement in (*kind.tables(), *kind.rows(1)):
        execute(statement)
    converter = {"value.converter": "org.apache.kafka.connect.json.JsonConverter"}
    converter["value.converter.schemas.enable"] = str(schemas == "schemas").lower()
    connect.put(settings["topic.prefix"], settings | converter)
    try:
        connect.wait_until_running(settings["topic.prefix"])
        yield
    finally:
        connect.delete(settings["topic.prefix"])


@contextmanager
def ingested(  # noqa: PLR0913, PLR0917 - what the two fixtures have
    kind: Kind, kafka: KafkaBroker, topics: Sequence[str], folder: Path, made: SourceDatabase, execute: Execute
) -> Iterator[Captured]:
    def read(events: int) -> list[RawEvent]:
        records = kafka.read(topics, lambda records: len(records) >= events)
        return [RawEvent("", 0, record.topic, bytes_of(record.key), bytes_of(record.value), {}) for record in records]

    read(HALF)  # the snapshot is over: now comes what is streamed
    for statement in kind.rows(4):
        execute(statement)
    events = read(2 * HALF)
    with installation(folder, kind.mapping(topics[0].partition(".")[0])) as one:
        report = one.ingest(events)
        assert (report.applied, one.parked()) == (2 * HALF, [])
        yield Captured(one, made, execute, read)


def bytes_of(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


@pytest.fixture(params=["shop", "till"])
def captured_source(request: pytest.FixtureRequest, estate: object, schemas: str) -> Captured:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Captured)
    return found


def test_every_type_means_what_debezium_says_and_differences_are_named(captured_source: Captured) -> None:
    found = captured_source.audit(is_settled=True)
    assert {(row.key, row.columns, row.code) for one in found.values() for row in one.rows} == set()
    assert {name: (one.state, one.rows_there, one.rows_here) for name, one in found.items()} == {
        "people": ("equal", 6, 6),
        "things": ("equal", 6, 6),
    }

    captured_source.execute("UPDATE people SET email = 'geheim@example.com', born = '1999-09-09' WHERE id = 2")
    captured_source.execute("DELETE FROM people WHERE id = 3")
    captured_source.execute("INSERT INTO people (id) VALUES (70)")
    behind = captured_source.audit()["people"]
    assert (behind.state, behind.pending, behind.rows) == ("behind", 3, ()), "Onefold has not been told of it yet"
    settled = captured_source.audit(is_settled=True)["people"]
    assert sorted((row.kind, row.key, row.columns) for row in settled.rows) == [
        ("different", ("2",), ("born", "email")),
        ("extra", ("3",), ()),
        ("missing", ("70",), ()),
    ]
    kept = {row.row_token.hex(): (row.kind, row.natural_key, row.sealed_key is not None) for row in settled.kept}
    assert kept == {row.row: (row.kind, None, True) for row in settled.rows}, "kept for the API, keys sealed"
    assert "geheim" not in repr(settled)


def test_what_is_read_behind_a_snapshot_is_newer_and_proves_that_all_before_was_read(captured_source: Captured) -> None:
    with captured_source.database.snapshot() as snapshot:
        captured_source.execute("UPDATE people SET points = 77 WHERE id = 1")
        captured_source.execute("DELETE FROM people WHERE id = 2")
        assert captured_source.compare(snapshot, "people").state == "equal", "the snapshot is of the time before"
        captured_source.ingest(2 * HALF + 3)  # a tombstone comes, too
        found = captured_source.compare(snapshot, "people")
        assert (found.state, found.newer, found.rows_there, found.rows_here) == ("equal", 2, 4, 4)
        with captured_source.one.parts.database.write() as connection:
            connection.execute(sa.update(fact).where(fact.c.natural_key == '["5"]').values(name="other"))
        things = captured_source.compare(snapshot, "things")
        assert (things.state, [row.key for row in things.rows]) == ("different", [("5",)])
    assert captured_source.audit()["things"].state == "behind", "of the time behind the last change nothing is known"
