"""Which schema each database of an installation has, found without making a database that is not there."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy.engine import make_url

from cli.settings import Settings
from storage import Database
from storage.migrate import newest, revision


@dataclass(frozen=True, slots=True)
class Revision:
    """``database`` is ``main`` or ``keys``; ``has`` None means that there is no schema yet."""

    database: str
    has: str | None
    needs: str

    @property
    def is_right(self) -> bool:
        """Whether this version can work with it."""
        return self.has == self.needs


def revisions(installed: Settings) -> list[Revision]:
    """Read both revisions."""
    return [_revision("main", installed.database), _revision("keys", installed.keystore)]


def _revision(history: Literal["main", "keys"], url: str) -> Revision:
    if not _is_there(url):
        return Revision(history, None, newest(history))
    with closing(Database(url)) as database:
        return Revision(history, revision(database), newest(history))


def _is_there(url: str) -> bool:
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").exists()
