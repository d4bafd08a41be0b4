"""``onefold check``: are settings, mapping, databases and keys as they must be, and what becomes of a sample of events."""

import stat
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cdc import EITHER, CapturedFile, CheckReport, ColumnCheck, KeyStoreEmpty, TableCheck, check_sample
from cli.console import complain, print_json, print_table, say, warn
from cli.key_store import key_store_fault, was_used
from cli.mapping_in_force import mends, rows_of_other_mappings
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, settings, wiring
from cli.parts import Wiring
from cli.revisions import revisions
from cli.rules_in_force import idle_blocked_values, named_model, other_rules
from cli.settings import Settings
from cli.source_check import plain_findings, print_findings, source_findings, without_kafka
from identity import DATE_ORDERS, ModelError
from profiles import SurvivorshipRules
from storage import ConfigError, Database, OnefoldError

_WRONG: Final = 2
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "check",
        epilog=examples(
            "onefold check",
            "onefold check events.jsonl",
            "onefold check --json events.jsonl",
            "onefold check --sources",
        ),
    )(check)


def check(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE…]", exists=True, dir_okay=False, readable=True, help="Samples of events."),
    ] = None,
    *,
    sources: Annotated[
        bool, typer.Option("--sources", help="Ask the source databases, too, for what would lose data.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Check settings and mapping, all mistakes at once, then the databases' schemas and the keys; nothing is changed.

    With files of captured events it shows what each column became, which columns are not mapped, and which events would
    be parked and why. Values are shown as shapes only: `a` for letters, `9` for digits, `汉` for Han characters.

    With --sources it looks into the source databases that have a [source.connector], as the connector's user, for what loses
    or invents data; the statements that mend it are printed. Without a [connect] it also says what is to be installed so that
    `onefold ingest --from debezium` can read them.

    Exits with 2 for mistakes, with 1 for warnings, findings and events that would be parked.
    """
    try:
        installed = settings(context, config)
        named_model(installed)
    except (ConfigError, ModelError) as error:
        _report_mistakes(error, as_json=as_json)
        raise typer.Exit(_WRONG) from None
    warnings = _warnings(wiring(context), installed)
    samples = [CapturedFile(path, max_event_bytes=installed.max_event_bytes) for path in files or ()]
    report = check_sample(installed.mapping, samples) if samples else None
    warnings += [f"{each.path}: the last line is not written to its end" for each in samples if each.is_unfinished]
    found = source_findings(wiring(context), installed) if sources else []
    if as_json:
        asked = {"sources": plain_findings(found), "without_kafka": without_kafka(installed)} if sources else {}
        print_json({"errors": [], "warnings": warnings, **asked, **(_plain(report) if report else {})})
    else:
        _print(installed, report, warnings)
        if sources:
            print_findings(installed, found)
    if warnings or found or (report and report.parked):
        raise typer.Exit(1)


def _report_mistakes(error: OnefoldError, *, as_json: bool) -> None:
    mistakes = getattr(error, "errors", (error,))
    if as_json:
        print_json({"errors": [str(mistake) for mistake in mistakes], "warnings": []})
        return
    for mistake in mistakes:
        complain(str(mistake))
    say("mend these lines, then run `onefold check` again")


def _warnings(parts: Wiring, installed: Settings) -> list[str]:
    found = [] if installed.mapping.sources else ["no [[source]] is mapped yet; `onefold init --from URL` proposes one"]
    both = revisions(installed)
    for each in both:
        if each.database == "keys" and not each.has and was_used(installed):
            found.append(str(KeyStoreEmpty()))
        elif not each.is_right:
            state = f"is at revision {each.has}" if each.has else "has no schema yet"
            mend = "onefold migrate" if each.has else "onefold init"
            found.append(f"the {each.database} database {state}, this version needs {each.needs}; run `{mend}`")
    is_ready = all(each.is_right for each in both)
    found += _keys(parts, installed, is_ready=is_ready) + _places(installed)
    found += _survivorship(installed) + idle_blocked_values(installed)
    return found + (_stored(installed) if is_ready else [])


def _survivorship(installed: Settings) -> list[str]:
    """Warn of rules for what the mapping does not have: most likely another word for what it has."""
    sources, rules = installed.mapping.sources, installed.profiles.survivorship
    tables = [table for source in sources for table in source.tables.values() if table.is_person]
    held = {column.attribute for table in tables for column in table.columns}
    unheld = sorted(rules.attributes.keys() - SurvivorshipRules().attributes.keys() - held) if tables else []
    unknown = sorted(set(rules.trust).difference(source.name for source in sources)) if sources else []
    return [f"[profiles.attributes] {name}: no column of a person table is mapped to it" for name in unheld] + [
        f"[profiles] trust: no source is named {name!r}" for name in unknown
    ]


def _keys(parts: Wiring, installed: Settings, *, is_ready: bool) -> list[str]:
    try:
        parts.provider(installed, parts.environ)
    except OnefoldError as error:
        return [str(error)]
    fault = key_store_fault(parts, installed) if is_ready else ""
    return [fault] if fault else []


def _stored(installed: Settings) -> list[str]:
    """Warn of profiles that were made with other rules, and of rows that were stored under another mapping."""
    with closing(Database(installed.database)) as database, database.read() as connection:
        found = mends(rows_of_other_mappings(connection, installed), installed)
        return other_rules(installed, connection) + found


def _places(installed: Settings) -> list[str]:
    """Warn where keys and data lie together: a copy of that folder would be readable."""
    if installed.key_provider != "file":
        return []
    found = []
    folder = installed.key_file.parent
    if folder.exists() and folder.stat().st_mode & _OTHERS:
        found.append(f"the folder of the key file can be entered by others; run: chmod 700 {folder}")
    if str(folder) == str(Path(installed.database.removeprefix("sqlite:///")).parent):
        found.append("the key file lies beside the main database: a copy of the folder is readable; set `key_file`")
    return found


def _plain(report: CheckReport) -> dict[str, Any]:
    return asdict(report)


def _print(installed: Settings, report: CheckReport | None, warnings: list[str]) -> None:
    tables = sum(len(source.tables) for source in installed.mapping.sources)
    say(f"{installed.file}: {len(installed.mapping.sources)} source(s), {tables} table(s) mapped, no mistakes")
    if report:
        for table in report.tables:
            _print_table(table)
        _print_parked(report)
    for warning in warnings:
        warn(warning)


def _print_table(table: TableCheck) -> None:
    title = f"{table.source}.{table.table}: {table.kind}, {table.rows} rows, {table.deletes} deletions"
    rows = [
        (c.column, c.becomes or "(not mapped)", c.seen, c.nulls, ", ".join(c.types), c.shape) for c in table.columns
    ]
    print_table(("column", "becomes", "seen", "null", "type", "looks like"), rows, title=title)
    for column in table.columns:
        if note := _order_note(column):
            say(f"{table.source}.{table.table}.{column.column}: {note}")


def _order_note(column: ColumnCheck) -> str:
    """Say what the sample tells of the order of day and month, where the mapping does not say just that."""
    proven = column.proven_order
    if column.date_order:
        is_kept = proven in ("", EITHER, column.date_order)
        return "" if is_kept else f"has dates that are none in the order {column.date_order!r}"
    if proven in DATE_ORDERS:
        return f'its dates are all in one order; tell it, so that 03/04 is one day: date_order = "{proven}"'
    if proven == EITHER:
        return "the sample does not tell whether day or month comes first; if you know, set `date_order`"
    return "has dates of both orders: those that may be either keep both readings" if proven else ""


def _print_parked(report: CheckReport) -> None:
    ignored = sum(report.ignored.values())
    say(f"{report.events} events: {ignored} without a row, {sum(p.events for p in report.parked)} would be parked")
    if report.parked:
        rows = [(p.code, p.events, p.message) for p in report.parked]
        print_table(("would be parked", "events", "why"), rows)
