"""``onefold identity explain``: why two records are one profile, or are not."""

from typing import Annotated

import typer

from cli.console import print_json
from cli.explained_json import explained_json
from cli.explained_text import print_explained
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, installation
from cli.record_names import find_record
from cli.rules_in_force import warn_of_other_rules
from identity import Inquiry

RecordName = Annotated[
    str,
    typer.Argument(show_default=False, help="A record's or a profile's id, or a natural key as source/table/key."),
]


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(
        "explain",
        epilog=examples(
            "onefold identity explain shop/customers/42 pos/members/M000017",
            "onefold identity explain 5f0c…-… 91ab…-… --json | jq .apart.reason",
        ),
    )(explain)


def explain(
    context: typer.Context,
    left: RecordName,
    right: RecordName,
    *,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Tell why two records are one profile, or are not: every comparison, its weight, and the rule that decided.

    One profile: the strongest evidence that leads from one to the other, step by step, and what would have to be taken away
    for them to part. Two profiles: by which rule. Weights are in bits; docs/identity.md explains the levels. No value is
    shown. A profile's id stands for its first record; a natural key is shown as you typed it, all other records by their ids.
    """
    with installation(context, config) as parts, parts.database.read() as connection:
        ends = (find_record(parts, connection, left), find_record(parts, connection, right))
        warn_of_other_rules(parts, connection)
        inquiry = Inquiry(connection, parts.sealer.matcher, parts.sealer.match_reader, parts.reader)
        found = inquiry.between(ends[0].record, ends[1].record)
    assert found is not None  # noqa: S101 - both live in this transaction
    if as_json:
        print_json(explained_json(found, ends))
    else:
        print_explained(found, ends)
