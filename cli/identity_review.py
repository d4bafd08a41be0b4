"""``onefold identity review``: the pairs that a steward may decide."""

from typing import Annotated, Any

import typer

from cli.console import print_json, print_table, say
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, installation
from cli.reasons import bits, in_words
from cli.record_names import id_text
from identity import REVIEW_REASONS, ReviewItem, count_review, review_queue


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(
        "review",
        epilog=examples("onefold identity review", "onefold identity review --reason unverified --limit 100 --json"),
    )(review)


def review(
    context: typer.Context,
    *,
    reason: Annotated[str, typer.Option(help="Only pairs that wait for this reason.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, those of most evidence first.")] = 20,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List pairs of records that may be one person and that nothing but a person can decide, the likeliest first.

    Each line has the reason and the command that explains the pair. Then decide with `onefold identity link` or
    `onefold identity separate`, which take the same two ids; a pair that is decided leaves the list.
    """
    if reason and reason not in REVIEW_REASONS:
        raise typer.BadParameter(f"valid: {', '.join(REVIEW_REASONS)}", param_hint="'--reason'")
    with installation(context, config) as parts, parts.database.read() as connection:
        found = review_queue(connection, reason=reason, limit=limit)
        counts = count_review(connection)
    waiting = counts.get(reason, 0) if reason else sum(counts.values())
    if as_json:
        print_json({"waiting": waiting, "by_reason": counts, "items": [_plain(item) for item in found]})
        return
    if found:
        print_table(("bits", "reason", "why", "see"), [_row(item) for item in found])
    say(f"{len(found)} of {waiting} pair(s)" if found else "no pair waits for a decision")


def _command(item: ReviewItem) -> str:
    return f"onefold identity explain {id_text(item.left)} {id_text(item.right)}"


def _row(item: ReviewItem) -> tuple[str, str, str, str]:
    return (f"{bits(item.weight):.1f}", item.reason, in_words(item.reason), _command(item))


def _plain(item: ReviewItem) -> dict[str, Any]:
    return {
        "left": id_text(item.left),
        "right": id_text(item.right),
        "reason": item.reason,
        "means": in_words(item.reason),
        "weight": bits(item.weight),
        "explain": _command(item),
    }
