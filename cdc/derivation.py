"""What a row becomes under another mapping, from what is stored of it: a pure function, or the reasons why only the source knows.

What is stored is what the old mapping made: text, times, amounts, without the columns that it did not name. A derivation is found
only where it gives exactly what the row's event would give; whatever was read in another way, recoded or never captured is a gap.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from cdc import vocabulary
from cdc.changes import ConsentValue, RecordChange
from cdc.fold import U, Upsert
from cdc.mapping_shape import ColumnShape, TableShape, in_order
from identity import DATE_ORDERS, FieldValue, days_by_order

#: From a stored row to one value of the new one.
_Take: TypeAlias = Callable[[Any], Any]
_Step: TypeAlias = tuple[str, _Take]

#: Clear values of a fact that are text, by their standard name, which is also the name in :class:`FactChange`, with their default.
_TEXTS: Final = {"quantity": "", "sku": "", "label": "", "status": "", "store": "store", "name": "event"}
_NUMBERS: Final = ("points", "rating")
_REFERENCES: Final = {"person": "person", "order": "parent"}
_CONSENT: Final = "consent"


@dataclass(frozen=True, slots=True)
class Derivation:
    """How rows of one shape become rows of another; with ``gaps`` only their source can say it.

    ``is_other`` tells that the tables have nothing in common but their name: another kind, or rows told apart by another key.
    """

    steps: tuple[_Step, ...] = ()
    gaps: tuple[str, ...] = ()
    is_other: bool = False

    def apply(self, stored: U) -> U:
        """The row under the new mapping; what is a gap holds nothing."""
        return msgspec.structs.replace(stored, **{name: take(stored) for name, take in self.steps})


class _Gap(Exception):
    """A value that is not among what is stored."""


def derivation(old: TableShape, new: TableShape) -> Derivation:
    """Find how rows that were stored under ``old`` are to be stored under ``new``."""
    if other := _other(old, new):
        return Derivation(gaps=(other,), is_other=True)
    if new.kind == vocabulary.PERSON:
        return _found(_person(old, new))
    return _found(_consent_row(old, new) if new.kind == _CONSENT else _fact(old, new))


def _other(old: TableShape, new: TableShape) -> str:
    if old.kind != new.kind:
        return f"its kind was {old.kind!r} and is {new.kind!r} now"
    keys = [(shape.key, [shape.reading(name) for name in shape.key]) for shape in (old, new)]
    return "" if keys[0] == keys[1] else "its `key` is another, or is read in another way"


def _found(wanted: Iterable[tuple[str, _Take | str]]) -> Derivation:
    """Put steps and gaps together; of a gap the row then holds nothing."""
    steps, gaps = [], []
    for name, take in wanted:
        if isinstance(take, str):
            gaps.append(take)
            steps.append((name, _constant(() if name in ("fields", "consents") else None)))
        else:
            steps.append((name, take))
    return Derivation(tuple(steps), tuple(dict.fromkeys(gaps)))


def _try(find: Callable[..., _Take], *arguments: Any) -> _Take | str:
    try:
        return find(*arguments)
    except _Gap as gap:
        return str(gap)


def _person(old: TableShape, new: TableShape) -> list[tuple[str, _Take | str]]:
    return [
        ("fields", _try(_fields, old, new)),
        ("updated_at", _try(_moment, old, new, new.updated_at)),
        ("created_at", _try(_moment, old, new, new.created_at)),
        ("store", _try(_text, old, new, "store", ("store",))),
        ("points", _try(_same_or_nothing, old, new, "points", "points")),
        ("consents", _try(_consents, old, new)),
    ]


def _fact(old: TableShape, new: TableShape) -> list[tuple[str, _Take | str]]:
    return [
        ("channel", _constant(new.channel)),
        ("key_is_personal", _try(_personal_key, old, new)),
        ("fields", _try(_fields, old, new)),
        *((name, _try(_reference, old, new, term)) for term, name in _REFERENCES.items()),
        ("occurred_at", _try(_same_or_nothing, old, new, "occurred_at", "occurred_at")),
        *_money(old, new),
        *((name, _try(_text, old, new, name, tuple(_TEXTS))) for name in _TEXTS),
        *((name, _try(_same_or_nothing, old, new, name, name)) for name in _NUMBERS),
    ]


def _consent_row(old: TableShape, new: TableShape) -> list[tuple[str, _Take | str]]:
    """Of such a row only its statement is stored, and nothing of one that states nothing."""
    return [
        ("person", _try(_reference, old, new, "person")),
        ("occurred_at", _try(_same_or_nothing, old, new, "occurred_at", "occurred_at")),
        ("purpose", _try(_stated_purpose, old, new)),
        ("state", _try(_same_or_nothing, old, new, "state", "state")),
    ]


def _constant(value: Any) -> _Take:
    return lambda _: value


def _stored(name: str) -> _Take:
    return lambda row: getattr(row, name)


# --- sealed fields ----------------------------------------------------------------------------------------------------


def _fields(old: TableShape, new: TableShape) -> _Take:
    takes = [_field(old, new, column) for column in new.columns if _is_sealed(new, column)]

    def take(row: Upsert) -> tuple[FieldValue, ...]:
        held = {(value.attribute, value.slot): value for value in row.fields}
        return tuple(found for one in takes if (found := one(held)) is not None)

    return take


def _field(old: TableShape, new: TableShape, column: ColumnShape) -> Callable[[Any], FieldValue | None]:
    before, order = _captured_date(old, new, column.column)
    if not _is_sealed(old, before):
        raise _Gap(f"column {column.column!r} is sealed now and was not")
    recode, place = _recode(before, column, order), (before.attribute, before.slot)
    if column.verified_by and (
        column.verified_by != before.verified_by or not _reads_same(old, new, column.verified_by)
    ):
        raise _Gap(f"what verifies column {column.column!r} was not captured")

    def take(held: dict[tuple[str, int], FieldValue]) -> FieldValue | None:
        value = held.get(place)
        if value is None or not isinstance(value.value, str):
            return None
        verified = value.verified if column.verified_by else column.verified
        return FieldValue(column.attribute, column.slot, recode(value.value), verified, column.app)

    return take


def _captured(old: TableShape, new: TableShape, name: str) -> ColumnShape:
    """The column as it was mapped before."""
    before = old.column(name)
    if before is None:
        raise _Gap(f"column {name!r} was not captured")
    if not _reads_same(old, new, name):
        raise _Gap(f"column {name!r} is read in another way now")
    return before


def _captured_date(old: TableShape, new: TableShape, name: str) -> tuple[ColumnShape, str]:
    """The same, and the order of its dates where only the new mapping tells it: until then they were stored as they are written."""
    before = old.column(name)
    told = (order for order in DATE_ORDERS if new.reading(name) == in_order(old.reading(name), order))
    order = next(told, "")
    return (before, order) if before and order else (_captured(old, new, name), "")


def _reads_same(old: TableShape, new: TableShape, name: str) -> bool:
    return old.reading(name) == new.reading(name)


def _recode(before: ColumnShape, now: ColumnShape, order: str) -> Callable[[str], str]:
    if before.values == now.values and not order:
        return lambda text: text
    if before.values:
        raise _Gap(
            f"the `values` of column {now.column!r} are others now, or are of dates that are read in another way"
        )
    values = dict(now.values)
    if not order:
        return lambda text: values.get(text, text)

    def recode(text: str) -> str:
        day = days_by_order(text).get(order)
        canonical = day.isoformat() if day else text
        return values.get(canonical, canonical)

    return recode


def _is_sealed(shape: TableShape, column: ColumnShape) -> bool:
    term = vocabulary.term(column.attribute, shape.kind)
    return term is not None and term.is_sealed


# --- clear values -----------------------------------------------------------------------------------------------------


def _specification(shape: TableShape, columns: Sequence[ColumnShape]) -> list[Any]:
    """All that decides what some columns together give, but for defaults."""
    return [(c.column, shape.reading(c.column), c.values, c.table) for c in columns]


def _same_or_nothing(old: TableShape, new: TableShape, attribute: str, name: str) -> _Take:
    """A value that is not stored as it was read: it must come from the same columns, read the same way."""
    now = new.of(attribute)
    if not now:
        return _constant(None)
    if _specification(old, old.of(attribute)) != _specification(new, now):
        raise _Gap(f"`{attribute}` comes from other columns, or is read in another way")
    if attribute == "occurred_at" and not _same_zone(old, new):
        raise _Gap(f"`{attribute}` is read in another time zone")
    return _stored(name)


def _same_zone(old: TableShape, new: TableShape) -> bool:
    return old.timezone == new.timezone


def _moment(old: TableShape, new: TableShape, column: str) -> _Take:
    """When a person's row was made or changed, from whichever of the two held that column."""
    if not column:
        return _constant(None)
    name = next((name for name in ("updated_at", "created_at") if getattr(old, name) == column), "")
    if not name:
        raise _Gap(f"the time in column {column!r} was not captured")
    if not (_reads_same(old, new, column) and _same_zone(old, new)):
        raise _Gap(f"the time in column {column!r} is read in another way or time zone")
    return _stored(name)


def _text(old: TableShape, new: TableShape, attribute: str, texts: Sequence[str]) -> _Take:
    now, default = new.of(attribute), _default(new, attribute)
    if not now:
        return _constant(default)
    before = old.of(attribute)
    if _specification(old, before) == _specification(new, now):
        if _default(old, attribute) not in (None, default):
            raise _Gap(f"what `{attribute}` is where its columns are empty was {_default(old, attribute)!r}")
        return _with_default(_stored(attribute), default)
    if len(now) > 1:
        raise _Gap(f"`{attribute}` comes from other columns now")
    one = _captured(old, new, now[0].column)
    if one.attribute not in texts or len(old.of(one.attribute)) > 1 or _default(old, one.attribute) is not None:
        raise _Gap(f"column {one.column!r} cannot be told from what else was stored as `{one.attribute}`")
    recode, take = _recode(one, now[0], ""), _stored(one.attribute)
    return _with_default(lambda row: None if take(row) is None else recode(take(row)), default)


def _default(shape: TableShape, attribute: str) -> str | None:
    names = {**_TEXTS, "purpose": "purpose"}
    return (getattr(shape, names[attribute]) or None) if names[attribute] else None


def _with_default(take: _Take, default: str | None) -> _Take:
    def taken(row: Any) -> Any:
        found = take(row)
        return default if found is None else found

    return taken


def _stated_purpose(old: TableShape, new: TableShape) -> _Take:
    """A row without a purpose stated nothing and is not stored, so it cannot get one."""
    if bool(old.of("purpose")) != bool(new.of("purpose")):
        raise _Gap("`purpose` comes from other columns now")
    if new.of("purpose") and _default(old, "purpose") != _default(new, "purpose"):
        raise _Gap("what `purpose` is where its columns are empty changed")
    return _text(old, new, "purpose", ("purpose",))


def _reference(old: TableShape, new: TableShape, attribute: str) -> _Take:
    return _same_or_nothing(old, new, attribute, _REFERENCES[attribute])


def _personal_key(old: TableShape, new: TableShape) -> _Take:
    if new.personal_key == old.personal_key:
        return _stored("key_is_personal")
    if new.personal_key is None and old.personal_key:
        raise _Gap("whether its keys look personal was not asked")
    return _constant(bool(new.personal_key) or not new.key)


def _money(old: TableShape, new: TableShape) -> list[tuple[str, _Take | str]]:
    """Amounts are stored in minor units of a currency: another currency makes others of the same digits."""
    amounts = {"amount": "amount_minor", "unit_price": "unit_price_minor"}
    if _currency(new) == ([], ""):
        return [(name, _constant(None)) for name in ("currency", *amounts.values())]
    if _currency(old) != _currency(new):
        gap = "the currency comes from elsewhere now"
        return [(name, gap) for name in ("currency", *amounts.values())]
    found = ((name, _try(_same_or_nothing, old, new, term, name)) for term, name in amounts.items())
    return [("currency", _stored("currency")), *found]


def _currency(shape: TableShape) -> tuple[list[Any], str]:
    has_amounts = bool(shape.of("amount") or shape.of("unit_price"))
    return _specification(shape, shape.of("currency")), shape.currency if has_amounts else ""


# --- consents in a person's row ---------------------------------------------------------------------------------------


def _consents(old: TableShape, new: TableShape) -> _Take:
    """The statements of one purpose were folded into one, so only all of its columns together can get another purpose."""
    taken: dict[str, list[str]] = {}
    groups = {purpose: _stating(old, purpose) for purpose in {column.purpose for column in old.of(_CONSENT)}}
    for purpose in sorted({column.purpose for column in new.of(_CONSENT)}):
        wanted = _stating(new, purpose)
        parts = sorted(name for name, stated in groups.items() if stated <= wanted)
        if frozenset().union(*(groups[name] for name in parts)) != wanted:
            raise _Gap(f"the consent to {purpose!r} comes from other columns, or is read in another way")
        taken[purpose] = parts

    def take(row: RecordChange) -> tuple[ConsentValue, ...]:
        held = {consent.purpose: consent for consent in row.consents}
        return tuple(
            ConsentValue(purpose, held[part].state, held[part].effective_at)
            for purpose, parts in taken.items()
            for part in parts
            if part in held
        )

    return take


def _stating(shape: TableShape, purpose: str) -> frozenset[Any]:
    """The columns that state something about a purpose, with all that decides what."""
    return frozenset(
        (c.column, shape.reading(c.column), c.values, c.at, shape.reading(c.at), shape.timezone if c.at else "")
        for c in shape.of(_CONSENT)
        if c.purpose == purpose
    )
