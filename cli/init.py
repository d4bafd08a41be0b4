"""``onefold init``: everything that a new installation needs, and nothing of one that is there already."""

import base64
import os
from collections.abc import Mapping
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import sqlalchemy as sa
import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from cdc import propose_mapping
from cli.console import say
from cli.options import examples, wiring
from cli.template import settings_text
from storage import OnefoldError

_KEY_BYTES: Final = 32
_VARIABLES: Final = ("ONEFOLD_ROOT_KEY", "ONEFOLD_EPOCH_KEYS")
#: What brings the driver of a source that is asked for its tables.
_EXTRAS: Final = {
    "postgresql": "postgres",
    "postgresql+psycopg": "postgres",
    "mysql+pymysql": "mysql",
    "mariadb+pymysql": "mysql",
}


class Keys(Enum):
    """Where root and epoch keys live."""

    FILE = "file"
    ENVIRONMENT = "environment"


class SourceError(OnefoldError):
    """The database to propose a mapping from cannot be read."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "init",
        epilog=examples(
            "onefold init /srv/onefold",
            "onefold init --from postgresql+psycopg://reader@db/shop --name shop",
            "onefold init --keys environment > keys.env",
        ),
    )(init)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to make it.", file_okay=False)] = Path(),
    *,
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="URL", help="Propose the mapping from this database's tables.", show_default=False
        ),
    ] = "",
    name: Annotated[str, typer.Option(help="Name of that source; the database's by default.", show_default=False)] = "",
    keys: Annotated[Keys, typer.Option(help="Where root and epoch keys are to live.")] = Keys.FILE,
) -> None:
    """Make onefold.toml with every setting explained, the keys, the key store and the databases' schemas.

    Nothing that exists is overwritten; what is missing is added. With --keys environment the two variables to export are
    printed, once: keep them in your secret store.
    """
    file = folder / "onefold.toml"
    environ = dict(wiring(context).environ)
    fresh_keys = _fresh_keys(environ) if keys is Keys.ENVIRONMENT else {}
    if file.exists():
        _refuse_changes(file, source)
        say(f"{file} exists and is left as it is")
    else:
        mapping = _proposal(source, name) if source else ""
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(file, settings_text(key_provider=keys.value, mapping=mapping))
        say(f"{file} is written: read it, it explains every setting")
    installed = wiring(context).load(file)
    used = fresh_keys if installed.key_provider == Keys.ENVIRONMENT.value else {}
    wiring(context).create(installed, {**environ, **used})
    for variable, value in used.items():
        print(f"export {variable}={value}")
    _tell_next(file, has_mapping=bool(installed.mapping.sources), exported=bool(used))


def _fresh_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Make a root key and the first epoch key, unless the environment has keys already."""
    if any(environ.get(variable) for variable in _VARIABLES):
        return {}
    root, epoch = (base64.b64encode(os.urandom(_KEY_BYTES)).decode() for _ in _VARIABLES)
    return dict(zip(_VARIABLES, (root, f"1:{epoch}"), strict=True))


def _refuse_changes(file: Path, source: str) -> None:
    if source:
        raise SourceError(
            f"{file} exists and is never overwritten; give --from with another FOLDER, and copy from there"
        )


def _write_new(file: Path, text: str) -> None:
    # Exclusive: a file that appeared meanwhile is somebody's.
    with file.open("x", encoding="utf-8") as opened:
        opened.write(text)


def _proposal(source: str, name: str) -> str:
    try:
        url = make_url(source)
        named = name or Path(url.database or "shop").stem
        # Parameters are hidden, errors are replaced below: an address can hold a password.
        engine = sa.create_engine(_present(url), hide_parameters=True)
        with closing(engine.raw_connection()):
            return propose_mapping(sa.inspect(engine), name=named, topics=f"{named}.*")
    except (NoSuchModuleError, ModuleNotFoundError):
        raise SourceError(f"the driver for {source.partition(':')[0]} is not installed: {_mend(source)}") from None
    except ArgumentError:
        raise SourceError(
            "--from must be an address such as sqlite:///shop.db or postgresql+psycopg://user@host/db"
        ) from None
    except SQLAlchemyError as error:
        raise SourceError(
            f"the database of --from cannot be read ({type(error).__name__}); check its address"
        ) from None


def _mend(source: str) -> str:
    extra = next((extra for driver, extra in _EXTRAS.items() if source.startswith(f"{driver}:")), "")
    return f"pip install '.[{extra}]' in the checkout" if extra else "install it, or write the mapping by hand"


def _present(url: sa.URL) -> sa.URL:
    """Refuse an SQLite file that is not there: opening it would make it."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise SourceError("the database file of --from does not exist")
    return url


def _tell_next(file: Path, *, has_mapping: bool, exported: bool) -> None:
    if exported:
        say("the two lines on stdout are your keys: export them, keep them safe, they are not stored anywhere else")
    config = "" if file == Path("onefold.toml") else f" --config {file}"
    step = "read the proposed mapping" if has_mapping else "map your tables in it ([[source]])"
    say(f"next: {step}, then run: onefold check{config}")
