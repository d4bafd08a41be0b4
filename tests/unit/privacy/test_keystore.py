"""The key store."""

import copy
import os
import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from privacy import (
    PURPOSES,
    CellCipher,
    DataKey,
    IntegrityError,
    KeyDestroyed,
    KeyMissing,
    KeyProviderError,
    KeyStore,
    KeyUnavailable,
    LocalFileProvider,
    incarnation_key,
    long_lived_key,
)
from storage import Database

A, B, C = (bytes([number] * 16) for number in (1, 2, 3))
HOUR = 3_600


def again(keys_database: Database, provider: LocalFileProvider, tenant: str = "t1") -> KeyStore:
    """Another process: same database and provider, nothing cached."""
    return KeyStore(keys_database, provider, tenant=tenant)


def same(one: DataKey, other: DataKey) -> bool:
    return one.dek_id == other.dek_id and one.derived()[1] == other.derived()[1]


def verbs(statements: list[str]) -> list[str]:
    return [text.split()[0] for text in statements if not text.startswith(("BEGIN", "SET"))]


def columns(database: Database, *names: str) -> list[tuple[object, ...]]:
    query = sa.select(*(incarnation_key.c[name] for name in names)).order_by(incarnation_key.c.incarnation)
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_every_long_lived_key_is_made_once_and_differs(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider
) -> None:
    before = {purpose: keystore.long_lived(purpose) for purpose in PURPOSES}
    keystore.initialise()
    other = again(keys_database, provider)
    assert before == {purpose: other.long_lived(purpose) for purpose in PURPOSES}
    assert len(set(before.values())) == len(PURPOSES)
    assert {len(key) for key in before.values()} == {32}


def test_long_lived_keys_are_not_stored_in_clear(keystore: KeyStore, keys_database: Database) -> None:
    with keys_database.read() as connection:
        stored = b"".join(connection.scalars(sa.select(long_lived_key.c.wrapped)))
    assert not any(keystore.long_lived(purpose) in stored for purpose in PURPOSES)


def test_a_long_lived_key_moved_to_another_purpose_does_not_unwrap(keystore: KeyStore, keys_database: Database) -> None:
    table = long_lived_key.c
    with keys_database.write() as connection:
        stolen = connection.scalar(sa.select(table.wrapped).where(table.purpose == "TSIG"))
        connection.execute(sa.update(long_lived_key).where(table.purpose == "TCUR").values(wrapped=stolen))
    with pytest.raises(KeyProviderError, match="purpose=TCUR"):
        keystore.long_lived("TCUR")


def test_a_missing_long_lived_key_names_the_next_command(keys_database: Database, provider: LocalFileProvider) -> None:
    with pytest.raises(KeyMissing, match="no TTOK key; run `onefold init`"):
        again(keys_database, provider).long_lived("TTOK")


def test_a_system_key_is_the_same_in_every_process_and_for_each_purpose_another(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider
) -> None:
    parked = keystore.system_key("TDLQ")
    other = again(keys_database, provider).system_key("TDLQ")
    assert same(parked, other)
    assert parked.incarnation == other.incarnation
    assert parked.dek_id != keystore.system_key("TAUD").dek_id


def test_a_minted_key_is_committed_when_mint_returns(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider
) -> None:
    minted = keystore.mint([A, B])
    loaded = again(keys_database, provider).load([A, B])
    assert set(loaded) == {A, B}
    assert all(same(minted[each], loaded[each]) for each in (A, B))
    assert minted[A].derived()[1] != minted[B].derived()[1]


def test_minting_many_keys_is_one_statement(keystore: KeyStore, keys_database: Database) -> None:
    statements: list[str] = []
    sa.event.listen(keys_database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    keystore.mint(os.urandom(16) for _ in range(500))
    assert verbs(statements) == ["INSERT"]


def test_minting_nothing_asks_nobody(keystore: KeyStore, keys_database: Database) -> None:
    keys_database.close()
    assert keystore.mint([]) == {}
    keystore.destroy([])


def test_minting_again_keeps_the_key_that_is_there(keystore: KeyStore, keys_database: Database) -> None:
    first = keystore.mint([A])
    both = keystore.mint([A, B])
    assert same(first[A], both[A])
    assert columns(keys_database, "incarnation") == [(A,), (B,)]


def test_data_keys_are_not_stored_in_clear(keystore: KeyStore, keys_database: Database) -> None:
    key = keystore.mint([A])[A]
    ((wrapped,),) = columns(keys_database, "wrapped")
    assert isinstance(wrapped, bytes)
    assert key._dek not in wrapped
    assert len(wrapped) == 60


def test_destroyed_and_unknown_keys_are_absent(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider
) -> None:
    keystore.mint([A, B])
    keystore.destroy([A])
    assert set(keystore.load([A, B, C])) == {B}
    assert set(again(keys_database, provider).load([A, B, C])) == {B}


def test_a_destroyed_key_leaves_the_cache_at_once(keystore: KeyStore) -> None:
    keystore.mint([A])
    assert keystore.load([A])
    keystore.destroy([A])
    assert keystore.load([A]) == {}


def test_nothing_of_a_destroyed_key_is_left_in_its_row(keystore: KeyStore, keys_database: Database) -> None:
    minted = keystore.mint([A])
    keystore.destroy([A])
    assert columns(keys_database, "state", "wrapped", "kcv", "dek_id") == [("destroyed", None, None, minted[A].dek_id)]


def test_destroying_is_idempotent_and_leaves_a_tombstone_for_a_key_never_made(
    keystore: KeyStore, keys_database: Database
) -> None:
    for _ in range(2):
        keystore.destroy([A])
    assert columns(keys_database, "incarnation", "state", "wrapped") == [(A, "destroyed", None)]


def test_a_racing_writer_cannot_mint_a_destroyed_key_again(keystore: KeyStore, keys_database: Database) -> None:
    keystore.destroy([B])
    with pytest.raises(KeyDestroyed) as caught:
        keystore.mint([A, B, C])
    assert caught.value.incarnations == (B,)
    assert columns(keys_database, "incarnation", "state") == [(B, "destroyed")]


def test_loading_uses_the_cache_and_one_statement_for_the_rest(keystore: KeyStore, keys_database: Database) -> None:
    keystore.mint([A, B])
    keystore.load([A])
    statements: list[str] = []
    sa.event.listen(keys_database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    first = keystore.load([A, B, A])
    assert keystore.load([A, B]) == first
    assert verbs(statements) == ["SELECT"]


@pytest.mark.parametrize("column", ["wrapped", "dek_id"])
def test_a_key_copied_over_another_row_is_refused_and_its_neighbour_is_not(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider, column: str
) -> None:
    keystore.mint([A, B])
    table = incarnation_key.c
    with keys_database.write() as connection:
        value = connection.scalar(sa.select(table[column]).where(table.incarnation == A))
        connection.execute(sa.update(incarnation_key).where(table.incarnation == B).values({column: value}))
    loaded = again(keys_database, provider).load([A, B])
    loaded[A].derived()
    with pytest.raises(IntegrityError):
        loaded[B].derived()


def test_keys_of_another_tenant_do_not_open(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider
) -> None:
    keystore.mint([A])
    with pytest.raises(IntegrityError):
        again(keys_database, provider, "t2").load([A])[A].derived()


def test_keys_of_every_epoch_held_open_and_those_of_a_destroyed_one_never(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider
) -> None:
    keystore.mint([A])
    provider.add_epoch()
    keystore.mint([B])
    assert columns(keys_database, "epoch") == [(1,), (2,)]
    for key in again(keys_database, provider).load([A, B]).values():
        key.derived()
    provider.destroy_epoch(1)
    loaded = again(keys_database, provider).load([A, B])
    loaded[B].derived()
    with pytest.raises(KeyUnavailable):
        loaded[A].derived()


def test_a_key_that_could_not_be_unwrapped_is_asked_for_again(keystore: KeyStore, provider: LocalFileProvider) -> None:
    keystore.mint([A])
    hidden = provider.path.rename(provider.path.with_name("elsewhere"))
    with pytest.raises(KeyUnavailable):
        keystore.load([A])[A].derived()
    hidden.rename(provider.path)
    keystore.load([A])[A].derived()


def test_minting_without_a_provider_fails_and_can_be_retried(keystore: KeyStore, provider: LocalFileProvider) -> None:
    provider.path.unlink()
    with pytest.raises(KeyProviderError) as caught:
        keystore.mint([A])
    assert caught.value.retriable


def test_the_status_counts_and_names_no_secret(keystore: KeyStore, provider: LocalFileProvider) -> None:
    keystore.mint([A, B])
    provider.add_epoch()
    keystore.mint([C])
    keystore.destroy([B, bytes(16)])
    status = keystore.status()
    assert status.counts == {("active", 1): 1, ("active", 2): 1, ("destroyed", 1): 1, ("destroyed", None): 1}
    assert (status.provider, status.epochs, status.current_epoch) == ("local file", (1, 2), 2)
    assert status.long_lived == tuple((purpose, 1) for purpose in sorted(PURPOSES))
    assert status.epoch_age_seconds in range(60)


def test_orphans_are_swept_once_they_are_old_and_tombstones_stay(
    keys_database: Database, provider: LocalFileProvider
) -> None:
    clock = [0]
    keystore = KeyStore(keys_database, provider, tenant="t1", now=lambda: clock[0])
    keystore.mint([A, B])
    keystore.destroy([bytes(16)])
    keystore.load([A, B])
    clock[0] = 2 * HOUR * 1_000_000
    keystore.mint([C])
    assert keystore.sweep_orphans(lambda batch: {A} & set(batch), older_than_seconds=HOUR) == 1
    assert columns(keys_database, "incarnation") == [(bytes(16),), (A,), (C,)]
    assert set(keystore.load([A, B, C])) == {A, C}


def test_a_sweep_goes_through_all_keys_in_batches(
    keys_database: Database, provider: LocalFileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.keystore._SWEEP_BATCH", 3)
    clock = [0]
    keystore = KeyStore(keys_database, provider, tenant="t1", now=lambda: clock[0])
    keystore.mint(bytes([number] * 16) for number in range(10))
    clock[0] = HOUR * 1_000_000
    sizes: list[int] = []

    def know_even(batch: Sequence[bytes]) -> set[bytes]:
        sizes.append(len(batch))
        return {each for each in batch if each[0] % 2 == 0}

    assert keystore.sweep_orphans(know_even, older_than_seconds=60) == 5
    assert sizes == [3, 3, 3, 1]


def test_a_tombstone_written_during_a_sweep_stays(keys_database: Database, provider: LocalFileProvider) -> None:
    clock = [0]
    keystore = KeyStore(keys_database, provider, tenant="t1", now=lambda: clock[0])
    keystore.mint([A])
    clock[0] = HOUR * 1_000_000

    def destroy_meanwhile(batch: Sequence[bytes]) -> set[bytes]:
        keystore.destroy(batch)
        return set()

    keystore.sweep_orphans(destroy_meanwhile, older_than_seconds=60)
    with pytest.raises(KeyDestroyed):
        keystore.mint([A])


def test_a_data_key_shows_its_name_only_and_is_never_pickled(keystore: KeyStore) -> None:
    key = keystore.mint([A])[A]
    assert repr(key) == f"DataKey(incarnation={A.hex()}, dek_id={key.dek_id.hex()})"
    assert repr(keystore) == "KeyStore(tenant='t1', provider='local file')"
    for leave in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="never pickled"):
            leave(DataKey(bytes(32), dek_id=A, incarnation=A, tenant="t1"))


def test_a_cell_sealed_before_a_restart_opens_after_it(
    keystore: KeyStore, keys_database: Database, provider: LocalFileProvider, tmp_path: Path
) -> None:
    cell = CellCipher("t1").seal(keystore.mint([A])[A], table="record_cell", column="name", value="陈晓明")
    store = again(keys_database, LocalFileProvider(provider.path))
    assert CellCipher("t1").open(store.load([A])[A], cell, table="record_cell", column="name") == "陈晓明"
