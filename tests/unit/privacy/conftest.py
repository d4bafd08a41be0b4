"""A key store and a main database in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy import KeyStore, LocalFileProvider
from storage import KEYS, MAIN, Database


@pytest.fixture
def provider(tmp_path: Path) -> LocalFileProvider:
    return LocalFileProvider.create(tmp_path / "keys.json")


@pytest.fixture
def keys_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'keys.db'}")
    KEYS.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def main(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'main.db'}")
    MAIN.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def keystore(keys_database: Database, provider: LocalFileProvider) -> KeyStore:
    store = KeyStore(keys_database, provider, tenant="t1")
    store.initialise()
    return store
