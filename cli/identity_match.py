"""``onefold identity match``: what Onefold would join in a file of people, without an installation."""

import csv
import io
import re
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

import typer
from rich.console import Console
from rich.progress import Progress

from cdc import PeopleTable, PeopleTableError, Told, read_people
from cli.console import print_json, print_table, say
from cli.options import AsJson, examples
from cli.reasons import bits, in_words
from identity import (
    BELOW_THRESHOLD,
    DATE_ORDERS,
    MATCH,
    NOT_COMPARED,
    Agreement,
    BatchResult,
    IdentityRules,
    Model,
    agreement,
    resolve_batch,
    shipped_for,
)

_UTF_8: Final = "utf-8-sig"
_STDIN: Final = Path("-")
_CHINA: Final = "CN"
_NAMES: Final = frozenset({"name", "given_name", "family_name"})
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_FEW: Final = 0.1

Keys = Mapping[str, str]


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(
        "match",
        epilog=examples(
            "onefold identity match members.csv > profiles.csv",
            "onefold identity match people.csv --region AU --key id --truth person    # and how right it is",
            "onefold identity match people.csv --is suburb=city --is 'no+road=address' --is remarks=",
            "onefold identity match 会员.csv --encoding gb18030 --why 17 203",
        ),
    )(match)


def match(  # noqa: PLR0913 - each an option
    people: Annotated[
        Path,
        typer.Argument(metavar="PEOPLE.csv", show_default=False, help="The file; - is standard input."),
    ],
    *,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--is",
            metavar="COLUMN=ATTRIBUTE",
            show_default=False,
            help="What a column is, where its name does not say; several with + between, nothing after = to leave it out.",
        ),
    ] = None,
    key: Annotated[str, typer.Option(help="The column that names the rows; by their number otherwise.")] = "",
    truth: Annotated[str, typer.Option(help="The column that says who is who: then it tells how right it is.")] = "",
    region: Annotated[str, typer.Option(help="Country of phones without a prefix, as ISO 3166 code.")] = _CHINA,
    model: Annotated[str, typer.Option(help="chinese or latin; by the region otherwise.")] = "",
    date_order: Annotated[str, typer.Option(help="dmy or mdy, for birthdays such as 03/04/1965.")] = "",
    delimiter: Annotated[str, typer.Option(help="Between values; by the header otherwise.")] = "",
    encoding: Annotated[str, typer.Option(help="Of the file.")] = _UTF_8,
    why: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="ROW ROW", show_default=False, help="Tell the evidence between two rows instead."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell which rows of a file are one person: CSV with a header in, each row with its profile out.

    Needs no installation, stores nothing and asks nobody. The columns are guessed by their names, and stderr says as what; then the
    rows are compared as `onefold ingest` would have compared them, with the model that ships. A profile has the name of its
    first row. Everything is kept in memory: some hundred thousand rows are fine.
    """
    told = Told(_told(columns or []), key, truth, _one_of(date_order, DATE_ORDERS), _delimiter(delimiter))
    rules = IdentityRules.from_config({"default_region": region, "model": model})
    chosen = shipped_for(rules)
    table = _read(people, encoding, told)
    _say_columns(table, known={key, truth})
    say(f"compared with the model {chosen.name!r}, phones without a prefix as in {region} (--region)")
    if region == _CHINA and not model and not _is_chinese(table):
        say("few of the names are Chinese: --region US, or another country, compares them as what they are")
    with _bar(len(table.records)) as progress:
        result = resolve_batch(table.records, rules, chosen, progress=progress)
    profiles = _profiles(table, result)
    agreed = agreement(profiles, table.truth) if truth else None
    if why:
        _explain(_known(why, table), result, profiles, chosen, as_json=as_json)
        return
    if as_json:
        print_json(_plain(table, profiles, agreed))
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow((key or "row", "profile"))
        writer.writerows(profiles.items())
    _say_counts(profiles, agreed)


def _told(columns: Sequence[str]) -> dict[str, str]:
    told = {}
    for text in columns:
        column, equals, attribute = text.rpartition("=")
        if not equals or not column:
            raise typer.BadParameter("must be COLUMN=ATTRIBUTE, such as suburb=city", param_hint="--is")
        told[column] = attribute.strip()
    return told


def _one_of(given: str, choices: Sequence[str]) -> str:
    if given and given not in choices:
        raise typer.BadParameter(f"must be {' or '.join(choices)}", param_hint="--date-order")
    return given


def _delimiter(given: str) -> str:
    found = "\t" if given == "\\t" else given
    if len(found) > 1:
        raise typer.BadParameter("must be one character, such as ';' or '\\t'", param_hint="--delimiter")
    return found


def _read(file: Path, encoding: str, told: Told) -> PeopleTable:
    try:
        with _opened(file, encoding) as lines:
            return read_people(lines, told)
    except UnicodeDecodeError:
        mend = (
            "save it as UTF-8" if encoding != _UTF_8 else "say which, such as --encoding gb18030, or save it as UTF-8"
        )
        raise PeopleTableError(f"{file}: its text is in another encoding; {mend}") from None
    except LookupError:
        raise typer.BadParameter("is not known; try gb18030, big5 or cp1252", param_hint="--encoding") from None
    except OSError as error:
        raise PeopleTableError(f"{file} cannot be read: {error.strerror}") from None
    except PeopleTableError as error:
        raise PeopleTableError(f"{file}: {error}") from None


@contextmanager
def _opened(file: Path, encoding: str) -> Iterator[TextIO]:
    if file != _STDIN:
        with file.open(encoding=encoding, newline="") as lines:
            yield lines
        return
    lines = io.TextIOWrapper(sys.stdin.buffer, encoding=encoding, newline="")
    try:
        yield lines
    finally:
        lines.detach()


@contextmanager
def _bar(records: int) -> Iterator[Any]:
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        reading = progress.add_task("reading", total=records)
        comparing = progress.add_task("comparing", total=None)
        yield lambda done: progress.advance(reading, done)
        progress.update(comparing, total=1, completed=1)


def _say_columns(table: PeopleTable, *, known: Container[str]) -> None:
    for column in table.columns:
        if column.attribute:
            say(f"{' + '.join(column.names)}: {column.attribute}")
    unread = [name for column in table.columns if not column.attribute for name in column.names if name not in known]
    if unread:
        say(f"not compared: {', '.join(unread)} (--is COLUMN=ATTRIBUTE says what a column is)")


def _is_chinese(table: PeopleTable) -> bool:
    names = [str(each.value) for said in table.records.values() for each in said if each.attribute in _NAMES]
    return sum(bool(_HAN.search(name)) for name in names) >= len(names) * _FEW


def _profiles(table: PeopleTable, result: BatchResult[str]) -> dict[str, str]:
    place = {row: number for number, row in enumerate(table.records)}
    profiles: dict[str, str] = {}
    for cluster in result.partition.clusters:
        profiles |= dict.fromkeys(cluster, min(cluster, key=place.__getitem__))
    return {row: profiles[row] for row in table.records}


def _say_counts(profiles: Keys, agreed: Agreement | None) -> None:
    say(f"{len(profiles):,} rows, {len(set(profiles.values())):,} people")
    if agreed is not None:
        say(
            f"precision {agreed.precision:.4f}, recall {agreed.recall:.4f}, F1 {agreed.f1:.4f} "
            f"({agreed.joined:,} pairs of rows were put together, {agreed.of_one_person:,} are one person, {agreed.right:,} both)"
        )


def _plain(table: PeopleTable, profiles: Keys, agreed: Agreement | None) -> dict[str, Any]:
    members: dict[str, list[str]] = {}
    for row, profile in profiles.items():
        members.setdefault(profile, []).append(row)
    return {
        "rows": len(profiles),
        "people": len(members),
        "columns": {" + ".join(column.names): column.attribute or None for column in table.columns},
        "agreement": agreed
        and {
            "precision": agreed.precision,
            "recall": agreed.recall,
            "f1": agreed.f1,
            "pairs_joined": agreed.joined,
            "pairs_of_one_person": agreed.of_one_person,
            "pairs_of_both": agreed.right,
        },
        "profiles": list(members.values()),
    }


def _known(rows: tuple[str, str], table: PeopleTable) -> tuple[str, str]:
    for row in rows:
        if row not in table.records:
            raise typer.BadParameter("names a row that is not there; they are counted from 1", param_hint="--why")
    return rows


def _explain(ends: tuple[str, str], result: BatchResult[str], profiles: Keys, model: Model, *, as_json: bool) -> None:
    left, right = ends
    found = result.scores.get((left, right)) or result.scores.get((right, left))
    is_one = profiles[left] == profiles[right]
    refused = [each.rule for each in result.partition.refused if {each.pair.left, each.pair.right} == {left, right}]
    weight = found.weight if found else 0
    reason = (
        refused[0] if refused else MATCH if weight >= model.threshold else BELOW_THRESHOLD if found else NOT_COMPARED
    )
    levels = [(each.comparison, each.level, bits(each.weight)) for each in found.levels] if found else []
    if as_json:
        print_json(
            {
                "one_person": is_one,
                "means": in_words(reason),
                "weight": bits(weight) if found else None,
                "threshold": bits(model.threshold),
                "levels": [dict(zip(("comparison", "level", "weight"), level, strict=True)) for level in levels],
            }
        )
        return
    if levels:
        print_table(("comparison", "level", "bits"), [*levels, ("sum", "", bits(weight))])
    answer = "one person" if is_one else "two people"
    by_others = is_one and reason != MATCH
    say(f"{left} and {right} are {answer}" + (", by way of other rows" if by_others else f": {in_words(reason)}"))
    say(f"{bits(model.threshold):.1f} bits join")
