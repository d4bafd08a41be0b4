"""``onefold keys``: what state the keys are in; no key is shown."""

from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import sqlalchemy as sa
import typer

from cli.console import print_json, print_table
from cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, examples, installation, settings, wiring
from cli.parts import Parts, Wiring
from cli.settings import Settings
from identity import source_record, steward_link
from privacy import KeyStatus, KeyStore, consent, destroy_pending
from profiles import fact
from storage import Database, select_in
from storage.migrate import require

_HOUR_SECONDS = 60 * 60
_DAY_SECONDS = 24 * _HOUR_SECONDS


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The keys that seal personal values.")
    group.command("status", epilog=examples("onefold keys status", "onefold keys status --json"))(status)
    group.command("sweep", epilog=examples("onefold keys sweep", "onefold keys sweep --older-than-hours 24"))(sweep)
    app.add_typer(group, name="keys")


def status(context: typer.Context, *, config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show the provider, the epochs and how many data keys there are in each state."""
    found = key_status(wiring(context), settings(context, config))
    if as_json:
        print_json(as_plain(found))
        return
    print_table(("", ""), _facts(found))
    print_table(
        ("data keys", "epoch", "count"),
        [(state, None if epoch is None else str(epoch), count) for (state, epoch), count in _counts(found)],
    )


def sweep(
    context: typer.Context,
    *,
    older_than_hours: Annotated[
        int, typer.Option(min=1, help="Only keys made longer ago than any batch takes to be committed.")
    ] = 1,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Delete the keys that no record uses.

    A key is made before its record is committed; a stop in between, or a batch that had to be planned again, leaves it
    over. Such keys do no harm, they only take room.
    """
    with installation(context, config) as parts:
        swept = parts.keystore.sweep_orphans(
            lambda batch: _in_use(parts, batch), older_than_seconds=older_than_hours * _HOUR_SECONDS
        )
    if as_json:
        print_json({"swept": swept})
    else:
        print_table(("", "count"), [("orphan keys deleted", swept)])


def _in_use(parts: Parts, incarnations: Sequence[bytes]) -> set[bytes]:
    """Those of ``incarnations`` that anything in the main database is sealed for, or whose destruction is pending."""
    with parts.database.read() as connection:
        columns = (
            source_record.c.incarnation,
            fact.c.incarnation,
            consent.c.incarnation,
            steward_link.c.id,
            destroy_pending.c.incarnation,
        )
        return {
            row.incarnation
            for column in columns
            for row in select_in(connection, sa.select(column), column, incarnations)
        }


def key_status(parts: Wiring, installed: Settings) -> KeyStatus:
    """Read the key store's state without opening the installation."""
    with closing(Database(installed.keystore)) as database:
        require(database, "keys")
        return KeyStore(database, parts.provider(installed, parts.environ), tenant=installed.tenant).status()


def as_plain(found: KeyStatus) -> dict[str, object]:
    """Give the state as JSON can hold it."""
    return {
        "provider": found.provider,
        "epochs": list(found.epochs),
        "current_epoch": found.current_epoch,
        "epoch_age_seconds": found.epoch_age_seconds,
        "data_keys": [{"state": state, "epoch": epoch, "count": count} for (state, epoch), count in _counts(found)],
        "long_lived": [{"purpose": purpose, "version": version} for purpose, version in found.long_lived],
    }


def age(seconds: int | None) -> str:
    """Say how old an epoch is."""
    if seconds is None:
        return "not known to this provider"
    return "less than a day" if seconds < _DAY_SECONDS else f"{seconds // _DAY_SECONDS} days"


def _facts(found: KeyStatus) -> list[tuple[str, str]]:
    return [
        ("provider", found.provider),
        ("epochs", ", ".join(map(str, found.epochs))),
        ("current epoch", str(found.current_epoch)),
        ("its age", age(found.epoch_age_seconds)),
        ("long-lived keys", ", ".join(f"{purpose} v{version}" for purpose, version in found.long_lived)),
    ]


def _counts(found: KeyStatus) -> list[tuple[tuple[str, int | None], int]]:
    return sorted(found.counts.items(), key=lambda item: (item[0][0], item[0][1] or 0))
