"""Is the key store there, and does it belong to the main database: found without opening the installation, changing neither."""

from collections.abc import Callable
from contextlib import closing

from sqlalchemy.engine import Connection

from cdc import check_key_store, compare_token_key, was_filled
from cli.parts import Wiring
from cli.revisions import Revision, revisions
from cli.settings import Settings
from privacy import IdentityTokens, KeyStore, holds_long_lived_keys
from storage import Database, OnefoldError


def key_store_fault(parts: Wiring, installed: Settings) -> str:
    """Say what is wrong with the key store (empty, another database's, of another root key) and the mend; "" when nothing is.

    Both databases must have the schema of this version.
    """
    with closing(Database(installed.database)) as database, closing(Database(installed.keystore)) as keystore:
        try:
            _compare(parts, installed, database, keystore)
        except OnefoldError as error:
            return str(error)
    return ""


def _compare(parts: Wiring, installed: Settings, database: Database, keystore: Database) -> None:
    with database.read() as connection, keystore.read() as keys:
        check_key_store(connection, keys)
    provider = parts.provider(installed, parts.environ)
    tokens = IdentityTokens(KeyStore(keystore, provider, tenant=installed.tenant).long_lived("TTOK"), installed.tenant)
    with database.read() as connection:
        compare_token_key(connection, tokens)


def has_keys(installed: Settings) -> bool:
    """Whether the key store holds keys that a root sealed."""
    _, keys = revisions(installed)
    return _asked(installed.keystore, keys, holds_long_lived_keys)


def was_used(installed: Settings) -> bool:
    """Whether the main database was ever opened with keys."""
    main, _ = revisions(installed)
    return _asked(installed.database, main, was_filled)


def missing_key_file(installed: Settings) -> str:
    """Say what to do where the key file is missing: a new one is for a new installation, others need theirs back."""
    if has_keys(installed):
        return f"key file {installed.key_file} is missing, and the key store was made with it; restore the file"
    if was_used(installed):
        return (
            f"key file {installed.key_file} and the key store are missing, and the database was made with them; "
            "restore the newest copies of both"
        )
    return f"key file {installed.key_file} is missing; run `onefold init` to make one"


def _asked(url: str, found: Revision, question: Callable[[Connection], bool]) -> bool:
    if not found.has:
        return False
    with closing(Database(url)) as database, database.read() as connection:
        return question(connection)
