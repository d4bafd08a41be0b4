"""What triggers in a source database record, and what the transport makes of it."""

import base64
import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.changes import RawEvent
from cdc.sqlite_capture import CaptureBusyError, CaptureError, SqliteCapture, install

CUSTOMERS = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, total TEXT)"
Envelope = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a till.db"


@pytest.fixture
def source(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(CUSTOMERS)
        yield connection


@pytest.fixture
def captured(source: sqlite3.Connection) -> sqlite3.Connection:
    install(source, ["customers"], source="pos")
    return source


@pytest.fixture
def read(path: Path) -> Callable[[], list[RawEvent]]:
    return lambda: SqliteCapture(path, "pos").events(0, 1000)


def envelope(event: RawEvent) -> Envelope:
    assert event.value is not None
    loaded: Envelope = json.loads(event.value)
    return loaded


def ops(events: list[RawEvent]) -> list[str]:
    return [envelope(event)["op"] for event in events]


def replayed(events: list[RawEvent]) -> dict[str, dict[bytes | None, Any]]:
    """Build the tables as somebody would who knows nothing but the events."""
    tables: dict[str, dict[bytes | None, Any]] = {}
    for event in events:
        rows = tables.setdefault(event.topic.removeprefix("pos."), {})
        after = envelope(event)["after"]
        if after is None:
            del rows[event.key]
        else:
            rows[event.key] = after
    return tables


def test_insert_update_and_delete_become_debezium_envelopes(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("INSERT INTO customers VALUES (7, '陈小美', NULL, '168.00')")
    captured.execute("UPDATE customers SET phone = '138 0013 8000' WHERE id = 7")
    captured.execute("DELETE FROM customers")

    create, update, delete = read()

    row = {"id": 7, "name": "陈小美", "phone": None, "total": "168.00"}
    corrected = {**row, "phone": "138 0013 8000"}
    assert [(e.stream, e.offset, e.topic, e.key, e.headers) for e in (create, update, delete)] == [
        ("sqlite:pos", number, "pos.customers", b'{"id":7}', {}) for number in (1, 2, 3)
    ]
    assert [(envelope(e)["op"], envelope(e)["before"], envelope(e)["after"]) for e in (create, update, delete)] == [
        ("c", None, row),
        ("u", row, corrected),
        ("d", corrected, None),
    ]


def test_envelope_names_its_source_and_place(captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]) -> None:
    now_ms = captured.execute("SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000").fetchone()[0]
    captured.execute("INSERT INTO customers (id) VALUES (1)")

    event = envelope(read()[0])

    at_ms = event["ts_ms"]
    assert now_ms <= at_ms < now_ms + 60_000
    assert event["source"] == {
        "connector": "onefold-sqlite",
        "name": "pos",
        "db": "main",
        "table": "customers",
        "seq": 1,
        "snapshot": "false",
        "ts_ms": at_ms,
    }


def test_existing_rows_become_snapshot_reads_once(
    source: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    source.execute("INSERT INTO customers VALUES (2, 'Zoë', NULL, '0.10'), (1, 'Ann', '+1 212', NULL)")

    for _ in range(3):
        install(source, ["customers"], source="pos")

    events = read()
    assert [(e.key, envelope(e)["op"], envelope(e)["source"]["snapshot"]) for e in events] == [
        (b'{"id":1}', "r", "true"),
        (b'{"id":2}', "r", "true"),
    ]
    assert envelope(events[1])["after"] == {"id": 2, "name": "Zoë", "phone": None, "total": "0.10"}


def test_primary_key_change_is_delete_and_create_linked_by_headers(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("INSERT INTO customers (id, name) VALUES (1, 'Ann')")
    captured.execute("UPDATE customers SET id = 9, name = 'Anne' WHERE id = 1")

    _, left, arrived = read()

    assert (left.key, left.headers) == (b'{"id":1}', {"__debezium.newkey": b'{"id":9}'})
    assert (arrived.key, arrived.headers) == (b'{"id":9}', {"__debezium.oldkey": b'{"id":1}'})
    assert (envelope(left)["op"], envelope(left)["before"]["name"], envelope(left)["after"]) == ("d", "Ann", None)
    assert (envelope(arrived)["op"], envelope(arrived)["before"], envelope(arrived)["after"]["name"]) == (
        "c",
        None,
        "Anne",
    )


def test_key_that_changes_only_its_case_is_a_key_change(
    source: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    source.execute("CREATE TABLE members (no TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID")
    install(source, ["members"], source="pos")
    source.execute("INSERT INTO members VALUES ('m1')")
    source.execute("UPDATE members SET no = 'M1'")

    assert [event.key for event in read()] == [b'{"no":"m1"}', b'{"no":"m1"}', b'{"no":"M1"}']


def test_composite_key_has_its_columns_in_key_order(
    source: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    source.execute("CREATE TABLE lines (line INTEGER, note TEXT, receipt TEXT, PRIMARY KEY (receipt, line))")
    install(source, ["lines"], source="pos")
    source.execute("INSERT INTO lines VALUES (3, 'x', 'R1')")

    assert read()[0].key == b'{"receipt":"R1","line":3}'


def test_values_arrive_as_the_columns_held_them(path: Path, source: sqlite3.Connection) -> None:
    values = [2**63 - 1, -(2**63), "0012.50", 'quote " \\ \u2028 \x01 𠮷', "", None, 1 / 3, 1e300, "a\0b", "{}", "null"]
    columns = ", ".join(f"c{place}" for place in range(len(values)))
    source.execute(f"CREATE TABLE kinds (id INTEGER PRIMARY KEY, {columns})")
    install(source, ["kinds"], source="pos")
    source.execute(f"INSERT INTO kinds VALUES (1{', ?' * len(values)})", values)

    after = envelope(SqliteCapture(path, "pos").events(0, 1)[0])["after"]

    assert [after[f"c{place}"] for place in range(len(values))] == values


def test_blob_arrives_as_base64_and_infinity_as_text(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("INSERT INTO customers VALUES (1, ?, ?, NULL)", (b"\x00\xff\x10", b""))
    captured.execute("CREATE TABLE gauges (id INTEGER PRIMARY KEY, level)")
    install(captured, ["customers", "gauges"], source="pos")
    captured.execute("INSERT INTO gauges VALUES (1, ?)", (-math.inf,))

    person, gauge = read()

    assert envelope(person)["after"]["name"] == base64.b64encode(b"\x00\xff\x10").decode()
    assert envelope(person)["after"]["phone"] == ""
    assert envelope(gauge)["after"]["level"] == "-Inf"


def test_text_written_by_a_json_function_stays_text(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("""INSERT INTO customers (id, name) VALUES (1, json('{"hex":"00"}'))""")

    assert envelope(read()[0])["after"]["name"] == '{"hex":"00"}'


def test_text_that_is_no_utf8_passes_through_and_the_others_go_on(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("INSERT INTO customers (id, name) VALUES (1, CAST(x'41ff42' AS TEXT)), (2, 'fine')")

    broken, fine = read()

    assert broken.value is not None
    assert b'"name":"A\xffB"' in broken.value
    assert envelope(fine)["after"]["name"] == "fine"


def test_odd_names_of_tables_and_columns_are_captured(path: Path, source: sqlite3.Connection) -> None:
    source.execute('CREATE TABLE "O\'Brien ""x" ("it\'s ""id" INTEGER PRIMARY KEY, "姓名" TEXT, "select" TEXT)')
    install(source, ["o'brien \"X"], source="pos")
    source.execute("INSERT INTO \"O'Brien \"\"x\" VALUES (1, '陈', 's')")

    event = SqliteCapture(path, "pos").events(0, 1)[0]

    assert event.topic == "pos.O'Brien \"x"
    assert envelope(event)["after"] == {"it's \"id": 1, "姓名": "陈", "select": "s"}


def test_table_with_hundreds_of_columns_is_captured(source: sqlite3.Connection, path: Path) -> None:
    columns = ", ".join(f"c{place} TEXT" for place in range(300))
    source.execute(f"CREATE TABLE wide (id INTEGER PRIMARY KEY, {columns})")
    install(source, ["wide"], source="pos")
    source.execute("INSERT INTO wide (id, c299) VALUES (1, 'last')")

    after = envelope(SqliteCapture(path, "pos").events(0, 1)[0])["after"]

    assert (len(after), after["c299"]) == (301, "last")


def test_column_added_later_is_captured_after_install_and_its_values_are_told(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("INSERT INTO customers (id, name) VALUES (1, 'Ann')")
    captured.execute("ALTER TABLE customers ADD COLUMN city TEXT DEFAULT '上海'")
    install(captured, ["customers"], source="pos")
    captured.execute("UPDATE customers SET city = '北京'")

    before, told, after = read()

    assert "city" not in envelope(before)["after"]
    assert (envelope(told)["op"], envelope(told)["after"]["city"]) == ("r", "上海")
    assert envelope(after)["after"]["city"] == "北京"


def test_renamed_column_is_told_under_its_new_name(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("ALTER TABLE customers RENAME COLUMN phone TO mobile")
    install(captured, ["customers"], source="pos")
    captured.execute("INSERT INTO customers (id, mobile) VALUES (1, '138')")

    assert envelope(read()[0])["after"] == {"id": 1, "name": None, "mobile": "138", "total": None}


def test_table_made_anew_is_captured_again(captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]) -> None:
    captured.execute("DROP TABLE customers")
    captured.execute(CUSTOMERS)
    install(captured, ["customers"], source="pos")
    captured.execute("INSERT INTO customers (id) VALUES (1)")

    assert ops(read()) == ["c"]


def test_cascades_and_deletes_without_a_condition_are_captured_row_by_row(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("PRAGMA foreign_keys = ON")
    captured.execute(
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers ON DELETE CASCADE)"
    )
    install(captured, ["customers", "visits"], source="pos")
    captured.execute("INSERT INTO customers (id) VALUES (1), (2)")
    captured.execute("INSERT INTO visits VALUES (1, 1), (2, 2)")
    captured.execute("DELETE FROM customers")

    assert replayed(read()) == {"customers": {}, "visits": {}}


def test_rolled_back_work_leaves_no_event(captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]) -> None:
    captured.execute("BEGIN")
    captured.execute("INSERT INTO customers (id) VALUES (1)")
    captured.execute("ROLLBACK")

    assert read() == []


def test_table_no_longer_named_is_released_and_can_lose_columns(
    captured: sqlite3.Connection, read: Callable[[], list[RawEvent]]
) -> None:
    captured.execute("INSERT INTO customers (id) VALUES (1)")
    install(captured, [], source="pos")
    captured.execute("ALTER TABLE customers DROP COLUMN total")
    captured.execute("INSERT INTO customers (id) VALUES (2)")

    assert ops(read()) == ["c"]


def test_events_are_read_in_pages_behind_a_position(captured: sqlite3.Connection, path: Path) -> None:
    captured.executemany("INSERT INTO customers (id) VALUES (?)", [(number,) for number in range(1, 8)])
    capture = SqliteCapture(path, "pos")

    assert [event.offset for event in capture.events(0, 3)] == [1, 2, 3]
    assert [event.offset for event in capture.events(3, 3)] == [4, 5, 6]
    assert [event.offset for event in capture.events(7, 3)] == []


def test_pruned_events_are_gone_and_their_numbers_never_come_back(captured: sqlite3.Connection, path: Path) -> None:
    capture = SqliteCapture(path, "pos")
    captured.execute("INSERT INTO customers (id) VALUES (1), (2), (3)")

    assert capture.prune(2) == 2
    assert [event.offset for event in capture.events(0, 9)] == [3]
    assert capture.prune(3) == 1
    captured.execute("INSERT INTO customers (id) VALUES (4)")
    assert [event.offset for event in capture.events(3, 9)] == [4]


def test_reading_goes_on_while_the_writer_holds_a_transaction(captured: sqlite3.Connection, path: Path) -> None:
    capture = SqliteCapture(path, "pos")
    captured.execute("INSERT INTO customers (id) VALUES (1)")
    captured.execute("BEGIN IMMEDIATE")
    captured.execute("INSERT INTO customers (id) VALUES (2)")

    assert [event.offset for event in capture.events(0, 9)] == [1]
    captured.execute("COMMIT")
    assert [event.offset for event in capture.events(0, 9)] == [1, 2]


def test_reading_works_when_the_writer_has_gone(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(CUSTOMERS)
        connection.execute("INSERT INTO customers (id) VALUES (1)")
        install(connection, ["customers"], source="pos")

    assert ops(SqliteCapture(path, "pos").events(0, 9)) == ["r"]


def test_reading_cannot_write_to_the_source(captured: sqlite3.Connection, path: Path) -> None:
    with (
        SqliteCapture(path, "pos")._open(mode="ro") as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM customers")


def test_a_locked_database_is_worth_another_try(
    captured: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdc.sqlite_capture._BUSY_TIMEOUT_SECONDS", 0.01)
    captured.execute("BEGIN IMMEDIATE")

    with pytest.raises(CaptureBusyError) as raised:
        SqliteCapture(path, "pos").prune(1)
    assert raised.value.retriable


def test_a_missing_database_is_worth_another_try_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(CaptureBusyError):
        SqliteCapture(tmp_path / "none.db", "pos").events(0, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_an_error_for_good(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("customer list " * 100)
    with pytest.raises(CaptureError, match="not an SQLite database") as raised:
        SqliteCapture(tmp_path / "notes.db", "pos").events(0, 1)
    assert not raised.value.retriable


def test_reading_before_install_says_what_to_do(source: sqlite3.Connection, path: Path) -> None:
    with pytest.raises(CaptureError, match="install it first"):
        SqliteCapture(path, "pos").events(0, 1)


def test_a_source_keeps_its_name(captured: sqlite3.Connection, path: Path) -> None:
    with pytest.raises(CaptureError, match="captured as source 'pos', not 'shop'"):
        SqliteCapture(path, "shop").events(0, 1)
    with pytest.raises(CaptureError, match="captured as source 'pos', not 'shop'"):
        install(captured, ["customers"], source="shop")


def test_a_database_older_than_what_was_read_is_noticed(captured: sqlite3.Connection, path: Path) -> None:
    captured.execute("INSERT INTO customers (id) VALUES (1)")

    with pytest.raises(CaptureError, match="ends at change 1, but 2 was read before"):
        SqliteCapture(path, "pos").events(2, 1)


@pytest.mark.parametrize("table", ["nowhere", "onefold_change", "sqlite_sequence", "a_view"])
def test_only_ordinary_tables_of_the_source_are_captured(captured: sqlite3.Connection, table: str) -> None:
    captured.execute("CREATE VIEW a_view AS SELECT 1 AS id")
    with pytest.raises(CaptureError, match=f"table '{table}' is not a table"):
        install(captured, [table], source="pos")


def test_a_refused_install_changes_nothing(source: sqlite3.Connection) -> None:
    source.execute("CREATE TABLE keyless (name TEXT)")
    before = source.execute("SELECT name FROM sqlite_schema").fetchall()

    with pytest.raises(CaptureError, match="'keyless' has no primary key"):
        install(source, ["customers", "keyless"], source="pos")

    assert source.execute("SELECT name FROM sqlite_schema").fetchall() == before


def test_install_inside_a_transaction_is_refused(source: sqlite3.Connection) -> None:
    source.execute("BEGIN")
    with pytest.raises(CaptureError, match="commit it first"):
        install(source, ["customers"], source="pos")


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["168.00", "{}", "[1]", "1e5"]),
)
KEYS = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("INSERT OR REPLACE INTO things VALUES (?, ?, ?)"), KEYS, VALUES, VALUES),
        st.tuples(st.just("UPDATE things SET a = ?2, b = ?3 WHERE id = ?1"), KEYS, VALUES, VALUES),
        st.tuples(st.just("UPDATE OR REPLACE things SET id = ?2, a = ?3 WHERE id = ?1"), KEYS, KEYS, VALUES),
        st.tuples(st.just("DELETE FROM things WHERE id = ?1 OR a = ?2 OR b = ?3"), KEYS, VALUES, VALUES),
    ),
    max_size=20,
)


@given(before=STEPS, after=STEPS)
def test_replaying_the_events_gives_the_tables_contents(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]
) -> None:
    path = tmp_path_factory.mktemp("property") / "pos.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, a, b)")
        for statement, *values in before:
            connection.execute(statement, values)
        install(connection, ["things"], source="pos")
        for statement, *values in after:
            connection.execute(statement, values)
        rows = connection.execute("SELECT id, a, b FROM things").fetchall()

    state = replayed(SqliteCapture(path, "pos").events(0, 1000)).get("things", {})

    assert sorted(state.values(), key=lambda row: row["id"]) == [{"id": i, "a": a, "b": b} for i, a, b in sorted(rows)]
