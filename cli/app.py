"""The command ``onefold``: all commands put together, and how each of them ends.

Exit codes: 0 done; 1 done, but something needs attention (parked events, a warning of ``check``); 2 wrong use or settings, or a
part of the installation that cannot be used; 3 a batch waits for a person's word (:class:`cdc.TooManyMerges`); 70 a fault of Onefold itself; 130 interrupted.
"""

import errno
import sys
import traceback
from typing import Any, Final

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from cdc import TooManyMerges
from cli import (
    check,
    connector,
    demo,
    export,
    identity,
    ingest,
    init,
    keys,
    migrate,
    parity,
    parked,
    publish,
    remap,
    replay,
    serve,
    status,
    tokens,
)
from cli.console import complain
from cli.database_errors import database_message
from cli.options import examples
from cli.parts import Wiring
from storage import ConfigError, OnefoldError

WRONG_USE: Final = 2
PAUSED: Final = 3
_OWN_FAULT: Final = 70
_OPTIONS: Final = {"help_option_names": ["-h", "--help"]}


class _Commands(TyperGroup):
    """Turns what commands raise into a line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except TooManyMerges as pause:
            complain(str(pause))
            raise typer.Exit(PAUSED) from None
        except OnefoldError as error:
            complain(_mending(error))
        except DBAPIError as error:
            complain(database_message(error))
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            complain(f"{error.filename or 'a file or the network'}: {error.strerror or type(error).__name__}")
        raise typer.Exit(WRONG_USE)


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
    ):
        module.add_to(app)
    return app


def run(wiring: Wiring) -> None:
    """Run the command that the process was called with, and exit."""
    command = typer.main.get_command(application())
    try:
        command(obj=wiring, prog_name="onefold")
    except Exception as error:  # noqa: BLE001 - the last place where one can be kept from quoting what it stumbled over
        _report_fault(error)
        sys.exit(_OWN_FAULT)


def _mending(error: OnefoldError) -> str:
    message = str(error)
    if not isinstance(error, ConfigError) or error.line is None:
        return message
    if "\n" in message:
        return f"{message}\nmend these lines, then run `onefold check`"
    return f"{message} (mend it, then run `onefold check`)"


def _report_fault(error: Exception) -> None:
    """Say where it happened; an unforeseen error's own text may hold a personal value."""
    complain(f"this is a fault of Onefold ({type(error).__name__}); please report these lines:")
    for frame in traceback.extract_tb(error.__traceback__):
        complain(f"  {frame.filename}:{frame.lineno} in {frame.name}")
