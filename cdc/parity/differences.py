"""The rows that differed at the last audit of a table: a short list, kept for those who may ask for it through the API.

Keys of persons, and keys that the mapping calls personal, are sealed under the installation's TDLQ key as parked events are, each bound
to its row. Nothing of them stays: the next audit of the table replaces the list, a row that ends leaves it, in the transaction
that ends it, and after :data:`KEPT_DAYS` it is deleted.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from cdc.parity.findings import Named, SealedDifference, TableParity
from cdc.sealing import Sealer
from cdc.store import forget_differences, versions
from cdc.tables import source_difference
from cdc.writing import wall_time
from identity import RowKey
from storage import Database, insert

#: How many rows of a table are listed, of all kinds of difference together.
LISTED: Final = 100
KEPT_DAYS: Final = 14
#: The installation's own key that the keys of rows are sealed under.
DIFFERENCE_KEY: Final = "TDLQ"
_PAUSE_SECONDS: Final = 3_600.0
_MICROSECONDS_A_DAY: Final = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class StoredDifference:
    """A row that differed: ``kind`` is one of :data:`cdc.parity.KINDS`, ``columns`` those whose values differ, ``code`` a park code.

    ``natural_key`` is the JSON of ``[source, table, *key]``; ``sealed_key`` the same sealed for :attr:`place`; both None: there is none.
    """

    kind: str
    code: str
    columns: tuple[str, ...]
    row_token: bytes
    natural_key: str | None
    sealed_key: bytes | None

    @property
    def place(self) -> tuple[str, str]:
        """The table and column that the sealed key is bound to."""
        return source_difference.name, _column(self.row_token)


def listed(sealer: Sealer, result: TableParity, kinds: Sequence[Sequence[Named]]) -> tuple[SealedDifference, ...]:
    """Seal the first :data:`LISTED` rows, in turn of each kind; ``result`` says of which table they are."""
    in_turn = (row for rows in zip_longest(*kinds) for row in rows if row is not None)
    chosen = set(islice(in_turn, LISTED))
    return tuple(_sealed(sealer, result, row) for row in chain.from_iterable(kinds) if row in chosen)


def replace_list(connection: Connection, result: TableParity, *, at: int) -> None:
    """Keep the list of an audit instead of the one before, without the rows of which something was read since they were judged."""
    c = source_difference.c
    mine = (c.source == result.source, c.table_name == result.table)
    before = connection.execute(sa.select(c.row_token).where(*mine)).scalars()
    # Rows are locked before what is listed of them, as ingest does.
    held = versions(connection, {*before, *(row.row_token for row in result.kept)})
    forget_differences(connection, result.source, result.table)
    same = [row for row in result.kept if row.guard == (held[row.row_token][0] if row.row_token in held else None)]
    insert(connection, source_difference, [_row(result, *each, at=at) for each in enumerate(same)])


def stored_differences(connection: Connection, *, at: int) -> dict[tuple[str, str], list[StoredDifference]]:
    """The lists by source and table, without those that are too old ``at`` this time."""
    c = source_difference.c
    columns = (c.source, c.table_name, c.kind, c.code, c.columns, c.row_token, c.natural_key, c.sealed_key)
    query = sa.select(*columns).where(c.found_at > _oldest(at)).order_by(c.source, c.table_name, c.number)
    found: dict[tuple[str, str], list[StoredDifference]] = {}
    for source, table, kind, code, names, *rest in connection.execute(query):
        one = StoredDifference(kind, code, tuple(json.loads(names)), *rest)
        found.setdefault((source, table), []).append(one)
    return found


class DifferenceKeeper:
    """Deletes lists that are too old: looks after commits, now and then."""

    def __init__(self, database: Database, clock: Callable[[], int] = wall_time) -> None:
        """``clock`` gives wall time in microseconds."""
        self._database = database
        self._clock = clock
        self._due = 0.0

    def look(self) -> None:
        """Delete what is due; what fails is tried again later."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _PAUSE_SECONDS
        with suppress(SQLAlchemyError):
            self.tidy()

    def tidy(self) -> None:
        """Delete what is due; what is not shown any more."""
        is_old = source_difference.c.found_at <= _oldest(self._clock())
        with self._database.read() as connection:
            if not connection.execute(sa.select(sa.exists().where(is_old))).scalar_one():
                return
        with self._database.write() as connection:
            connection.execute(sa.delete(source_difference).where(is_old))


def _oldest(at: int) -> int:
    return at - KEPT_DAYS * _MICROSECONDS_A_DAY


def _column(row_token: bytes) -> str:
    """Bind a cell to its row; the part before # decides how it is padded."""
    return f"natural_key#{row_token.hex()}"


def _sealed(sealer: Sealer, result: TableParity, row: Named) -> SealedDifference:
    made = SealedDifference(row.kind, row.token, row.guard, row.columns, row.code)
    if row.key is None:
        return made
    natural = RowKey(result.source, result.table, row.key).natural()
    if not row.is_personal:
        return replace(made, natural_key=natural)
    key, column = sealer.keystore.system_key(DIFFERENCE_KEY), _column(row.token)
    cell = sealer.cipher.seal(key, table=source_difference.name, column=column, value=natural)
    return replace(made, sealed_key=cell)


def _row(result: TableParity, number: int, row: SealedDifference, *, at: int) -> dict[str, Any]:
    return {
        "source": result.source,
        "table_name": result.table,
        "number": number,
        "kind": row.kind,
        "code": row.code,
        "columns": json.dumps(row.columns),
        "row_token": row.row_token,
        "natural_key": row.natural_key,
        "sealed_key": row.sealed_key,
        "found_at": at,
    }
