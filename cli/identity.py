"""``onefold identity``: all that is asked of identity resolution, and the rebuild."""

import hashlib
from dataclasses import asdict
from typing import Annotated

import typer

from cdc import RebuildReport
from cli import (
    identity_decisions,
    identity_explain,
    identity_history,
    identity_match,
    identity_preview,
    identity_review,
)
from cli.console import print_json, print_table, say
from cli.identity_train import train
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, installation
from cli.parts import Parts
from cli.rebuilding import rebuilding, say_left_out
from profiles import CanonicalExport, as_digests


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Who is one person: why, what to decide, what rules do."
    )
    group.command(
        "rebuild", epilog=examples("onefold identity rebuild --verify", "onefold identity rebuild    # after new rules")
    )(rebuild)
    group.command(
        "train",
        epilog=examples(
            "onefold identity train", "onefold identity train --precision 0.99    # by stewards' decisions"
        ),
    )(train)
    for module in (
        identity_match,
        identity_preview,
        identity_explain,
        identity_history,
        identity_review,
        identity_decisions,
    ):
        module.add_to(group)
    app.add_typer(group, name="identity")


def rebuild(
    context: typer.Context,
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Change nothing, tell what would change.")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Compute all profiles anew from the stored records, beside those who write.

    Needed after a change of [identity] or [profiles] in onefold.toml; `onefold identity preview` lists first what it does. Everything is computed on copies while
    others write; then what they wrote is taken in, and what differs is written in one transaction, for which they wait. With --verify nothing is written: it
    proves that the state kept up change by change, as it was when the command began, equals a full computation. Last it prints the hash of the state (that of
    `onefold export profiles --canonical | sha256sum`) as it is by then.

    With --verify, exits with 1 when anything would change.
    """
    with installation(context, config) as parts:
        report = _rebuild(parts, verify=verify)
        state = _state(parts)
    if as_json:
        print_json({**asdict(report), "equal": report.is_equal, "state": state})
    else:
        print_table(("", "count"), [(name.replace("_", " "), count) for name, count in asdict(report).items()])
        print_table(("", ""), [("state", state)])
        say_left_out(report)
    if verify and not report.is_equal:
        say("the stored state differs from a full computation; `onefold identity rebuild` brings it there")
        raise typer.Exit(1)


def _rebuild(parts: Parts, *, verify: bool) -> RebuildReport:
    with rebuilding(parts) as (rebuilder, bars):
        return rebuilder.run(verify=verify, progress=bars.advance, phase=bars.phase)


def _state(parts: Parts) -> str:
    """The SHA-256 of the canonical export's output."""
    with parts.database.read() as connection:
        digests = as_digests(CanonicalExport(connection, parts.keys, parts.cipher).lines())
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
