"""The command ``onefold``: all commands put together, and how each of them ends.

Exit codes: 0 done; 1 done, but something needs attention (parked events, a warning of ``check``); 2 wrong use or settings, or a
part of the installation that cannot be used; 3 a batch waits for a person's word (:class:`cdc.TooManyMerges`); 70 a fault of Onefold itself; 130 interrupted.
"""

import sys
from importlib import metadata
from typing import Annotated, Any, Final

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from cli import (
    check,
    connector,
    debezium_child,
    demo,
    export,
    identity,
    ingest,
    init,
    keys,
    migrate,
    parity,
    parked,
    preparing_process,
    publish,
    remap,
    replay,
    serve,
    status,
    tokens,
)
from cli.endings import ending
from cli.options import examples
from cli.parts import Wiring
from storage import OnefoldError

_OPTIONS: Final = {"help_option_names": ["-h", "--help"]}


class _Commands(TyperGroup):
    """Turns what commands raise into a line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (OnefoldError, DBAPIError, OSError) as error:
            raise typer.Exit(ending(error)) from None


def _tell_version(is_asked: bool) -> None:  # noqa: FBT001 - typer's way
    if is_asked:
        print(f"onefold {metadata.version('onefold')}")
        raise typer.Exit


def _options(
    version: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def application() -> typer.Typer:
    """Put the commands together; called with ``obj=`` the wiring."""
    app = typer.Typer(
        cls=_Commands,
        help="Onefold: one encrypted profile for each customer of your shop and your stores.",
        epilog=examples(
            "onefold demo                 # see it run with a simulated shop and POS",
            "onefold init && onefold check",
            "onefold ingest events.jsonl && onefold serve",
        ),
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
        context_settings=_OPTIONS,
    )
    app.callback()(_options)
    for module in (
        demo,
        init,
        check,
        migrate,
        ingest,
        serve,
        status,
        export,
        identity,
        parked,
        tokens,
        keys,
        connector,
        parity,
        publish,
        remap,
        replay,
        debezium_child,
        preparing_process,
    ):
        module.add_to(app)
    return app


def run(wiring: Wiring) -> None:
    """Run the command that the process was called with, and exit."""
    command = typer.main.get_command(application())
    try:
        command(obj=wiring, prog_name="onefold")
    except Exception as error:  # noqa: BLE001 - the last place where one can be kept from quoting what it stumbled over
        sys.exit(ending(error))
