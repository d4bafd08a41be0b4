"""``onefold identity``: identity resolution as a whole."""

import hashlib
import sys
from dataclasses import asdict
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.progress import Progress

from cdc import Rebuilder, RebuildReport
from cli.console import print_json, print_table, say
from cli.identity_train import train
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, installation
from cli.parts import Parts
from identity import source_record
from profiles import CanonicalExport, as_digests


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Identity resolution as a whole.")
    group.command(
        "rebuild", epilog=examples("onefold identity rebuild --verify", "onefold identity rebuild    # after new rules")
    )(rebuild)
    group.command(
        "train",
        epilog=examples(
            "onefold identity train", "onefold identity train --precision 0.99    # by stewards' decisions"
        ),
    )(train)
    app.add_typer(group, name="identity")


def rebuild(
    context: typer.Context,
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Change nothing, tell what would change.")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Compute all profiles anew from the stored records, in one transaction.

    Needed after a change of [identity] or [profiles] in onefold.toml. With --verify everything is computed the same and
    rolled back: it proves that the state kept up change by change equals a full computation, and prints the hash of that
    state (that of `onefold export profiles --canonical | sha256sum`).

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
    if verify and not report.is_equal:
        say("the stored state differs from a full computation; `onefold identity rebuild` brings it there")
        raise typer.Exit(1)


def _rebuild(parts: Parts, *, verify: bool) -> RebuildReport:
    settings = parts.settings
    rebuilder = Rebuilder(parts.database, parts.sealer, profile_rules=settings.profiles, mapping=settings.mapping)
    with parts.database.read() as connection:
        records = connection.execute(sa.select(sa.func.count()).select_from(source_record)).scalar_one()
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("records", total=records)
        return rebuilder.run(verify=verify, progress=lambda done: progress.advance(task, done))


def _state(parts: Parts) -> str:
    """The SHA-256 of the canonical export's output."""
    with parts.database.read() as connection:
        digests = as_digests(CanonicalExport(connection, parts.keys, parts.cipher).lines())
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
