"""What commands share: their options, and how each gets at the installation that it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.parts import Parts, Wiring
from cli.settings import Settings

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", envvar="ONEFOLD_CONFIG", help="The installation's settings.", dir_okay=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
AccessToken = Annotated[
    str,
    typer.Option(
        "--token", envvar="ONEFOLD_TOKEN", show_default=False, help="An access token; better given by the variable."
    ),
]
EventFiles = Annotated[
    list[Path], typer.Argument(metavar="FILE…", exists=True, dir_okay=False, readable=True, show_default=False)
]
AcceptedMerges = Annotated[
    int | None,
    typer.Option(
        "--accept-merges",
        min=1,
        show_default=False,
        help="Let batches pass that join up to so many existing profiles; `pause_above_merges` by default.",
    ),
]
DEFAULT_CONFIG = Path("onefold.toml")


def examples(*lines: str) -> str:
    """Write the end of a command's help; the mark keeps the lines as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


def wiring(context: typer.Context) -> Wiring:
    """Give what ``server.py`` handed to the commands."""
    found = context.obj
    assert isinstance(found, Wiring)  # noqa: S101 - the application is always called with it
    return found


def settings(context: typer.Context, config: Path) -> Settings:
    """Read an installation's settings."""
    return wiring(context).load(config)


@contextmanager
def installation(context: typer.Context, config: Path) -> Iterator[Parts]:
    """Open an installation for the length of a command."""
    parts = wiring(context).open(settings(context, config))
    try:
        yield parts
    finally:
        parts.close()
