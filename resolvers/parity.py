"""What the last audits found: whether Onefold holds what its sources hold, table by table, and which rows differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa

from cdc import StoredDifference, StoredParity, stored_differences, stored_results
from identity import source_record
from privacy import may_see_operations, scope
from resolvers.context import Request
from resolvers.errors import Forbidden
from resolvers.personal import OneKey, Personal, Place, Plain, Reader
from resolvers.plain import moment, row_key_text
from storage import select_in

_QUESTION = "sourceParity"


@dataclass(frozen=True, slots=True)
class SourceDifference:
    """A row that differed: ``kind`` is one of :data:`cdc.KINDS`; ``key`` None where none could be had."""

    kind: str
    key: Personal | Plain | None
    columns: tuple[str, ...]
    code: str | None


class Differences:
    """The rows that differ of all tables, read at the first need."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def of(self, source: str, table: str) -> list[SourceDifference]:
        """Those of a table; :class:`Forbidden` unless the caller may see people of all stores, as a row's is not known."""
        self._request.asks_for_people(_QUESTION)
        if not scope(self._request.principal).everything:
            raise Forbidden("the rows that differ are of all stores, and this token is for some")
        return [self._shown(one) for one in self._found.get((source, table), ())]

    @cached_property
    def _found(self) -> Mapping[tuple[str, str], Sequence[StoredDifference]]:
        found = stored_differences(self._request.connection, at=self._request.parts.clock())
        self._request.spend(sum(map(len, found.values())))
        return found

    @cached_property
    def _subjects(self) -> Mapping[bytes, bytes]:
        """The profiles of the rows that are held, by row token."""
        tokens = [one.row_token for rows in self._found.values() for one in rows if one.sealed_key is not None]
        query = sa.select(source_record.c.row_token, source_record.c.profile_id)
        rows = select_in(self._request.connection, query, source_record.c.row_token, tokens)
        return {row.row_token: row.profile_id for row in rows}

    @cached_property
    def _key(self) -> OneKey:
        return OneKey(self._request, self._request.parts.difference_key)

    def _shown(self, one: StoredDifference) -> SourceDifference:
        return SourceDifference(one.kind, self._row_key(one), one.columns, one.code or None)

    def _row_key(self, one: StoredDifference) -> Personal | Plain | None:
        if one.natural_key is not None:
            return Plain(row_key_text(one.natural_key))
        if one.sealed_key is None:
            return None
        # Nobody knows what the person of a row consents to that is not held.
        subject = self._subjects.get(one.row_token, one.row_token)
        reader = Reader(self._request, self._key, subject, consented=lambda: False)
        return Personal(reader, "natural_key", Place(b"", *one.place, one.sealed_key), row_key_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceParity(StoredParity):
    """What the last audit of a table found."""

    differences: Differences


def source_parity(request: Request) -> list[SourceParity]:
    """The last result of each table; a source itself is read by ``onefold parity`` alone."""
    if not may_see_operations(request.principal.role):
        raise Forbidden("this role does not see how Onefold follows its sources")
    found = stored_results(request.connection)
    request.spend(len(found))
    differences = Differences(request)
    return [SourceParity(**asdict(one), differences=differences) for one in found]


def source_differences(root: SourceParity) -> list[SourceDifference]:
    """The rows of a table that differ."""
    return root.differences.of(root.source, root.table)


def audited_at(root: SourceParity) -> datetime | None:
    """When the audit of a table ended."""
    return moment(root.finished_at)
