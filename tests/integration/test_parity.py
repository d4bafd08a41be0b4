"""The truth audit on real rows: a captured SQLite database as the source, both kinds of main database behind Onefold."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from cdc import Audit, Patience, RawEvent, SqliteCapture, SqliteSource, TableParity, install
from cdc.tables import ingest_pause, source_reached, source_row, stream_position
from identity import record_cell, source_record
from profiles import fact
from storage import delete_in
from tests.integration.till import CUSTOMERS, SECRET, TABLES, Till, open_till


@pytest.fixture
def till(tmp_path: Path, database_url: str) -> Iterator[Till]:
    with open_till(tmp_path, database=database_url) as till:
        yield till


def states(found: dict[str, TableParity]) -> dict[str, str]:
    return {name: one.state for name, one in found.items()}


def kinds(found: TableParity) -> list[tuple[str, tuple[str, ...] | None]]:
    return sorted((row.kind, row.key) for row in found.rows)


ALL_EQUAL = dict.fromkeys(TABLES, "equal")


def test_what_was_ingested_is_equal(till: Till) -> None:
    found = till.audit()
    assert states(found) == ALL_EQUAL
    for one in found.values():
        assert (one.rows_there, one.rows_here) == (CUSTOMERS, CUSTOMERS)
        assert one.digest_there == one.digest_here != "0" * 32
        assert one.rows == ()
        assert one.position.startswith("change ")


def test_the_order_of_changes_plays_no_part(till: Till) -> None:
    till.run("UPDATE customers SET full_name = 'X' WHERE id < 30", "DELETE FROM orders WHERE id = 'A-7'")
    till.run("INSERT INTO orders VALUES ('A-7', 3, 1, NULL, 'wieder da')", "UPDATE customers SET id = 500 WHERE id = 9")
    till.ingest()
    found = till.audit()
    assert states(found) == ALL_EQUAL
    assert found["customers"].rows_here == CUSTOMERS


def test_a_row_that_nobody_told_of_is_missing_and_named(till: Till) -> None:
    till.run_unheard("INSERT INTO customers (id, email) VALUES (900, 'new@example.com')")
    till.run_unheard("INSERT INTO orders VALUES ('A-900', 1, 5, NULL, NULL)")
    found = till.audit()
    assert states(found) == {"customers": "different", "orders": "different", "opt_ins": "equal"}
    assert kinds(found["customers"]) == [("missing", ("900",))]
    assert kinds(found["orders"]) == [("missing", ("A-900",))]
    assert (found["orders"].missing, found["orders"].extra, found["orders"].different) == (1, 0, 0)


def test_a_row_that_was_deleted_while_nobody_listened_is_extra_and_named(till: Till) -> None:
    till.run_unheard(*(f"DELETE FROM {table} WHERE rowid = 8" for table in TABLES))
    found = till.audit()
    assert states(found) == dict.fromkeys(TABLES, "different")
    assert kinds(found["customers"]) == [("extra", ("8",))]
    assert kinds(found["orders"]) == [("extra", ("A-7",))]
    assert kinds(found["opt_ins"]) == [("extra", None)], "no key of a consent is stored"
    assert (found["customers"].rows_there, found["customers"].rows_here) == (CUSTOMERS - 1, CUSTOMERS)


def test_a_changed_column_is_named_and_no_other(till: Till) -> None:
    till.run_unheard(
        f"UPDATE customers SET email = '{SECRET}' WHERE id = 3",
        "UPDATE customers SET email_checked = 1 - email_checked, marketing = 1 - marketing WHERE id = 4",
        "UPDATE customers SET marketing_at = '2026-09-09', changed = NULL WHERE id = 5",
        "UPDATE orders SET total = 1, customer = 2 WHERE id = 'A-6'",
        "UPDATE orders SET remark = 'x', placed = NULL WHERE id = 'A-7'",
        "UPDATE opt_ins SET answer = 'withdrawn' WHERE id = 9",
    )
    found = till.audit()
    assert {row.key: row.columns for row in found["customers"].rows} == {
        ("3",): ("email",),
        ("4",): ("email_checked", "marketing"),
        ("5",): ("changed", "marketing"),
    }
    assert {row.key: row.columns for row in found["orders"].rows} == {
        ("A-6",): ("customer", "total"),
        ("A-7",): ("placed", "remark"),
    }
    assert [(row.kind, row.key, row.columns) for row in found["opt_ins"].rows] == [("different", ("9",), ("answer",))]
    assert SECRET not in repr(found)


def test_a_json_column_that_is_spelled_otherwise_is_text_in_sqlite(till: Till) -> None:
    till.run_unheard("UPDATE customers SET wishes = replace(wishes, ' ', '') WHERE id = 3")
    assert [row.columns for row in till.audit()["customers"].rows] == [("wishes",)]


def test_what_is_stored_otherwise_is_found(till: Till) -> None:
    database = till.one.parts.database
    with database.write() as connection:
        connection.execute(sa.update(fact).where(fact.c.natural_key == '["A-3"]').values(amount_minor=1))
        lives = sorted(connection.execute(sa.select(source_record.c.incarnation)).scalars())
        delete_in(connection, record_cell, record_cell.c.incarnation, lives[:1])
    found = till.audit()
    assert [(row.key, row.columns) for row in found["orders"].rows] == [(("A-3",), ("total",))]
    assert [row.columns for row in found["customers"].rows] == [
        ("email", "email_checked", "full_name", "phone", "wishes"),
    ]


def test_a_row_with_parked_events_is_named_as_parked(till: Till) -> None:
    till.run(
        "UPDATE orders SET total = 'viel' WHERE id = 'A-4'",
        "INSERT INTO orders VALUES ('A-901', 1, 'mehr', NULL, NULL)",
        "UPDATE orders SET total = 'nichts' WHERE id = 'A-5'",
        "DELETE FROM orders WHERE id = 'A-5'",
    )
    till.ingest()
    assert len(till.one.parked()) == 4
    found = till.audit()["orders"]
    assert found.state == "parked"
    assert kinds(found) == [("parked", ("A-4",)), ("parked", ("A-5",)), ("parked", ("A-901",))]
    assert {row.code for row in found.rows} == {"ambiguous_value", ""}
    assert (found.parked, found.missing, found.extra, found.different) == (3, 0, 0, 0)


def test_parked_rows_hide_no_difference(till: Till) -> None:
    till.run("UPDATE orders SET total = 'viel' WHERE id = 'A-4'")
    till.ingest()
    till.run_unheard("DELETE FROM orders WHERE id = 'A-5'")
    found = till.audit()["orders"]
    assert found.state == "different"
    assert kinds(found) == [("extra", ("A-5",)), ("parked", ("A-4",))]


def test_being_behind_is_no_difference(till: Till) -> None:
    till.run("UPDATE customers SET full_name = 'Y' WHERE id = 3", "INSERT INTO customers (id) VALUES (902)")
    found = till.audit()
    assert states(found) == ALL_EQUAL | {"customers": "behind"}
    behind = found["customers"]
    assert (behind.missing, behind.extra, behind.different, behind.rows, behind.pending) == (0, 0, 0, (), 2)
    assert behind.note == "Onefold has read no streamed change yet, the source stands at change 182"
    till.ingest()
    assert states(till.audit()) == ALL_EQUAL


def test_a_stream_that_is_paused_is_behind(till: Till) -> None:
    till.run_unheard("DELETE FROM customers WHERE id = 3")
    with till.one.parts.database.write() as connection:
        pause = {"stream": "sqlite:till", "stream_offset": 1, "merges": 300, "at": 0}
        connection.execute(sa.insert(ingest_pause).values(pause))
    assert till.audit()["customers"].state == "behind"


def test_somebody_who_knows_that_all_is_read_gets_the_differences(till: Till) -> None:
    till.run("UPDATE customers SET full_name = 'Y' WHERE id = 3")
    found = till.audit(patience=Patience(is_settled=True))["customers"]
    assert (found.state, kinds(found)) == ("different", [("different", ("3",))])


def test_waiting_ends_when_onefold_has_read_far_enough(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    till.run("UPDATE customers SET full_name = 'Y' WHERE id = 3")
    monkeypatch.setattr("cdc.parity.comparison.time.sleep", lambda _seconds: till.ingest())
    assert states(till.audit(patience=Patience(seconds=60))) == ALL_EQUAL


def test_rows_that_changed_behind_the_snapshot_are_left_out(till: Till) -> None:
    parts, source = till.one.parts, till.one.parts.settings.mapping.sources[0]
    audit = Audit(parts.database, parts.sealer, shows_sealed_keys=True)
    till.run("CREATE TABLE other (id INTEGER)")
    with closing(sqlite3.connect(till.file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    with SqliteSource(till.file, "till").snapshot() as snapshot:
        till.run(
            "UPDATE orders SET total = 1 WHERE id = 'A-3'",
            "DELETE FROM orders WHERE id = 'A-5'",
            "INSERT INTO orders VALUES ('A-903', 1, 5, NULL, NULL)",
        )
        till.ingest()
        till.run_unheard("DELETE FROM orders WHERE id = 'A-7'")
        found = audit.table(snapshot, source, source.tables["orders"])
    assert (found.state, found.newer, found.rows_there, found.rows_here) == ("equal", 2, CUSTOMERS - 2, CUSTOMERS - 2)
    assert found.digest_there == found.digest_here


def test_sealed_keys_are_shown_to_those_who_may_see_them_alone(till: Till) -> None:
    till.run_unheard("DELETE FROM customers WHERE id = 8", "INSERT INTO customers (id) VALUES (904)")
    till.run_unheard("DELETE FROM orders WHERE id = 'A-8'")
    found = till.audit(shows=False)
    assert {row.key for row in found["customers"].rows} == {None}
    assert all(len(bytes.fromhex(row.row)) == 16 for row in found["customers"].rows)
    assert {row.key for row in found["orders"].rows} == {("A-8",)}, "a fact's key is stored in clear"


def test_numbers_are_exact_where_few_rows_are_named(till: Till) -> None:
    till.run_unheard("DELETE FROM customers WHERE id < 30", "UPDATE customers SET phone = NULL WHERE id > 40")
    till.run_unheard("INSERT INTO customers (id) SELECT id + 1000 FROM customers")
    found = till.audit(named=2)["customers"]
    assert (found.extra, found.different, found.missing) == (30, 19, 30)
    assert [kind for kind, _ in kinds(found)] == ["different"] * 2 + ["extra"] * 2 + ["missing"] * 2


def test_extra_rows_are_named_however_few_tokens_fit_the_memory(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdc.parity.judgement._MOST_TOKENS", 3)
    till.run_unheard("DELETE FROM customers WHERE id < 10")
    found = till.audit()["customers"]
    assert kinds(found) == [("extra", (str(number),)) for number in range(10)]


def test_a_table_without_a_key_is_compared_by_its_count(till: Till) -> None:
    till.run("CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT)", "INSERT INTO visits VALUES (1, 'a'), (2, 'b')")
    with closing(sqlite3.connect(till.file)) as connection:
        install(connection, [*TABLES, "visits"], source="till")
    parts, source = till.one.parts, till.one.parts.settings.mapping.sources[0]
    events = [event for event in SqliteCapture(till.file, "till").events(0, 1000) if event.topic == "till.visits"]
    till.ingest()
    assert len(till.one.parked()) == 2, "its events have a key, which the mapping does not name"
    till.one.ingest([RawEvent("", 0, event.topic, None, event.value, {}) for event in events])
    with SqliteSource(till.file, "till").snapshot() as snapshot:
        found = Audit(parts.database, parts.sealer).table(snapshot, source, source.tables["visits"])
    assert (found.rows_there, found.rows_here, found.state) == (2, 2, "equal")
    assert "only their number" in found.note


def test_a_table_that_is_not_captured_is_not_compared(till: Till) -> None:
    parts, source = till.one.parts, till.one.parts.settings.mapping.sources[0]
    with SqliteSource(till.file, "till").snapshot() as snapshot:
        found = Audit(parts.database, parts.sealer).table(snapshot, source, source.tables["visits"])
    assert (found.state, found.rows_there) == ("not_compared", 0)
    assert found.note.startswith("source 'till' has no table 'visits'")


def test_the_number_of_statements_grows_with_pages_and_not_with_rows(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    engine = till.one.parts.database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    till.audit()
    for_one_page = len(counted)
    monkeypatch.setattr("cdc.parity.holdings.PAGE_ROWS", CUSTOMERS // 4)
    counted.clear()
    till.audit()
    assert for_one_page < 30
    assert len(counted) < 4 * for_one_page


def test_rows_are_held_in_memory_by_the_page(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr("cdc.parity.sqlite.PAGE_ROWS", 7)
    parts, source = till.one.parts, till.one.parts.settings.mapping.sources[0]
    audit = Audit(parts.database, parts.sealer, moved=lambda done, _total: sizes.append(done))
    with SqliteSource(till.file, "till").snapshot() as snapshot:
        audit.table(snapshot, source, source.tables["orders"])
    assert sizes == [*range(7, CUSTOMERS, 7), CUSTOMERS]


def test_dead_rows_are_not_counted(till: Till) -> None:
    till.run("DELETE FROM orders WHERE id = 'A-1'")
    till.ingest()
    with till.one.parts.database.read() as connection:
        seen = connection.execute(sa.select(sa.func.count()).select_from(source_row)).scalar_one()
    assert seen == 3 * CUSTOMERS
    assert till.audit()["orders"].rows_here == CUSTOMERS - 1


def test_a_table_without_the_key_column_is_not_compared(till: Till) -> None:
    till.run("ALTER TABLE orders RENAME COLUMN id TO number")
    with closing(sqlite3.connect(till.file)) as connection:
        install(connection, TABLES, source="till")
    found = till.audit()["orders"]
    assert (found.state, "it has no column 'id'" in found.note) == ("not_compared", True)


def test_rows_whose_key_cannot_be_read_are_counted(till: Till) -> None:
    till.run_unheard("INSERT INTO orders (id) VALUES ('A-' || char(0))")
    found = till.audit()["orders"]
    assert (found.state, found.unreadable, found.missing, found.rows) == ("different", 1, 0, ())


def test_a_key_that_looks_personal_is_parked_on_both_sides(till: Till) -> None:
    till.run("INSERT INTO orders VALUES ('13812345678', 1, 5, NULL, NULL)")
    till.ingest()
    found = till.audit()["orders"]
    assert (found.state, [(row.kind, row.code) for row in found.rows]) == ("parked", [("parked", "personal_key")])
    assert kinds(found) == [("parked", ("13812345678",))]
    assert "13812345678" not in repr(till.audit(shows=False)), "nobody sees it without a token"


def test_the_newest_streamed_change_is_remembered_and_no_snapshot(till: Till) -> None:
    assert till.one.rows(source_reached) == []
    till.run("DELETE FROM orders WHERE id = 'A-1'", "DELETE FROM customers WHERE id = 1")
    till.ingest()
    (row,) = till.one.rows(source_reached)
    newest = (3 * CUSTOMERS + 2).to_bytes(8) + b"\x01"
    assert (row.source, row.stream, row.server, row.position) == ("till", "sqlite:till", "", newest)


def test_streams_that_are_read_side_by_side_may_be_apart_for_a_moment(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One partition is read beyond the snapshot, another not yet."""
    till.run("UPDATE customers SET full_name = 'Y' WHERE id = 3", "DELETE FROM customers WHERE id = 4")
    database, ours = till.one.parts.database, stream_position.c.stream == "sqlite:till"
    end = 3 * CUSTOMERS + 2

    def move(offset: int) -> None:
        with database.write() as connection:
            connection.execute(sa.update(stream_position).where(ours).values(next_offset=offset))

    def catch_up(_seconds: float) -> None:
        move(end - 2)
        till.ingest()

    move(end)
    with database.write() as connection:
        other = {"source": "till", "stream": "another", "server": "", "position": b"\x01"}
        connection.execute(sa.insert(source_reached).values(other))
    monkeypatch.setattr("cdc.parity.comparison.time.sleep", lambda _seconds: None)
    assert till.audit()["customers"].state == "different", "it stays so: it is no matter of moments"
    monkeypatch.setattr("cdc.parity.comparison.time.sleep", catch_up)
    assert states(till.audit()) == ALL_EQUAL
