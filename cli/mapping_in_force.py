"""Whether the stored rows were made under the mapping that ``onefold.toml`` has now, and what to do where they were not."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy.engine import Connection

from cdc import Stale, shapes_of, stale_rows
from cli.console import warn
from cli.parts import Parts
from cli.settings import Settings

#: What a row of another mapping waits for.
DERIVE, READ, FORGET = "derive", "read again", "forget"


def rows_of_other_mappings(
    connection: Connection, installed: Settings, among: Collection[tuple[str, str]] = ()
) -> list[Stale]:
    """The rows that the mapping would make otherwise now."""
    return stale_rows(connection, shapes_of(installed.mapping), among)


def warn_of_other_mappings(parts: Parts) -> None:
    """Tell what is still stored as another mapping made it: new events of these rows are not, so both stand beside each other."""
    with parts.database.read() as connection:
        found = rows_of_other_mappings(connection, parts.settings)
    for line in mends(found, parts.settings):
        warn(line)


def need(stale: Stale) -> str:
    """What these rows wait for."""
    if stale.is_derivable:
        return DERIVE
    return FORGET if stale.derivation.is_other else READ


def plain(stale: Stale) -> dict[str, Any]:
    """As programs read it."""
    source, table = stale.table
    why = list(stale.derivation.gaps)
    return {"source": source, "table": table, "rows": stale.rows, "needs": need(stale), "why": why}


def mends(found: Iterable[Stale], installed: Settings) -> list[str]:
    """One line for each, with the command that mends it."""
    return [_mend(each, installed) for each in found]


def _mend(stale: Stale, installed: Settings) -> str:
    source, table = stale.table
    told = f"{stale.rows} row(s) of {source}.{table} were stored under another mapping"
    if stale.is_derivable:
        return f"{told}: run `onefold remap`"
    why = "; ".join(stale.derivation.gaps)
    if stale.derivation.is_other:
        return f"{told} ({why}): look, then `onefold remap --table {source}.{table} --forget`"
    return f"{told}, and what is stored is not enough ({why}): {_read_again(source, table, installed)}"


def _read_again(source: str, table: str, installed: Settings) -> str:
    mapped = next((each for each in installed.mapping.sources if each.name == source), None)
    if mapped is not None and mapped.connector is not None:
        return f"run `onefold connector snapshot {source} {table}`"
    return "let the source send these rows again by a snapshot, or read their events once more (`onefold replay`)"
