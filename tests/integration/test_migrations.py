"""The histories under storage/migrations build exactly the schema that the code declares, on both databases."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import server  # noqa: F401 - its imports declare all tables
from storage import KEYS, MAIN, Database, RevisionMismatch
from storage.migrate import History, newest, require, revision, upgrade

HISTORIES = pytest.mark.parametrize(("history", "metadata"), [("main", MAIN), ("keys", KEYS)], ids=["main", "keys"])


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


def differences(database: Database, metadata: sa.MetaData) -> list[object]:
    with database.read() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


@HISTORIES
def test_an_empty_database_becomes_what_the_code_declares(
    database: Database, history: History, metadata: sa.MetaData
) -> None:
    assert differences(database, metadata) != []
    assert upgrade(database, history) == newest(history) == revision(database)
    assert differences(database, metadata) == []
    require(database, history)


@HISTORIES
def test_the_migrated_tables_are_stored_as_those_declared(history: History, metadata: sa.MetaData) -> None:
    """What Alembic does not compare: WITHOUT ROWID, AUTOINCREMENT, check constraints, names of constraints."""
    migrated, declared = (Database("sqlite:///:memory:") for _ in range(2))
    upgrade(migrated, history)
    with declared.write() as connection:
        metadata.create_all(connection)
    assert statements(migrated) == statements(declared)
    migrated.close()
    declared.close()


def statements(database: Database) -> dict[str, list[str]]:
    """Every statement of the schema by name; the order of a table's parts is no difference."""
    query = sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '%alembic%'")
    with database.read() as connection:
        return {
            row.name: sorted(part.strip().rstrip(",") for part in row.sql.splitlines() if part.strip())
            for row in connection.execute(query)
        }


@HISTORIES
def test_upgrading_twice_is_harmless(database: Database, history: History, metadata: sa.MetaData) -> None:
    upgrade(database, history)
    assert upgrade(database, history) == newest(history)
    assert differences(database, metadata) == []


@HISTORIES
def test_an_empty_database_is_refused_and_the_command_is_named(
    database: Database, history: History, metadata: sa.MetaData
) -> None:
    with pytest.raises(RevisionMismatch, match=f"the {history} database is empty.*run `onefold migrate`"):
        require(database, history)


@pytest.mark.parametrize("found", ["main_0000", "main_9999"])
def test_a_database_of_another_version_is_refused(database: Database, found: str) -> None:
    upgrade(database, "main")
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    with pytest.raises(RevisionMismatch, match=f"revision {found}: made by a newer Onefold; upgrade"):
        require(database, "main")


def test_each_database_is_held_against_its_own_history(database: Database) -> None:
    upgrade(database, "keys")
    with pytest.raises(RevisionMismatch):
        require(database, "main")


def test_a_migration_that_fails_leaves_nothing_behind(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.text("CREATE TABLE table_floor (id INTEGER)"))  # in the way of the first migration
    with pytest.raises(sa.exc.DBAPIError):
        upgrade(database, "main")
    with database.read() as connection:
        assert sa.inspect(connection).get_table_names() == ["table_floor"]
