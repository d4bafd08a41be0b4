"""The key store: long-lived keys and one data key for each incarnation, in a database of its own.

*Create* commits a key here before the main database learns of the incarnation; what a crash leaves over is swept as an orphan.
*Destroy* leaves a tombstone, so that a writer that raced the destruction cannot make a key for the same incarnation again.
Wrapped keys are bound to tenant, incarnation, dek_id and epoch: a row copied over another one does not unwrap.

Time is in microseconds since 1970 UTC.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Connection

from privacy.data_key import DataKey
from privacy.encoding import LP
from privacy.errors import IntegrityError, KeyDestroyed, KeyProviderError, KeyUnavailable
from privacy.key_cache import KeyCache
from privacy.long_lived import LongLivedKeys
from privacy.providers import KeyProvider
from privacy.tables import incarnation_key, long_lived_key
from privacy.wrapping import KEY_BYTES, unwrap, wrap
from storage import Database, bulk

_STORED = sa.select(
    incarnation_key.c.incarnation,
    incarnation_key.c.dek_id,
    incarnation_key.c.epoch,
    incarnation_key.c.state,
    incarnation_key.c.wrapped,
)

_ACTIVE = "active"
_DESTROYED = "destroyed"
_DEK_ID_BYTES = 16
_KCV_BYTES = 8
_SWEEP_BATCH = 5_000
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """What `onefold keys status` shows.

    ``counts``: number of data keys by (state, epoch); the epoch is None for keys destroyed before they were made.
    ``epoch_age_seconds`` is None when the provider does not know when the current epoch began.
    ``long_lived``: (purpose, version) of each.
    """

    provider: str
    epochs: tuple[int, ...]
    current_epoch: int
    epoch_age_seconds: int | None
    counts: Mapping[tuple[str, int | None], int]
    long_lived: tuple[tuple[str, int], ...]


def _now() -> int:
    return time.time_ns() // 1000


class KeyStore:
    """Makes, loads and destroys keys; thread-safe. All methods take lists: none asks the database once for each key."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        *,
        tenant: str,
        cache: KeyCache | None = None,
        now: Callable[[], int] = _now,
    ) -> None:
        self._database = database
        self._provider = provider
        self._tenant = tenant
        self._cache = KeyCache() if cache is None else cache
        self._now = now
        self._long_lived = LongLivedKeys(database, provider, tenant=tenant)

    def __repr__(self) -> str:
        return f"KeyStore(tenant={self._tenant!r}, provider={self._provider.name!r})"

    def initialise(self) -> None:
        """Make the long-lived keys that are missing; those that exist stay as they are."""
        self._long_lived.initialise(at=self._now())

    def long_lived(self, purpose: str) -> bytes:
        """Return the newest 32-byte key of a purpose; raise :class:`KeyMissing` when there is none."""
        return self._long_lived.key(purpose)

    def system_key(self, purpose: str) -> DataKey:
        """Return a data key of the installation itself, such as TDLQ for parked payloads; its ids follow from purpose and version."""
        return self._long_lived.data_key(purpose)

    def mint(self, incarnations: Iterable[bytes]) -> dict[bytes, DataKey]:
        """Make a data key for each incarnation, committed when this returns; one that has a key already keeps it.

        Raise :class:`KeyDestroyed`, and make none, when the key of any of them was destroyed.
        """
        made = self._fresh(sorted(set(incarnations)))
        if not made:
            return {}
        try:
            with self._database.write() as connection:
                bulk.insert(connection, incarnation_key, [row for row, _ in made])
        except sa.exc.IntegrityError:
            return self._mint_missing(made)
        return {key.incarnation: key for _, key in made}

    def load(self, incarnations: Iterable[bytes]) -> dict[bytes, DataKey]:
        """Return the data keys of ``incarnations``; destroyed and unknown ones are absent.

        A key that is there but cannot be unwrapped is given too: using it raises :class:`IntegrityError` (the row was altered)
        or :class:`KeyUnavailable` (the provider does not answer or does not hold the epoch).
        """
        wanted = list(dict.fromkeys(incarnations))
        keys, mark = self._cache.get(wanted)
        missing = [incarnation for incarnation in wanted if incarnation not in keys]
        if missing:
            loaded = self._read(missing)
            self._cache.put((key for key in loaded if key.is_usable), mark)
            keys.update((key.incarnation, key) for key in loaded)
        return keys

    def destroy(self, incarnations: Iterable[bytes]) -> None:
        """Destroy keys, committed when this returns; again is no error, nor is a key that was never made.

        For good, whatever loses its power, when :meth:`scrub` succeeded after it.
        """
        doomed = sorted(set(incarnations))
        rows = [self._tombstone(incarnation) for incarnation in doomed]
        if not rows:
            return
        with self._database.write(before_scrub=True) as connection:
            bulk.upsert(connection, incarnation_key, rows, update=("wrapped", "kcv", "state"))
        self._cache.drop(doomed)

    def destroyed(self, incarnations: Iterable[bytes]) -> set[bytes]:
        """Those of ``incarnations`` whose key was destroyed; one that was never made here is not among them."""
        with self._database.read(by_keys=True) as connection:
            rows = _rows(connection, list(dict.fromkeys(incarnations)))
        return {row.incarnation for row in rows if row.state == _DESTROYED}

    def scrub(self) -> bool:
        """Leave no wrapped bytes of destroyed keys in the database's files; False when that must be tried again."""
        return self._database.scrub()

    def sweep_orphans(self, is_known: Callable[[Sequence[bytes]], set[bytes]], *, older_than_seconds: int) -> int:
        """Delete keys whose incarnation the main database does not know, and return how many.

        ``is_known`` gives those of a batch that it knows. ``older_than_seconds`` must exceed the longest time between minting
        a key and committing its record, or a live record loses its key.
        """
        swept = 0
        for batch in self._made_before(self._now() - older_than_seconds * _MICROSECONDS):
            known = is_known(batch)
            orphans = [incarnation for incarnation in batch if incarnation not in known]
            if orphans:
                self._delete_active(orphans)
            self._cache.drop(orphans)
            swept += len(orphans)
        return swept

    def status(self) -> KeyStatus:
        """Count keys and name epochs and versions; no key is unwrapped."""
        current = self._provider.current_epoch()
        began = self._provider.created_at(current)
        by = (incarnation_key.c.state, incarnation_key.c.epoch)
        versions = sa.select(long_lived_key.c.purpose, long_lived_key.c.version).order_by("purpose", "version")
        with self._database.read(by_keys=True) as connection:
            return KeyStatus(
                provider=self._provider.name,
                epochs=self._provider.epochs(),
                current_epoch=current,
                epoch_age_seconds=None if began is None else (self._now() - began) // _MICROSECONDS,
                counts={
                    (state, epoch): count
                    for state, epoch, count in connection.execute(sa.select(*by, sa.func.count()).group_by(*by))
                },
                long_lived=tuple((purpose, version) for purpose, version in connection.execute(versions)),
            )

    def _fresh(self, incarnations: Sequence[bytes]) -> list[tuple[dict[str, Any], DataKey]]:
        epoch, created_at = self._provider.current_epoch(), self._now()
        wrapper = AESGCM(self._provider.epoch_key(epoch))
        made = []
        for incarnation, drawn in zip(incarnations, _drawn(len(incarnations)), strict=True):
            dek, dek_id = drawn[:KEY_BYTES], drawn[KEY_BYTES:]
            key = DataKey(dek, dek_id=dek_id, incarnation=incarnation, tenant=self._tenant)
            row = {
                "incarnation": incarnation,
                "dek_id": dek_id,
                "wrapped": wrap(wrapper, dek, self._aad(incarnation, dek_id, epoch)),
                "epoch": epoch,
                "state": _ACTIVE,
                "kcv": key.derived()[1][:_KCV_BYTES],
                "created_at": created_at,
            }
            made.append((row, key))
        return made

    def _mint_missing(self, made: Sequence[tuple[dict[str, Any], DataKey]]) -> dict[bytes, DataKey]:
        """Take the slow way: some have a key or a tombstone; read back what was inserted and what was there."""
        keys = {key.incarnation: key for _, key in made}
        with self._database.write() as connection:
            bulk.upsert(connection, incarnation_key, [row for row, _ in made], update=())
            rows = _rows(connection, list(keys))
            destroyed = [row.incarnation for row in rows if row.state == _DESTROYED]
            if destroyed:
                raise KeyDestroyed(destroyed)
        kept = [row for row in rows if row.dek_id != keys[row.incarnation].dek_id]
        keys.update((key.incarnation, key) for key in self._unwrap(kept))
        return keys

    def _read(self, incarnations: Sequence[bytes]) -> list[DataKey]:
        with self._database.read(by_keys=True) as connection:
            rows = _rows(connection, incarnations)
        return self._unwrap([row for row in rows if row.state == _ACTIVE])

    def _unwrap(self, rows: Sequence[sa.Row[Any]]) -> list[DataKey]:
        wrappers = {epoch: self._wrapper(epoch) for epoch in {row.epoch for row in rows}}
        return [self._unwrap_one(row, wrappers[row.epoch]) for row in rows]

    def _unwrap_one(self, row: sa.Row[Any], wrapper: AESGCM | None) -> DataKey:
        incarnation, dek_id, epoch = row.incarnation, row.dek_id, row.epoch
        if wrapper is None:
            return DataKey.unusable(KeyUnavailable, dek_id=dek_id, incarnation=incarnation, tenant=self._tenant)
        dek = unwrap(wrapper, row.wrapped, self._aad(incarnation, dek_id, epoch))
        if dek is None:
            return DataKey.unusable(IntegrityError, dek_id=dek_id, incarnation=incarnation, tenant=self._tenant)
        return DataKey(dek, dek_id=dek_id, incarnation=incarnation, tenant=self._tenant)

    def _wrapper(self, epoch: int) -> AESGCM | None:
        try:
            return AESGCM(self._provider.epoch_key(epoch))
        except KeyProviderError:
            return None

    def _aad(self, incarnation: bytes, dek_id: bytes, epoch: int) -> bytes:
        return LP(self._tenant, incarnation, dek_id, str(epoch))

    def _tombstone(self, incarnation: bytes) -> dict[str, Any]:
        return {
            "incarnation": incarnation,
            "dek_id": None,
            "wrapped": None,
            "epoch": None,
            "state": _DESTROYED,
            "kcv": None,
            "created_at": self._now(),
        }

    def _delete_active(self, incarnations: Sequence[bytes]) -> None:
        """Tombstones stay: one may have been written since the batch was read."""
        table = incarnation_key.c
        doomed = sa.delete(incarnation_key).where(table.incarnation.in_(incarnations), table.state == _ACTIVE)
        with self._database.write() as connection:
            connection.execute(doomed)

    def _made_before(self, cutoff: int) -> Iterator[list[bytes]]:
        table = incarnation_key.c
        due = sa.select(table.incarnation).where(table.state == _ACTIVE, table.created_at < cutoff)
        last = b""
        while True:
            page = due.where(table.incarnation > last).order_by(table.incarnation).limit(_SWEEP_BATCH)
            with self._database.read(by_keys=True) as connection:
                batch = list(connection.scalars(page))
            if not batch:
                return
            yield batch
            last = batch[-1]


def _drawn(keys: int) -> list[bytes]:
    """What is random of each new key: the key and its id; one system call."""
    size = KEY_BYTES + _DEK_ID_BYTES
    drawn = os.urandom(size * keys)
    return [drawn[at : at + size] for at in range(0, len(drawn), size)]


def _rows(connection: Connection, incarnations: Sequence[bytes]) -> list[sa.Row[Any]]:
    return bulk.select_in(connection, _STORED, incarnation_key.c.incarnation, incarnations)
