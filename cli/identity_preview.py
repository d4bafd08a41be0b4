"""``onefold identity preview``: what other rules or another model would change, exactly, before anything does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cdc import Preview, Shift
from cli.console import print_json, print_table, say
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, settings, wiring
from cli.reasons import bits, in_words
from cli.rebuilding import rebuilding, say_left_out
from cli.record_names import id_text
from cli.settings import Settings
from identity import MERGED, MOVED, SPLIT

_LISTED: Final = 50


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(
        "preview",
        epilog=examples(
            "cp onefold.toml other.toml    # and change [identity] or [profiles] in it",
            "onefold identity preview other.toml",
            "onefold identity preview other.toml --json | jq .transfers",
        ),
    )(preview)


def preview(
    context: typer.Context,
    rules: Annotated[
        Path | None,
        typer.Argument(
            metavar="[OTHER.toml]",
            exists=True,
            dir_okay=False,
            show_default=False,
            help="The file with the rules to try; the settings file itself by default.",
        ),
    ] = None,
    *,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Tell which profiles would merge, split and exchange records under the [identity] and [profiles] of another file.

    Everything is computed on all stored records as they are when it begins, on copies that then vanish: the list is exact, nothing
    has changed afterwards, and nobody waits for it. Databases, keys and mapping stay those of the installation; a model's path is relative to the other
    file. Without a file it tells what the rebuild would do that a change of the settings file asks for.
    """
    installed = settings(context, config)
    made = wiring(context)
    parts = made.open(_with_rules(installed, made.load(rules)) if rules else installed)
    try:
        with rebuilding(parts) as (rebuilder, bars):
            found = rebuilder.preview(progress=bars.advance, phase=bars.phase)
    finally:
        parts.close()
    if as_json:
        print_json({**_counts(found), "transfers": [_plain(shift) for shift in found.shifts]})
    else:
        _print(found, rules or config, config)


def _with_rules(installed: Settings, other: Settings) -> Settings:
    """The installation with the rules of another file, which may name a model beside it."""
    profiles = replace(installed.profiles, survivorship=other.profiles.survivorship)
    return replace(installed, file=other.file, identity=other.identity, profiles=profiles)


def _counts(found: Preview) -> dict[str, int]:
    kinds = Counter(shift.transfer.kind for shift in found.shifts)
    return {
        "records": found.report.records,
        "profiles_before": found.profiles_before,
        "profiles_after": found.report.profiles,
        "merges": kinds[MERGED],
        "splits": kinds[SPLIT],
        "moves": kinds[MOVED],
        "records_that_move": sum(len(shift.transfer.records) for shift in found.shifts),
        "facts_that_move": sum(shift.facts for shift in found.shifts),
        "profiles_with_other_content": found.report.profiles_changed,
        "records_left_out": found.report.records_left_out,
    }


def _print(found: Preview, rules: Path, config: Path) -> None:
    print_table(("", "count"), [(name.replace("_", " "), count) for name, count in _counts(found).items()])
    if found.shifts:
        print_table(("", "from", "to", "records", "facts", "why"), [_row(shift) for shift in found.shifts[:_LISTED]])
        records = [row for shift in found.shifts for row in _records(shift)]
        print_table(("", "record", "from", "to", "strongest pair"), records[:_LISTED])
        if len(records) > _LISTED:
            say(f"{len(found.shifts)} transfers of {len(records)} records; --json lists all of them")
    say_left_out(found.report)
    if found.report.is_equal:
        say("nothing would change")
        return
    say(
        "nothing was changed. To drop it, do nothing."
        + ("" if rules != config else " Or undo your change of the file.")
    )
    change = "" if rules == config else f"bring [identity] and [profiles] of {rules} into {config}, then "
    say(f"To apply it: {change}`onefold identity rebuild`")


def _row(shift: Shift) -> Sequence[object]:
    each = shift.transfer
    weight = "" if each.cause.weight is None else f" ({bits(each.cause.weight):.1f} bits)"
    return (
        each.kind,
        id_text(each.source),
        id_text(each.target),
        len(each.records),
        shift.facts,
        in_words(each.cause.reason) + weight,
    )


def _records(shift: Shift) -> list[Sequence[object]]:
    """Give each record that goes, and the pair for `onefold identity explain`."""
    each = shift.transfer
    pair = " ".join(id_text(end) for end in each.cause.pair or ())
    return [(each.kind, id_text(record), id_text(each.source), id_text(each.target), pair) for record in each.records]


def _plain(shift: Shift) -> dict[str, Any]:
    each = shift.transfer
    return {
        "kind": each.kind,
        "from": id_text(each.source),
        "to": id_text(each.target),
        "records": [id_text(record) for record in each.records],
        "facts": shift.facts,
        "cause": {
            "reason": each.cause.reason,
            "means": in_words(each.cause.reason),
            "pair": each.cause.pair and [id_text(end) for end in each.cause.pair],
            "weight": None if each.cause.weight is None else bits(each.cause.weight),
        },
    }
