"""``onefold remap``: bring what is stored to a mapping that was changed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from cdc import Breaker, Remapper, RemapReport, Stale, TooManyMerges
from cli.audited import act_of_operator, audit_log
from cli.console import print_json, print_table, say
from cli.mapping_in_force import DERIVE, FORGET, mends, need, plain, rows_of_other_mappings
from cli.options import DEFAULT_CONFIG, AcceptedMerges, AsJson, ConfigFile, examples, installation
from cli.parts import Parts
from storage import ConfigError

_BATCH: Final = 200


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "remap",
        epilog=examples(
            "onefold remap --dry-run          # which rows, and what each table needs",
            "onefold remap                    # after a change of [[source]] in onefold.toml",
            "onefold remap --table shop.customers --forget",
        ),
    )(remap)


def remap(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="SOURCE.TABLE", show_default=False, help="Only this table; may be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, tell what would be done.")] = False,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget",
            help="Take rows away, with their keys, whose table is not read any more, or has another kind or key now.",
        ),
    ] = False,
    batch: Annotated[int, typer.Option(min=1, help="Rows that are committed together.")] = _BATCH,
    accept_merges: AcceptedMerges = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Derive stored rows anew after the mapping in onefold.toml changed: columns, names, kinds of tables.

    Each row remembers the mapping that it was stored under. Where its sealed values are enough, it becomes what its event would
    become now; where they are not (a column that was never captured, another type), the command says which rows the source must
    send again. Rows that are read meanwhile are stored under the new mapping at once.

    It may run beside `ingest`, be stopped at any moment, and be run again.

    Exits with 1 when rows of another mapping are left, with 3 when a batch would join more existing profiles than
    `pause_above_merges`.
    """
    with installation(context, config) as parts:
        wanted = [_place(parts, name) for name in table or ()]
        found = _found(parts, wanted)
        report = RemapReport()
        if not dry_run:
            parts_breaker = Breaker(parts.settings.pause_above_merges)
            parts_breaker.accept(accept_merges or 0)
            remapper = Remapper(
                parts.database,
                parts.sealer,
                profile_rules=parts.settings.profiles,
                breaker=parts_breaker,
                batch=batch,
            )
            _run(parts, remapper, found, report, forget=forget)
        left = _found(parts, wanted)
        told = mends(left, parts.settings)
    if as_json:
        print_json({**asdict(report), "found": list(map(plain, found)), "left": list(map(plain, left))})
    else:
        _show(found, report, dry_run=dry_run)
    for line in told:
        say(line)
    if left:
        raise typer.Exit(1)


def _place(parts: Parts, name: str) -> tuple[str, str]:
    """Read ``SOURCE.TABLE``; a table's own name may have a point. A table that is not mapped any more may be named, too."""
    source, point, table = name.partition(".")
    if not point:
        mapped = tuple(f"{each.name}.{table}" for each in parts.settings.mapping.sources for table in each.tables)
        raise ConfigError(f"{name!r} names no table", file=str(parts.settings.file), valid=mapped)
    return source, table


def _found(parts: Parts, wanted: list[tuple[str, str]]) -> list[Stale]:
    with parts.database.read() as connection:
        return rows_of_other_mappings(connection, parts.settings, wanted)


def _run(parts: Parts, remapper: Remapper, found: list[Stale], report: RemapReport, *, forget: bool) -> None:
    chosen = [each for each in found if need(each) == DERIVE or (forget and need(each) == FORGET)]
    leaving = sum(each.rows for each in chosen if need(each) == FORGET)
    if leaving:
        with audit_log(parts) as audit, parts.database.write() as connection:
            audit.append(connection, [act_of_operator("remap_forget", rows=leaving)])
    with _bar(sum(each.rows for each in chosen)) as progress:
        for each in chosen:
            work = remapper.forget if need(each) == FORGET else remapper.derive
            try:
                work(each, report, moved=progress)
            except TooManyMerges as pause:
                say(f"stopped; what was done before stays: onefold remap --accept-merges {pause.radius.merges}")
                raise


class _Bar:
    """Moves a bar."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("rows", total=total)

    def __call__(self, done: int) -> None:
        self._progress.advance(self._task, done)


@contextmanager
def _bar(total: int) -> Iterator[_Bar]:
    """Show on stderr, where it is a terminal, how many rows are done."""
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        yield _Bar(progress, total)


def _show(found: list[Stale], report: RemapReport, *, dry_run: bool) -> None:
    if not found:
        say("every row was stored under the mapping that onefold.toml has now")
        return
    rows = [(".".join(each.table), each.rows, need(each), "; ".join(each.derivation.gaps)) for each in found]
    print_table(("table", "rows", "needs", "why"), rows)
    if not dry_run:
        print_table(("", "count"), [(name.replace("_", " "), count) for name, count in asdict(report).items()])
