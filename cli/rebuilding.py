"""A rebuild at the command line: the installation's rebuilder, a bar on stderr while it computes, and what it left out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from rich.console import Console
from rich.progress import Progress

from cdc import REBUILD_PASSES, Rebuilder, RebuildReport
from cli.console import say
from cli.parts import Parts
from identity import source_record


@contextmanager
def rebuilding(parts: Parts) -> Iterator[tuple[Rebuilder, Callable[[int], None]]]:
    """Give the rebuilder and what is to hear of its progress."""
    settings = parts.settings
    rebuilder = Rebuilder(parts.database, parts.sealer, profile_rules=settings.profiles, mapping=settings.mapping)
    with parts.database.read() as connection:
        records = connection.execute(sa.select(sa.func.count()).select_from(source_record)).scalar_one()
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("records", total=records * REBUILD_PASSES)
        yield rebuilder, lambda done: progress.advance(task, done)


def say_left_out(report: RebuildReport) -> None:
    """Say how many records were left out, if any."""
    if report.records_left_out:
        say(
            f"{report.records_left_out} records were left out: some were deleted meanwhile, the others belonged to the same components"
        )
