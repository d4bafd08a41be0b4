"""``onefold parity``: whether Onefold holds what the sources hold, at one position in each source's log."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cdc import (
    Audit,
    LogPosition,
    LogSeen,
    ParityError,
    Patience,
    SourceDatabase,
    SourceMapping,
    TableMapping,
    TableParity,
    log_seen,
    remember_log,
    store_result,
    wall_time,
)
from cli.audited import act_of, audit_log, principal
from cli.console import complain, print_json, print_table, say
from cli.options import DEFAULT_CONFIG, AccessToken, AsJson, ConfigFile, examples, installation, wiring
from cli.parity_kafka import source_ends
from cli.parity_sources import source_databases
from cli.parts import Parts
from privacy import Role

_WRONG_USE: Final = 2
_COUNTS: Final = ("rows_there", "rows_here", "missing", "extra", "different", "parked", "newer")
_MENDS: Final = {
    "different": "what differs can be told anew: ask the connector for a snapshot of the table, then compare again",
    "behind": "let `onefold ingest` read on, or wait for it with --wait; when nothing is under way any more, say --settled",
    "parked": "see what is parked with `onefold parked list`",
    "not_compared": "mend what is said of each table that was not compared, then run `onefold parity` again",
}

Moved = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What to compare, and how."""

    sources: tuple[str, ...]
    tables: tuple[str, ...]
    patience: Patience
    named: int


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "parity",
        epilog=examples(
            "onefold parity --wait 60",
            "onefold parity --source shop --table customers --json",
            "onefold parity --file till=till.db",
            "ONEFOLD_TOKEN=$(onefold token create --role steward --store '*') onefold parity   # names persons' keys",
        ),
    )(parity)


def parity(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; repeatable.", show_default=False)] = None,
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table, as mapped; repeatable.", show_default=False)
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE=FILE", help="The SQLite file of a captured source; repeatable.", show_default=False
        ),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for Onefold to read as far as the source is.")
    ] = 0,
    settled: Annotated[
        bool, typer.Option("--settled", help="You know that Onefold has read everything: call every difference one.")
    ] = False,
    named: Annotated[int, typer.Option(min=0, help="How many rows of each kind of difference to name.")] = 20,
    token: AccessToken = "",
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Compare counts and hashes of each mapped table with what Onefold holds, and name the rows that differ.

    Each source database is read in one snapshot, as the user of its [source.connector], and nothing in it is changed. Every row
    goes through the mapping as a change event would. Values are never shown; keys of persons, and keys that the mapping calls
    personal, only with an access token of the role steward or privacy, which leaves an entry in the audit log.

    Rows that changed while it ran are left out. What differs before Onefold has read the source's log up to the snapshot is
    `behind` and no difference. The result is kept for `sourceParity` of the API, with up to 100 of the rows that differ. Exits with 1 unless all is equal.
    """
    wish = _Wish(tuple(source or ()), tuple(table or ()), Patience(wait, settled), named)
    results: list[TableParity] = []
    failed: list[ParityError] = []
    with installation(context, config) as parts:
        databases = source_databases(parts.settings.mapping, wish.sources, file or (), wiring(context).environ)
        who = principal(parts, token, roles=(Role.STEWARD, Role.PRIVACY)) if token else None
        with _progress_bar() as moved:
            for mapped, database in databases:
                try:
                    results += _audit(
                        parts,
                        mapped,
                        database,
                        wish=wish,
                        moved=moved,
                        shows_sealed_keys=who is not None,
                    )
                except ParityError as problem:
                    failed.append(problem)
        if who is not None:
            with audit_log(parts) as audit:
                audit.record(act_of(who, "parity", rows=sum(len(result.rows) for result in results)))
    _show(results, as_json=as_json)
    _end(results, failed)


def _audit(  # noqa: PLR0913 - each is named
    parts: Parts,
    source: SourceMapping,
    database: SourceDatabase,
    *,
    wish: _Wish,
    moved: Callable[[str], Moved],
    shows_sealed_keys: bool,
) -> Iterator[TableParity]:
    """Compare the tables of one source, and keep each result as soon as it is there."""
    tables = _tables(source, wish.tables)
    with parts.database.read() as connection:
        seen = log_seen(connection, source)
    with database.snapshot() as snapshot:
        if source.connector is not None:
            _refuse_other_log(parts, seen, snapshot.position)
        for table in tables:
            audit = Audit(
                parts.database,
                parts.sealer,
                wish.named,
                shows_sealed_keys,
                moved(f"{source.name}.{table.name}"),
                source_ends(parts.settings),
            )
            result = audit.table(snapshot, source, table, patience=wish.patience)
            with parts.database.write() as connection:
                store_result(connection, result, at=wall_time())
            yield result


def _refuse_other_log(parts: Parts, seen: LogSeen, end: LogPosition) -> None:
    """Positions compare within one log only: after a failover a row that is lost would look like one that is newer."""
    if fault := seen.fault(end):
        raise ParityError(f"source {seen.source!r}: {fault}")
    with parts.database.write() as connection:
        remember_log(connection, seen, end)


def _tables(source: SourceMapping, wanted: tuple[str, ...]) -> list[TableMapping]:
    mapped = [table for table in source.tables.values() if table.kind != "ignore"]
    if unknown := set(wanted) - {table.name for table in mapped}:
        listed = ", ".join(repr(table.name) for table in mapped)
        raise ParityError(f"source {source.name!r} maps no table {min(unknown)!r}; it maps {listed}")
    return [table for table in mapped if not wanted or table.name in wanted]


@contextmanager
def _progress_bar() -> Iterator[Callable[[str], Moved]]:
    """Show on stderr, where it is a terminal, how many rows of each table were read."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def of_table(name: str) -> Moved:
            task = progress.add_task(name, total=None)
            return lambda done, total: progress.update(task, completed=done, total=max(done, total) if total else None)

        yield of_table


def _show(results: list[TableParity], *, as_json: bool) -> None:
    if as_json:
        print_json({"tables": [_plain(result) for result in results]})
        return
    print_table(
        ("table", "state", *(name.replace("_", " ") for name in _COUNTS), "position"),
        [(_name(r), r.state, *(getattr(r, name) for name in _COUNTS), r.position) for r in results],
    )
    rows = [
        (_name(r), row.kind, _key(row.key, row.row), ", ".join(row.columns) or row.code)
        for r in results
        for row in r.rows
    ]
    if rows:
        print_table(("table", "row is", "key", "columns"), rows)
    for result in results:
        if result.unreadable:
            say(f"{_name(result)}: {result.unreadable} rows have a key that cannot be read; see `onefold parked list`")
        if result.note:
            say(f"{_name(result)}: {result.note}")


def _plain(result: TableParity) -> Mapping[str, Any]:
    plain = asdict(result)
    del plain["kept"]  # for the database alone
    return plain


def _name(result: TableParity) -> str:
    return f"{result.source}.{result.table}"


def _key(key: tuple[str, ...] | None, row: str) -> str:
    return f"(row {row})" if key is None else ", ".join(key)


def _end(results: list[TableParity], failed: list[ParityError]) -> None:
    """Say what to do, and exit as what was found demands."""
    for state in Counter(result.state for result in results if result.needs_attention):
        say(_MENDS[state])
    if any(row.key is None for result in results for row in result.rows):
        say(
            "keys that are stored sealed are shown with ONEFOLD_TOKEN=$(onefold token create --role steward --store '*')"
        )
    for problem in failed:
        complain(str(problem))
    if failed:
        raise typer.Exit(_WRONG_USE)
    if any(result.needs_attention for result in results):
        raise typer.Exit(1)
