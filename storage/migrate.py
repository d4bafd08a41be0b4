"""Bring a database to the schema of this version, through Alembic; refuse to work on any other.

Two histories, one for each metadata: ``main`` and ``keys`` under ``storage/migrations``. Migrations expand first and contract in
a later version, so that two versions can run side by side during an upgrade.
"""

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from storage.engine import Database
from storage.errors import RevisionMismatch

History = Literal["main", "keys"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database, history: History) -> str:
    """Run what is missing, in one transaction; give the revision that the database has now.

    Raise :class:`RevisionMismatch` for a database that a newer version made.
    """
    config = _config(history)
    _refuse_unknown(revision(database), history)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest(history)


def newest(history: History) -> str:
    """The revision that this version works with."""
    head = ScriptDirectory.from_config(_config(history)).get_current_head()
    assert head is not None  # noqa: S101 - the histories ship with the code
    return head


def revision(database: Database) -> str | None:
    """The revision that the database has; None for an empty one."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require(database: Database, history: History) -> None:
    """Raise :class:`RevisionMismatch` unless the database has the newest revision."""
    have, want = revision(database), newest(history)
    _refuse_unknown(have, history)
    if have != want:
        state = "is empty" if have is None else f"is at revision {have}"
        raise RevisionMismatch(f"the {history} database {state}, this version needs {want}; run `onefold migrate`")


def _refuse_unknown(have: str | None, history: History) -> None:
    if have is None:
        return
    try:
        ScriptDirectory.from_config(_config(history)).get_revision(have)
    except CommandError:
        raise RevisionMismatch(
            f"the {history} database is at revision {have}: made by a newer Onefold; upgrade the program"
        ) from None


def _config(history: History) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("version_locations", str(_MIGRATIONS / history / "versions"))
    config.set_main_option("path_separator", "os")
    return config
