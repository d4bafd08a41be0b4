"""A rebuild at the command line: the installation's rebuilder, a bar on stderr while it works, and what it left out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from rich.console import Console
from rich.progress import Progress

from cdc import REBUILD_PASSES, Rebuilder, RebuildReport
from cli.console import say
from cli.parts import Parts
from identity import source_record


class Bars:
    """What is shown of a rebuild: a bar of records, then one for each phase, of which nobody knows the length."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress = progress
        self._records = self._now = progress.add_task("records", total=total)

    def advance(self, records: int) -> None:
        """More records are done."""
        self._progress.advance(self._records, records)

    def phase(self, name: str) -> None:
        """What was done is at its end, and something else is not: its bar moves to and fro."""
        self.end()
        self._now = self._progress.add_task(name, total=None)

    def end(self) -> None:
        """What is done now is at its end."""
        if self._now != self._records:
            self._progress.update(self._now, total=1, completed=1)


@contextmanager
def rebuilding(parts: Parts) -> Iterator[tuple[Rebuilder, Bars]]:
    """Give the rebuilder and the bars that are to hear of it."""
    settings = parts.settings
    rebuilder = Rebuilder(parts.database, parts.sealer, profile_rules=settings.profiles, mapping=settings.mapping)
    with parts.database.read() as connection:
        records = connection.execute(sa.select(sa.func.count()).select_from(source_record)).scalar_one()
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bars = Bars(progress, total=records * REBUILD_PASSES)
        yield rebuilder, bars
        bars.end()


def say_left_out(report: RebuildReport) -> None:
    """Say how many records were left out, if any."""
    if report.records_left_out:
        say(
            f"{report.records_left_out} records were left out: some were deleted meanwhile, the others belonged to the same components"
        )
