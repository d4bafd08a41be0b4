"""Wiring: settings in; engines, keys, pipeline, schema, commands and the web application out.

The only module that knows all the others and reads the environment; nothing imports it.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cdc import Applier, ParkingLot, Pipeline, Sealer, TableIds, Translator
from cli.parts import Parts, Wiring
from cli.settings import Settings, load_settings
from identity import CellReader
from privacy import (
    CellCipher,
    EnvironmentProvider,
    IdentityTokens,
    KeyProvider,
    KeyRing,
    KeyStore,
    LocalFileProvider,
    finish_destruction,
)
from storage import Database
from storage.migrate import require, upgrade


def provider_of(settings: Settings, environ: Mapping[str, str]) -> KeyProvider:
    """The root key provider that the settings name."""
    if settings.key_provider == "environment":
        return EnvironmentProvider(environ)
    return LocalFileProvider(settings.key_file)


def create(settings: Settings) -> None:
    """Make what a new installation needs and leave what is there: key file, key store with its keys, both schemas."""
    if settings.key_provider == "file" and not settings.key_file.exists():
        LocalFileProvider.create(settings.key_file)
    migrate(settings)
    database = Database(settings.keystore)
    KeyStore(database, provider_of(settings, os.environ), tenant=settings.tenant).initialise()
    database.close()


def migrate(settings: Settings) -> dict[str, str]:
    """Bring both databases to this version's schema; gives their revisions."""
    main, keys = Database(settings.database), Database(settings.keystore)
    revisions = {"main": upgrade(main, "main"), "keys": upgrade(keys, "keys")}
    main.close()
    keys.close()
    return revisions


def open_parts(settings: Settings) -> Parts:
    """Open an installation: check revisions, finish what a stop left undone, put the parts together."""
    database, keystore_database = Database(settings.database), Database(settings.keystore)
    require(database, "main")
    require(keystore_database, "keys")
    provider = provider_of(settings, os.environ)
    keystore = KeyStore(keystore_database, provider, tenant=settings.tenant)
    # Keys whose destruction was committed but not carried out must be gone before anything is read.
    finish_destruction(database, keystore)
    keys, cipher = KeyRing(keystore), CellCipher(settings.tenant)
    tokens = IdentityTokens(keystore.long_lived("TTOK"), settings.tenant)
    reader = CellReader(keys, cipher)
    translator = Translator(settings.mapping, max_event_bytes=settings.max_event_bytes)
    sealer = Sealer(keystore, keys, cipher, tokens, settings.identity, reader, _registered(database, settings))
    lot = ParkingLot(keystore.system_key("TDLQ"), cipher, tokens)
    applier = Applier(database, sealer, lot=lot, translate=translator.translate, profile_rules=settings.profiles)
    return Parts(
        settings=settings,
        database=database,
        keystore_database=keystore_database,
        provider=provider,
        keystore=keystore,
        keys=keys,
        cipher=cipher,
        tokens=tokens,
        reader=reader,
        translator=translator,
        sealer=sealer,
        lot=lot,
        applier=applier,
        pipeline=Pipeline(database, applier, translator.translate),
    )


def _registered(database: Database, settings: Settings) -> TableIds:
    """Numbers for all mapped tables."""
    tables = TableIds()
    with database.write() as connection:
        tables.register(connection, [(s.name, name) for s in settings.mapping.sources for name in s.tables])
    return tables
