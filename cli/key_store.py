"""Does the key store belong to the main database: found without opening the installation, changing neither."""

from contextlib import closing

from cdc import check_key_store, compare_token_key
from cli.parts import Wiring
from cli.settings import Settings
from privacy import IdentityTokens, KeyStore
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
