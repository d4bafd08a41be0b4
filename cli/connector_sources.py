"""Which source and which Kafka Connect the commands of ``onefold connector`` mean."""

from typing import Annotated

import typer

from cdc import Connect, ConnectError, SourceMapping
from cli.settings import Settings
from storage import ConfigError

Name = Annotated[str, typer.Argument(metavar="SOURCE", help="A source's name in onefold.toml.", show_default=False)]
Url = Annotated[
    str,
    typer.Option(
        "--connect",
        envvar="ONEFOLD_CONNECT",
        metavar="URL",
        help="Kafka Connect's address; `url` in [connect] by default.",
        show_default=False,
    ),
]


def source_of(installed: Settings, name: str) -> SourceMapping:
    """The source with this name; :class:`ConfigError` lists those that there are."""
    found = next((source for source in installed.mapping.sources if source.name == name), None)
    if found is None:
        valid = tuple(source.name for source in installed.mapping.sources)
        raise ConfigError(f"no source is named {name!r}", file=str(installed.file), valid=valid)
    return found


def connect_of(installed: Settings, url: str) -> Connect:
    """Kafka Connect as an option or the settings name it."""
    address = url or installed.connect_url
    if not address:
        raise ConnectError(
            "Kafka Connect's address is not known: give --connect, or set `url` in [connect] of onefold.toml"
        )
    return Connect(address)
