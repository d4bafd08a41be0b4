"""``onefold migrate``: bring both databases to this version's schema."""

import typer

from cli.console import print_json, print_table
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, settings, wiring


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate", epilog=examples("onefold migrate", "onefold migrate --config /etc/onefold/onefold.toml"))(
        migrate
    )


def migrate(context: typer.Context, *, config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Bring the main database and the key store to the schema of this version.

    Run it after every upgrade, before `serve` and `ingest`, which refuse any other revision. Nothing is lost, and
    running it again changes nothing.
    """
    revisions = wiring(context).migrate(settings(context, config))
    if as_json:
        print_json(dict(revisions))
    else:
        print_table(("database", "revision"), list(revisions.items()))
