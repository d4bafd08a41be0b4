"""The parts of a running installation, as ``server.py`` puts them together and commands use them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from starlette.types import ASGIApp

from cdc import Applier, ParkingLot, Pipeline, Sealer, Steward, Translator
from cli.settings import Settings
from identity import CellReader
from privacy import CellCipher, IdentityTokens, KeyProvider, KeyRing, KeyStore
from storage import Bell, Database

#: What GraphiQL opens with, or None where tokens must not be handed out.
Session = Callable[[], "dict[str, object] | None"]


@dataclass(frozen=True, slots=True)
class Parts:
    """One installation, opened. ``close`` it when done."""

    settings: Settings
    database: Database
    keystore_database: Database
    provider: KeyProvider
    keystore: KeyStore
    keys: KeyRing
    cipher: CellCipher
    tokens: IdentityTokens
    reader: CellReader
    translator: Translator
    sealer: Sealer
    lot: ParkingLot
    applier: Applier
    steward: Steward
    pipeline: Pipeline
    bell: Bell

    def close(self) -> None:
        """Close both databases and what wakes others."""
        self.bell.close()
        self.database.close()
        self.keystore_database.close()


class WebApp(Protocol):
    """Build the web application of an opened installation."""

    def __call__(self, parts: Parts, *, session: Session | None) -> ASGIApp:
        """``session`` None leaves GraphiQL out."""
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """How commands get what they need; ``server.py`` supplies it.

    ``load`` reads the settings of a file; ``provider`` gives the root keys as an environment holds them; ``create`` makes key file,
    key store and both schemas with such an environment; ``migrate`` brings schemas up to date and names the revisions;
    ``open`` opens an installation that is ready; ``asgi`` builds its web application.
    """

    load: Callable[[Path], Settings]
    provider: Callable[[Settings, Mapping[str, str]], KeyProvider]
    create: Callable[[Settings, Mapping[str, str]], None]
    migrate: Callable[[Settings], Mapping[str, str]]
    open: Callable[[Settings], Parts]
    asgi: WebApp
    environ: Mapping[str, str]
