"""``onefold identity history``: how a profile came to be, step by step."""

from typing import Annotated, Any, Final

import typer

from cli.console import print_json, print_table, say, timestamp
from cli.identity_explain import RecordName
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, installation
from cli.record_names import find_record, id_text
from identity import records_by, source_record
from profiles import LineageEntry, lineage_of

_WORDS: Final = {
    "created": "it began",
    "joined": "a record came from the other one",
    "merged": "the other one became part of it",
    "split": "records left and became the other one",
    "moved": "it is shown under this id, since the record of the other one ended",
    "ended": "its last record ended",
}
_NEW_RECORD: Final = "a new record came to it"


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(
        "history",
        epilog=examples(
            "onefold identity history shop/customers/42", "onefold identity history 5f0c…-… --json | jq '.steps[].kind'"
        ),
    )(history)


def history(
    context: typer.Context,
    record: RecordName,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many steps, the newest first.")] = 50,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Tell how the profile of a record came to be: when it began, merged, split, by which changes or by which steward.

    The newest step comes first. Also told is what happened to the profiles that its records had before they came to it. No
    value is shown.
    """
    with installation(context, config) as parts, parts.database.read() as connection:
        named = find_record(parts, connection, record)
        members = records_by(connection, source_record.c.profile_id, [named.profile_id])
        found = lineage_of(connection, {named.profile_id, *(member.incarnation for member in members)}, most=limit)
    profile = id_text(named.profile_id)
    if as_json:
        print_json({"profile": profile, "steps": [_plain(entry) for entry in found]})
        return
    columns = ("at", "step", "profile", "other", "because of")
    print_table(columns, [_row(entry) for entry in found], title=f"profile {profile}")
    if len(found) == limit:
        say(f"these are the newest {limit} steps; --limit shows more")


def _row(entry: LineageEntry) -> tuple[str, ...]:
    other = "" if entry.other_id is None else id_text(entry.other_id)
    causes = "; ".join(map(_cause, entry.causes))
    word = _NEW_RECORD if entry.kind == "joined" and not other else _WORDS[entry.kind]
    return (timestamp(entry.at), f"{entry.kind}: {word}", id_text(entry.profile_id), other, causes)


def _cause(cause: dict[str, Any]) -> str:
    if "more" in cause:
        return f"{cause['more']} more"
    by = f" by {cause['by']}" if "by" in cause else ""
    return f"{cause['op']} in {cause['source']}{'.' if cause['table'] else ''}{cause['table']}{by}"


def _plain(entry: LineageEntry) -> dict[str, Any]:
    return {
        "at": timestamp(entry.at),
        "kind": entry.kind,
        "profile": id_text(entry.profile_id),
        "other": entry.other_id and id_text(entry.other_id),
        "causes": entry.causes,
    }
