"""Destroying keys in two steps."""

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from privacy import (
    KeyDestroyed,
    KeyNotStored,
    KeyRing,
    KeyStore,
    destroy_pending,
    finish_destruction,
    incarnation_key,
    pending_destruction,
    request_destruction,
    without_pending,
)
from storage import Bytes, Database

A, B, C, D = (bytes([number] * 16) for number in (1, 2, 3, 4))


class PowerCutError(Exception):
    """Stands for a process that stops."""


def ask(main: Database, *incarnations: bytes) -> None:
    with main.write() as connection:
        request_destruction(connection, incarnations, at=1)


def loaded(main: Database, keystore: KeyStore) -> set[bytes]:
    with main.read() as connection:
        return set(KeyRing(keystore).load(connection, [A, B, C]))


def states(database: Database) -> dict[bytes, str]:
    with database.read() as connection:
        rows = connection.execute(sa.select(incarnation_key.c.incarnation, incarnation_key.c.state))
        return {row.incarnation: row.state for row in rows}


def count_pending(main: Database) -> int:
    with main.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(destroy_pending)) or 0


def test_keys_are_destroyed_and_the_request_is_gone(
    main: Database, keystore: KeyStore, keys_database: Database
) -> None:
    keystore.mint([A, B])
    ask(main, A)
    assert finish_destruction(main, keystore) == 1
    assert states(keys_database) == {A: "destroyed", B: "active"}
    assert count_pending(main) == 0
    assert finish_destruction(main, keystore) == 0


def test_what_would_be_done_again_is_not_synced_and_all_else_is(
    main: Database, keystore: KeyStore, keys_database: Database
) -> None:
    """The key store is synced by its scrub, before which the request stays."""
    levels: list[tuple[str, int]] = []

    def note(name: str, connection: sa.Connection) -> None:
        driven: Any = connection.connection.driver_connection
        levels.append((name, driven.execute("PRAGMA synchronous").fetchone()[0]))

    sa.event.listen(main.engine, "commit", partial(note, "main"))
    sa.event.listen(keys_database.engine, "commit", partial(note, "keys"))
    keystore.mint([A])
    ask(main, A)
    finish_destruction(main, keystore)
    keystore.mint([B])
    ask(main, B)
    usual, done = [("keys", 2), ("main", 2)], [("keys", 1), ("main", 1)]
    assert levels == usual + done + usual


def test_a_pending_key_is_refused_although_it_is_cached(main: Database, keystore: KeyStore) -> None:
    keystore.mint([A, B, C])
    assert loaded(main, keystore) == {A, B, C}
    ask(main, B)
    assert loaded(main, keystore) == {A, C}
    with main.read() as connection:
        assert pending_destruction(connection, [A, B]) == {B}


def test_a_request_that_rolls_back_destroys_nothing(main: Database, keystore: KeyStore) -> None:
    keystore.mint([A])
    with main.engine.connect() as connection, connection.begin() as transaction:
        request_destruction(connection, [A], at=1)
        transaction.rollback()
    assert finish_destruction(main, keystore) == 0
    assert loaded(main, keystore) == {A}


def test_a_key_is_destroyed_when_it_is_pending_or_has_a_tombstone_and_else_missing(
    main: Database, keystore: KeyStore
) -> None:
    keystore.destroy([A])
    ask(main, B)
    ring = KeyRing(keystore)
    with main.read() as connection:
        assert ring.destroyed(connection, [A, B, C]) == {A, B}
        assert ring.require(connection, [A, B]) == {}
        with pytest.raises(KeyNotStored, match="restore the newest copy of the key store") as caught:
            ring.require(connection, [A, B, C])
    assert caught.value.incarnations == (C,)


def test_of_rows_found_without_what_is_pending_a_missing_key_is_still_told_from_a_destroyed_one(
    main: Database, keystore: KeyStore
) -> None:
    keystore.mint([A])
    ask(main, B)
    keystore.destroy([D])
    ring = KeyRing(keystore)
    rows = sa.union_all(*(sa.select(sa.literal(one, Bytes(16)).label("of")) for one in (A, B, C, D))).subquery()
    with main.read() as connection:
        found = list(connection.scalars(without_pending(sa.select(rows.c.of), rows.c.of)))
        assert found == [A, C, D]
        assert ring.require_of(connection, [A, D]).keys() == {A}
        with pytest.raises(KeyNotStored) as caught:
            ring.require_of(connection, found)
    assert caught.value.incarnations == (C,)


def test_asking_twice_is_asking_once(main: Database, keystore: KeyStore) -> None:
    ask(main, A, A)
    ask(main, A, B)
    assert finish_destruction(main, keystore) == 2


def test_a_stop_before_the_key_store_leaves_the_key_refused_and_the_replay_destroys_it(
    main: Database, keystore: KeyStore, keys_database: Database
) -> None:
    keystore.mint([A])
    ask(main, A)
    assert loaded(main, keystore) == set()
    assert states(keys_database) == {A: "active"}
    assert finish_destruction(main, keystore) == 1
    assert states(keys_database) == {A: "destroyed"}


def test_a_stop_between_the_two_databases_is_finished_by_the_replay(
    main: Database, keystore: KeyStore, keys_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore.mint([A])
    ask(main, A)

    def stop(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr("privacy.destruction.bulk.delete_in", stop)
        with pytest.raises(PowerCutError):
            finish_destruction(main, keystore)
    assert states(keys_database) == {A: "destroyed"}
    assert count_pending(main) == 1
    assert loaded(main, keystore) == set()
    assert finish_destruction(main, keystore) == 1
    assert count_pending(main) == 0


def test_the_request_outlives_a_key_store_that_fails(
    main: Database, keystore: KeyStore, keys_database: Database
) -> None:
    keystore.mint([A])
    ask(main, A)
    with keys_database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE incarnation_key RENAME TO away"))
    with pytest.raises(sa.exc.DBAPIError):
        finish_destruction(main, keystore)
    assert count_pending(main) == 1


def test_a_record_whose_key_was_to_be_destroyed_before_it_was_made_gets_none(
    main: Database, keystore: KeyStore
) -> None:
    ask(main, A)
    finish_destruction(main, keystore)
    with pytest.raises(KeyDestroyed):
        keystore.mint([A])
