"""The parts of a running installation, as ``server.py`` puts them together and commands use them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdc import ParkingLot, Pipeline, Applier, Sealer, Translator
from cli.settings import Settings
from identity import CellReader
from privacy import CellCipher, IdentityTokens, KeyProvider, KeyRing, KeyStore
from storage import Database


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
    pipeline: Pipeline

    def close(self) -> None:
        """Close both databases."""
        self.database.close()
        self.keystore_database.close()


@dataclass(frozen=True, slots=True)
class Wiring:
    """How commands get what they need; ``server.py`` supplies it.

    ``load`` reads the settings of a file; ``create`` makes key file, key store and both schemas; ``migrate`` brings schemas up to
    date and names the revisions; ``open`` opens an installation that is ready; ``asgi`` builds the web application.
    """

    load: Callable[[Path], Settings]
    create: Callable[[Settings], None]
    migrate: Callable[[Settings], Mapping[str, str]]
    open: Callable[[Settings], Parts]
    asgi: Callable[..., Any]
    environ: Mapping[str, str]
