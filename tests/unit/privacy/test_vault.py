"""The frozen vault: what release 0.1 wrote opens for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from privacy import CellCipher, EnvironmentProvider, IdentityTokens, KeyStore, incarnation_key, long_lived_key
from storage import KEYS, Database, bulk

VAULT = Path(__file__).parents[2] / "data" / "vault-v1"


def read(name: str) -> Any:
    return json.loads((VAULT / name).read_text(encoding="utf-8"))


@pytest.fixture
def frozen(tmp_path: Path) -> KeyStore:
    """Fill a key store with the rows of the vault."""
    vault = read("wrapped_keys.json")
    database = Database(f"sqlite:///{tmp_path / 'keys.db'}")
    KEYS.create_all(database.engine)
    with database.write() as connection:
        bulk.insert(connection, long_lived_key, [long_lived_row(each) for each in vault["long_lived"]])
        bulk.insert(connection, incarnation_key, [data_key_row(each) for each in vault["data_keys"]])
    return KeyStore(database, EnvironmentProvider(vault["environment"]), tenant=vault["tenant"])


def long_lived_row(each: dict[str, Any]) -> dict[str, Any]:
    wrapped = bytes.fromhex(each["wrapped"])
    return {"purpose": each["purpose"], "version": each["version"], "wrapped": wrapped, "created_at": 0}


def data_key_row(each: dict[str, Any]) -> dict[str, Any]:
    binary = {name: bytes.fromhex(each[name]) for name in ("incarnation", "dek_id", "wrapped", "kcv")}
    return {**binary, "epoch": each["epoch"], "state": "active", "created_at": 0}


def test_every_long_lived_key_unwraps(frozen: KeyStore) -> None:
    for each in read("wrapped_keys.json")["long_lived"]:
        assert frozen.long_lived(each["purpose"]).hex() == each["key"]


def test_every_data_key_unwraps(frozen: KeyStore) -> None:
    expected = {bytes.fromhex(each["incarnation"]): each for each in read("wrapped_keys.json")["data_keys"]}
    loaded = frozen.load(expected)
    assert {each["epoch"] for each in expected.values()} == {1, 2}
    for incarnation, each in expected.items():
        assert loaded[incarnation].derived()[1].hex() == each["commitment"]
        assert each["commitment"].startswith(each["kcv"])


def test_every_cell_opens(frozen: KeyStore) -> None:
    for each in read("cells.json")["cells"]:
        incarnation = bytes.fromhex(each["incarnation"])
        key = frozen.load([incarnation])[incarnation]
        place = {name: each[name] for name in ("table", "column", "kind")}
        assert CellCipher("vault").open(key, bytes.fromhex(each["cell"]), **place) == each["value"]


def test_the_system_cell_opens(frozen: KeyStore) -> None:
    each = read("cells.json")["system_cell"]
    key = frozen.system_key(each["purpose"])
    assert (key.dek_id.hex(), key.incarnation.hex()) == (each["dek_id"], each["incarnation"])
    cell = bytes.fromhex(each["cell"])
    assert CellCipher("vault").open(key, cell, table=each["table"], column=each["column"]) == each["value"]


def test_every_token_is_made_again(frozen: KeyStore) -> None:
    tokens = IdentityTokens(frozen.long_lived("TTOK"), "vault")
    for each in read("tokens.json")["tokens"]:
        token = tokens.token(each["kind"], each["normalised"], norm_version=each["norm_version"])
        assert token.hex() == each["token"]
    for each in read("tokens.json")["row_tokens"]:
        assert tokens.row_token(each["source"], each["table"], each["key"]).hex() == each["token"]
