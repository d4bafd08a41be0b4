"""The installation's own keys: random, independent, each wrapped by the root key provider."""

import hashlib
import os
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from privacy.data_key import DataKey
from privacy.encoding import LP
from privacy.errors import KeyMissing
from privacy.providers import KeyProvider
from privacy.tables import long_lived_key
from privacy.wrapping import KEY_BYTES
from storage import Database, bulk

#: Identity tokens, search beacons, suppression list, audit and evidence, parked payloads, access tokens, cursors.
PURPOSES = ("TTOK", "TBIX", "TSUP", "TAUD", "TDLQ", "TSIG", "TCUR")


def holds_long_lived_keys(connection: Connection) -> bool:
    """Whether a key store, which has its schema, was ever made keys of its own."""
    return connection.execute(sa.select(long_lived_key.c.purpose).limit(1)).first() is not None


class LongLivedKeys:
    """Makes and unwraps the long-lived keys of one tenant; each is unwrapped once in a process."""

    def __init__(self, database: Database, provider: KeyProvider, *, tenant: str) -> None:
        self._database = database
        self._provider = provider
        self._tenant = tenant
        self._unwrapped: dict[str, tuple[int, bytes]] = {}

    def initialise(self, *, at: int) -> None:
        """Make the keys that are missing; those that exist stay as they are."""
        with self._database.write() as connection:
            bulk.upsert(connection, long_lived_key, [self._fresh(purpose, at) for purpose in PURPOSES], update=())

    def key(self, purpose: str) -> bytes:
        """Return the newest key of a purpose."""
        return self._newest(purpose)[1]

    def data_key(self, purpose: str) -> DataKey:
        """Return the key of a purpose as a data key, whose ids follow from purpose and version."""
        version, secret = self._newest(purpose)
        digest = hashlib.sha256(LP("cdp/system/v1", self._tenant, purpose, str(version))).digest()
        return DataKey(secret, dek_id=digest[:16], incarnation=digest[16:], tenant=self._tenant)

    def _newest(self, purpose: str) -> tuple[int, bytes]:
        if purpose not in self._unwrapped:
            self._unwrapped[purpose] = self._unwrap(purpose)
        return self._unwrapped[purpose]

    def _unwrap(self, purpose: str) -> tuple[int, bytes]:
        table = long_lived_key.c
        newest = sa.select(table.version, table.wrapped).where(table.purpose == purpose).order_by(table.version.desc())
        with self._database.read() as connection:
            row = connection.execute(newest.limit(1)).first()
        if row is None:
            raise KeyMissing(f"the key store has no {purpose} key; run `onefold init`")
        return row.version, self._provider.unwrap(row.wrapped, self._context(purpose, row.version))

    def _fresh(self, purpose: str, at: int) -> dict[str, Any]:
        wrapped = self._provider.wrap(os.urandom(KEY_BYTES), self._context(purpose, 1))
        return {"purpose": purpose, "version": 1, "wrapped": wrapped, "created_at": at}

    def _context(self, purpose: str, version: int) -> dict[str, str]:
        return {"tenant": self._tenant, "purpose": purpose, "version": str(version)}
