"""Fold the changes of a batch into the next state of each row: a pure state machine, no I/O.

A row lives as *lives* (incarnations): begun by an insert, ended by a delete, carried to another key by a primary-key change.
The row guard decides which version is newer, so duplicates and replays fall away here, and any cut into batches gives the
same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from cdc.changes import ConsentValue, FactChange, RecordChange, RowDelete, SnapshotTableDone, TableTruncate
from identity import UNKNOWN, FieldValue

RowChange = RecordChange | FactChange | RowDelete
Upsert = RecordChange | FactChange
#: What can end or change a life.
Cause = RowChange | TableTruncate | SnapshotTableDone
U = TypeVar("U", RecordChange, FactChange)


class Outcome(Enum):
    """What became of one change."""

    APPLIED = "applied"
    SEEN = "seen"
    QUEUED = "queued"
    WAITING = "waiting"
    UNUSABLE = "unusable"


class Life(Struct, eq=False):
    """One incarnation. ``incarnation`` is None until it is minted; ``change`` is what must be written for it.

    ``is_moved``: it came to its row from another key in this batch. ``cause`` is the change of this batch that last touched it.
    ``mapping`` is the number of the mapping that its stored content was made under (0: not known); ``is_patched``: what an event did
    not say was taken from content of another mapping, and not all could be.
    """

    incarnation: bytes | None = None
    change: Upsert | None = None
    is_stored: bool = False
    is_person: bool = False
    is_moved: bool = False
    cause: Cause | None = None
    mapping: int | None = None
    is_patched: bool = False


class RowState(Struct, eq=False):
    """The newest known version of one row; see :data:`cdc.tables.source_row`."""

    token: bytes
    guard: bytes | None = None
    life: Life | None = None
    transit: Life | None = None
    moved_to: bytes | None = None
    moved_guard: bytes | None = None
    snapshot: bytes | None = None
    table: tuple[str, str] = ("", "")
    is_person: bool = False
    is_dirty: bool = False
    mapping: int | None = None


class Guarded(Struct, frozen=True):
    """A change with the tokens of the rows it names and the guard that its source epoch gives it."""

    change: RowChange
    token: bytes
    guard: bytes
    other: bytes | None = None


@dataclass(slots=True)
class Fold:
    """The state machine: ``rows`` must hold every row (also ``other`` ones) that the changes name.

    ``floors`` maps (source, table) to the guard below which rows are dead; ``blocked`` holds the rows with parked events.
    ``ended`` collects the stored lives that ended. ``mappings`` are the numbers of the mappings in force.
    """

    rows: Mapping[bytes, RowState]
    floors: Mapping[tuple[str, str], bytes]
    blocked: set[bytes]
    ended: list[Life] = field(default_factory=list)
    mappings: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def joined(self, other: "Fold") -> "Fold":
        """With another one, of other rows, under the same floors."""
        ended = [*self.ended, *other.ended]
        return Fold({**self.rows, **other.rows}, self.floors, self.blocked | other.blocked, ended, self.mappings)

    def apply(self, item: Guarded) -> Outcome:
        """Take in the next change."""
        row = self.rows[item.token]
        if self._is_old(item, row):
            self._forget_transit(item, row)
            return self._confirm(item, row)
        if item.token in self.blocked:
            return Outcome.QUEUED
        if item.other == item.token and isinstance(item.change, RowDelete):
            return Outcome.SEEN  # two spellings of one key: the create half is an update
        if isinstance(item.change, RowDelete):
            self._delete(item, row)
        elif item.change.moved_from is not None and not self._take_over(item, row):
            return Outcome.WAITING
        if not isinstance(item.change, RowDelete):
            self._part_with_other_kind(item.change, row)
            _put(row, item.change)
        self._stamp(item, row)
        return Outcome.APPLIED

    def _is_old(self, item: Guarded, row: RowState) -> bool:
        floor = self.floors.get((item.change.row.source, item.change.row.table))
        seen = row.guard is not None and item.guard <= row.guard and not self._says_it_anew(item, row)
        return seen or (floor is not None and item.guard < floor)

    def _says_it_anew(self, item: Guarded, row: RowState) -> bool:
        """Whether what a row is from comes again, from a snapshot at that place, too, and another mapping than then reads it."""
        life, now = row.life, self.mappings.get((item.change.row.source, item.change.row.table))
        is_same = row.guard is not None and item.guard[:-1] == row.guard[:-1] and item.token not in self.blocked
        is_behind = life is not None and life.is_stored and now is not None and life.mapping != now
        return is_same and is_behind and not isinstance(item.change, RowDelete)

    def _confirm(self, item: Guarded, row: RowState) -> Outcome:
        """A whole snapshot that reads a row which streaming has already overtaken still proves that the row was there."""
        if item.change.origin.confirms and (row.snapshot is None or row.snapshot < item.guard):
            row.snapshot = item.guard
            row.is_dirty = row.guard is not None
        return Outcome.SEEN

    def _stamp(self, item: Guarded, row: RowState) -> None:
        row.guard = item.guard if row.guard is None else max(row.guard, item.guard)
        row.table = (item.change.row.source, item.change.row.table)
        row.is_person = _is_of_person(item.change)
        row.is_dirty = True
        if item.change.origin.confirms:
            row.snapshot = item.guard

    def _delete(self, item: Guarded, row: RowState) -> None:
        self._part_with_other_kind(item.change, row)
        if item.other is not None and row.life is not None and not self._has_passed(item.other, item.guard):
            self._end(row.transit, item.change)
            row.transit, row.moved_to, row.moved_guard = row.life, item.other, item.guard
        else:
            self._end(row.life, item.change)
        row.life = None

    def _has_passed(self, token: bytes, guard: bytes) -> bool:
        """Whether a row is newer than the create half at ``guard``, which then comes no more (a snapshot overtook it)."""
        newest = self.rows[token].guard
        return newest is not None and newest >= guard

    def _take_over(self, item: Guarded, row: RowState) -> bool:
        """Carry the old key's life here; False when its delete half has not been seen yet."""
        if item.other == item.token:
            return True
        old = self.rows[item.other] if item.other is not None else None
        if old is None or old.guard is None or old.guard < item.guard:
            return False
        if _is_bound_for(old, row, item):
            self._end(row.life, item.change)
            row.life = old.transit
            if row.life is not None:
                row.life.is_moved = True
            _clear_transit(old)
        return True

    def _part_with_other_kind(self, change: RowChange, row: RowState) -> None:
        """A person whose table holds facts now, or the other way round, is not what the row says any more, nor on its way elsewhere."""
        is_person = _is_of_person(change)
        if row.life is not None and row.life.is_person != is_person:
            self._end(row.life, change)
            row.life = None
        if row.transit is not None and row.transit.is_person != is_person:
            self._end(row.transit, change)
            _clear_transit(row)

    def _forget_transit(self, item: Guarded, row: RowState) -> None:
        """A create half below the table's floor will never take its life over: the life ends."""
        old = (
            self.rows[item.other]
            if item.other is not None and isinstance(item.change, (RecordChange, FactChange))
            else None
        )
        if old is not None and _is_bound_for(old, row, item):
            self._end(old.transit, item.change)
            _clear_transit(old)

    def _end(self, life: Life | None, cause: RowChange) -> None:
        if life is not None and life.is_stored:
            life.cause = cause
            self.ended.append(life)


def _is_of_person(change: RowChange) -> bool:
    return change.is_person if isinstance(change, RowDelete) else isinstance(change, RecordChange)


def _is_bound_for(old: RowState, row: RowState, item: Guarded) -> bool:
    return old.transit is not None and old.moved_to == row.token and old.moved_guard == item.guard


def _clear_transit(old: RowState) -> None:
    old.transit = old.moved_to = old.moved_guard = None
    old.is_dirty = True


def _put(row: RowState, change: Upsert) -> None:
    if row.life is None:
        row.life = Life(is_person=isinstance(change, RecordChange))
    row.life.cause = change
    row.life.change = change if row.life.change is None else _merge(row.life.change, change)


def _merge(older: Upsert, newer: Upsert) -> Upsert:
    """The newer version, with what it does not say taken from the older one."""
    if isinstance(older, RecordChange) and isinstance(newer, RecordChange):
        return fill_unknown(newer, older)
    if isinstance(older, FactChange) and isinstance(newer, FactChange):
        return fill_unknown(newer, older)
    return newer


# What an event may leave unknown; names are listed once, since this is asked of every event.
_MAY_BE_UNKNOWN = {
    of: tuple(
        name for name in of.__struct_fields__ if name not in ("origin", "row", "fields", "consents", "kind", "channel")
    )
    for of in (RecordChange, FactChange)
}
_values_of = {of: attrgetter(*names) for of, names in _MAY_BE_UNKNOWN.items()}


def fill_unknown(newer: U, older: U) -> U:
    """Replace every UNKNOWN of ``newer`` by what ``older`` says."""
    names = _MAY_BE_UNKNOWN[type(newer)]
    changes = {name: getattr(older, name) for name in names if getattr(newer, name) is UNKNOWN}
    if _has_unknown_field(newer):
        known = {(value.attribute, value.slot): value for value in older.fields}
        changes["fields"] = tuple(_fill_field(value, known) for value in newer.fields)
    if isinstance(newer, RecordChange):
        changes |= _fill_consents(newer, older)
    return replace(newer, **changes) if changes else newer


def has_unknown(change: Upsert) -> bool:
    """Whether anything of the row is not known from the event."""
    for value in _values_of[type(change)](change):
        if value is UNKNOWN:
            return True
    return _has_unknown_field(change) or (isinstance(change, RecordChange) and _has_unknown_consent(change))


def _has_unknown_field(change: Upsert) -> bool:
    return any(value.value is UNKNOWN or value.verified is UNKNOWN for value in change.fields)


def _has_unknown_consent(change: RecordChange) -> bool:
    return any(consent.state is UNKNOWN or consent.effective_at is UNKNOWN for consent in change.consents)


def _fill_field(value: FieldValue, known: Mapping[tuple[str, int], FieldValue]) -> FieldValue:
    before = known.get((value.attribute, value.slot))
    if value.value is UNKNOWN:
        value = replace(value, value=before.value if before else None)
    if value.verified is UNKNOWN:
        value = replace(value, verified=before.verified if before else None)
    return value


def _fill_consents(newer: RecordChange, older: RecordChange) -> dict[str, tuple[ConsentValue, ...]]:
    if not _has_unknown_consent(newer):
        return {}
    known = {consent.purpose: consent for consent in older.consents}
    return {"consents": tuple(_fill_consent(c, known.get(c.purpose)) for c in newer.consents)}


def _fill_consent(consent: ConsentValue, before: ConsentValue | None) -> ConsentValue:
    if consent.state is UNKNOWN:
        consent = replace(consent, state=before.state if before else None)
    if consent.effective_at is UNKNOWN:
        consent = replace(consent, effective_at=before.effective_at if before else None)
    return consent
