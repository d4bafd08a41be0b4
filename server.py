"""Wiring: settings in; engines, keys, pipeline, schema, commands and the web application out.

The only module that knows all the others and reads the environment; nothing imports it. ``onefold …`` is :func:`main`.
"""

# ruff: noqa: E402 - the signal and the collector are seen to before the imports

import gc
import signal

# Ctrl-C during the imports ends the process at once: nothing was begun. False where a shell started us in the background.
_HEARS_CTRL_C = signal.getsignal(signal.SIGINT) is signal.default_int_handler
if _HEARS_CTRL_C:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

# Imports make a million objects and hardly a cycle: to look for those is a tenth of the time in which a command starts.
gc.disable()

import os
import sys

# Of the readings of words, which we do not ask for, pypinyin else makes a table of 43 MiB.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")

from collections.abc import Mapping
from contextlib import closing
from functools import partial

from starlette.types import ASGIApp

from cdc import (
    DIFFERENCE_KEY,
    Applier,
    Breaker,
    DifferenceKeeper,
    OutboxKeeper,
    ParkingLot,
    Pipeline,
    Sealer,
    Steward,
    TableIds,
    Translator,
    check_key_store,
    check_token_key,
    register_shapes,
    rule_fingerprints,
    shapes_of,
    wall_time,
)
from cli.app import run
from cli.audited import chain_name
from cli.interrupts import INTERRUPTED
from cli.key_store import has_keys, missing_key_file
from cli.logs import configure_logs
from cli.parts import Parts, Session, Wiring
from cli.settings import Settings, load_settings
from identity import CellReader, Matcher, MatchReader, keyed, open_model
from privacy import (
    AuditLog,
    CellCipher,
    EnvironmentProvider,
    IdentityTokens,
    KeyFileMissing,
    KeyProvider,
    KeyProviderError,
    KeyRing,
    KeyStore,
    LocalFileProvider,
    finish_destruction,
)
from storage import Database, open_bell
from storage.migrate import require, upgrade

gc.freeze()
gc.enable()
if _HEARS_CTRL_C:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """Run the command line."""
    try:
        configure_logs()
        calm_collector()
        run(wiring(os.environ))
    except KeyboardInterrupt:  # before the command had begun; it sees to the others itself
        sys.exit(INTERRUPTED)


def calm_collector() -> None:
    """Look for cyclic garbage in bigger steps: by default that is a tenth of ingest.

    2,000 events make some 400,000 objects that live until the end of their batch, and few cycles: two looks inside one; more objects
    between two looks gain nothing any more.
    """
    gc.set_threshold(200_000, 10, 10)


def wiring(environ: Mapping[str, str]) -> Wiring:
    """What commands get, with an environment."""
    return Wiring(
        load=partial(load_settings, environ=environ),
        provider=provider_of,
        create=create,
        migrate=migrate,
        open=partial(open_parts, environ=environ),
        asgi=asgi,
        environ=environ,
    )


def provider_of(settings: Settings, environ: Mapping[str, str]) -> KeyProvider:
    """The root key provider that the settings name."""
    if settings.key_provider == "environment":
        return EnvironmentProvider(environ)
    try:
        return LocalFileProvider(settings.key_file)
    except KeyFileMissing:
        raise KeyProviderError(missing_key_file(settings)) from None


def create(settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
    """Make what a new installation needs and leave what is there: key file, key store with its keys, both schemas."""
    migrate(settings)
    _refuse_new_keys(settings)
    database = Database(settings.keystore)
    try:
        if settings.key_provider == "file" and not settings.key_file.exists():
            if has_keys(settings):  # beside keys that an old root sealed a new one would open nothing
                raise KeyProviderError(missing_key_file(settings))
            LocalFileProvider.create(settings.key_file)
        KeyStore(database, provider_of(settings, environ), tenant=settings.tenant).initialise()
    finally:
        database.close()


def _refuse_new_keys(settings: Settings) -> None:
    """New keys beside records that lost ones sealed would look like an installation and open nothing."""
    with closing(Database(settings.database)) as database, closing(Database(settings.keystore)) as keystore:
        _check_key_store(database, keystore)


def _check_key_store(database: Database, keystore: Database) -> None:
    with database.read() as connection, keystore.read() as keys:
        check_key_store(connection, keys)


def migrate(settings: Settings) -> dict[str, str]:
    """Bring both databases to this version's schema; gives their revisions."""
    main_database, keystore = Database(settings.database), Database(settings.keystore)
    try:
        return {"main": upgrade(main_database, "main"), "keys": upgrade(keystore, "keys")}
    finally:
        main_database.close()
        keystore.close()


def open_parts(settings: Settings, environ: Mapping[str, str] = os.environ) -> Parts:
    """Open an installation: check revisions, finish what a stop left undone, put the parts together."""
    provider = provider_of(settings, environ)  # first: what is missing together with the key file is told with it
    database = Database(settings.database, background_checkpoints=True)
    keystore_database = Database(settings.keystore)
    try:
        return _parts(settings, database, keystore_database, provider=provider)
    except BaseException:
        database.close()
        keystore_database.close()
        raise


def _parts(settings: Settings, database: Database, keystore_database: Database, *, provider: KeyProvider) -> Parts:
    require(database, "main")
    require(keystore_database, "keys")
    _check_key_store(database, keystore_database)
    keystore = KeyStore(keystore_database, provider, tenant=settings.tenant)
    keys, cipher = KeyRing(keystore), CellCipher(settings.tenant)
    tokens = IdentityTokens(keystore.long_lived("TTOK"), settings.tenant)
    with database.write() as connection:
        check_token_key(connection, tokens)
    # Keys whose destruction was committed but not carried out must be gone before anything is read; in no other key store.
    finish_destruction(database, keystore)
    reader = CellReader(keys, cipher)
    translator = Translator(settings.mapping, max_event_bytes=settings.max_event_bytes)
    matcher = _matcher(settings, tokens)
    sealer = Sealer(
        keystore, keys, cipher, tokens, matcher, reader, MatchReader(keys, cipher), _registered(database, settings)
    )
    lot = ParkingLot(keystore.system_key("TDLQ"), cipher, tokens)
    applier = Applier(
        database,
        sealer,
        lot=lot,
        translate=translator.translate,
        profile_rules=settings.profiles,
        breaker=Breaker(settings.pause_above_merges),
    )
    bell = open_bell(settings.redis_url)
    keeper = OutboxKeeper(database, keep_days=settings.publish.keep_days)
    database.after_telling += [bell.ring, keeper.look, DifferenceKeeper(database).look]
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
        steward=Steward(database, sealer, settings.profiles),
        pipeline=Pipeline(
            database,
            applier,
            translator.translate,
            rules=rule_fingerprints(matcher, settings.profiles),
        ),
        bell=bell,
    )


def _matcher(settings: Settings, tokens: IdentityTokens) -> Matcher:
    """Rules and model; what an installation learned of its own people is in its model as keyed hashes."""
    model = open_model(settings.identity, settings.file.parent, keyed(tokens))
    return Matcher(settings.identity, model, tokens.token)


def asgi(parts: Parts, *, session: Session | None) -> ASGIApp:
    """The web application of an opened installation; ``session`` None leaves GraphiQL out."""
    # Here, as no other command needs them: GraphQL is a fifth of what is imported.
    from cli.web_app import web_app  # noqa: PLC0415 - for `serve` alone
    from resolvers import ApiParts  # noqa: PLC0415 - for `serve` alone

    api = ApiParts(
        database=parts.database,
        keys=parts.keys,
        cipher=parts.cipher,
        tokens=parts.tokens,
        identity_rules=parts.settings.identity,
        matcher=parts.sealer.matcher,
        match_reader=parts.sealer.match_reader,
        steward=parts.steward,
        survivorship=parts.settings.profiles.survivorship,
        currency=parts.settings.currency,
        purposes=parts.settings.purposes,
        signing_key=parts.keystore.long_lived("TSIG"),
        cursor_key=parts.keystore.long_lived("TCUR"),
        audit_pseudonym_key=parts.keystore.long_lived("TAUD"),
        difference_key=parts.keystore.system_key(DIFFERENCE_KEY),
        audit=AuditLog(parts.database, chain_name("api")),
        clock=wall_time,
    )
    return web_app(parts, api, session=session)


def _registered(database: Database, settings: Settings) -> TableIds:
    """Numbers for all mapped tables, and for what each is mapped as."""
    tables = TableIds()
    with database.write() as connection:
        tables.register(connection, [(s.name, name) for s in settings.mapping.sources for name in s.tables])
        register_shapes(connection, tables, shapes_of(settings.mapping))
    return tables


if __name__ == "__main__":
    main()
