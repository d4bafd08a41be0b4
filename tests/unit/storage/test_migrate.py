"""A database of a version to come is refused and left alone."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import Database, RevisionMismatch
from storage.migrate import require, revision, upgrade


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path}/main.db")) as database:
        upgrade(database, "main")
        with database.write() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        yield database


def test_a_newer_database_is_not_migrated_and_the_mend_is_a_newer_program(newer: Database) -> None:
    with pytest.raises(RevisionMismatch, match="made by a newer Onefold; upgrade the program"):
        upgrade(newer, "main")
    assert revision(newer) == "9999"


def test_a_newer_database_is_not_opened_either(newer: Database) -> None:
    with pytest.raises(RevisionMismatch, match="upgrade the program"):
        require(newer, "main")
