"""Plans: for each mapped table the work that every one of its rows needs, prepared once.

A plan turns a decoded row into a change. Problems name the column; the row's key is added by :mod:`cdc.translate`.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from cdc import conversions, vocabulary
from cdc.changes import ConsentValue, FactChange, Number, Origin, RecordChange, Reference, Text
from cdc.encodings import MINOR_UNIT, Unfit
from cdc.mapping import ColumnMapping, SourceMapping, TableMapping
from cdc.money import CURRENCY_DECIMALS, to_minor
from cdc.problems import EventError
from cdc.values import Row, RowReader
from identity import UNKNOWN, FieldValue, RowKey

_STATES: Final = {
    "true": vocabulary.GRANTED,
    "1": vocabulary.GRANTED,
    vocabulary.GRANTED: vocabulary.GRANTED,
    "false": vocabulary.WITHDRAWN,
    "0": vocabulary.WITHDRAWN,
    vocabulary.WITHDRAWN: vocabulary.WITHDRAWN,
}

Read = Callable[[Row], Any]


class RowContext(msgspec.Struct, frozen=True):
    """What is known of an event beside its columns."""

    origin: Origin
    key: RowKey
    moved_from: RowKey | None = None
    key_is_personal: bool = False


class TablePlan:
    """One mapped table: ``read`` decodes its rows, ``change`` makes a change of one."""

    def __init__(self, source: SourceMapping, table: TableMapping) -> None:
        self.source = source
        self.table = table
        self.reader = RowReader(table.hints)
        self.change: Callable[[Row, RowContext], RecordChange | FactChange] = (
            _person_plan(source, table) if table.is_person else _fact_plan(source, table)
        )


def _column(name: str, convert: Callable[[Any], Any]) -> Read:
    """Read one column and convert it."""

    def read(row: Row) -> Any:
        try:
            return convert(row.get(name))
        except Unfit as problem:
            raise EventError(problem.code, f"column {name!r}: {problem.message}") from None

    return read


def _nothing(*_: object) -> None:
    return None


def _first(reads: list[Read], default: Any = None) -> Read:
    """Take the first column that holds something: a renamed column is mapped under both of its names."""
    if not reads:
        return _nothing if default is None else lambda _: default
    if len(reads) == 1 and default is None:
        return reads[0]

    def read(row: Row) -> Any:
        return next((found for one in reads if (found := one(row)) is not None), default)

    return read


def _recoded(column: ColumnMapping, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Replace values by the mapping's ``values``; others stay."""
    if not column.values:
        return convert

    def read(value: Any) -> Any:
        text = convert(value)
        return column.values.get(text, text) if isinstance(text, str) else text

    return read


def _zone(table: TableMapping, column: str) -> ZoneInfo:
    hint = table.hints.get(column)
    return ZoneInfo(hint.timezone if hint and hint.timezone else table.timezone)


def _instant(table: TableMapping, column: str) -> Read:
    zone = _zone(table, column)
    return _column(column, lambda value: conversions.to_instant(value, zone))


def _texts(table: TableMapping, attribute: str, default: str = "") -> Read:
    reads = [_column(column.column, _recoded(column, conversions.to_clear_text)) for column in table.of(attribute)]
    return _first(reads, default or None)


def _numbers(table: TableMapping, attribute: str) -> Read:
    return _first([_column(column.column, conversions.to_integer) for column in table.of(attribute)])


def _instants(table: TableMapping, attribute: str) -> Read:
    return _first([_instant(table, column.column) for column in table.of(attribute)])


def _state(column: ColumnMapping) -> Read:
    states: Mapping[str, str] = column.values or _STATES

    def convert(value: Any) -> Text:
        text = conversions.to_text(value)
        if not isinstance(text, str):
            return text
        if text not in states:
            known = ", ".join(states)
            raise Unfit("unmapped_state", f"holds a state that is none of {known}: list it in `values`")
        return states[text]

    return _column(column.column, convert)


# --- sealed fields ----------------------------------------------------------------------------------------------------


def _field(column: ColumnMapping) -> Callable[[Row], FieldValue]:
    read = _column(column.column, _recoded(column, conversions.to_text))
    attribute, slot, app, verified = column.attribute, column.slot, column.app, column.verified
    if not column.verified_by:
        return lambda row: FieldValue(attribute, slot, read(row), verified, app)
    check = _column(column.verified_by, conversions.to_flag)
    return lambda row: FieldValue(attribute, slot, read(row), check(row), app)


def _fields(table: TableMapping) -> Callable[[Row], tuple[FieldValue, ...]]:
    terms = ((column, vocabulary.term(column.attribute, table.kind)) for column in table.columns)
    reads = tuple(_field(column) for column, term in terms if term is not None and term.is_sealed)
    return lambda row: tuple([read(row) for read in reads])


# --- persons ----------------------------------------------------------------------------------------------------------


def _consent(table: TableMapping, column: ColumnMapping) -> Callable[[Row], ConsentValue]:
    state = _state(column)
    at = _instant(table, column.at) if column.at else _nothing
    return lambda row: ConsentValue(column.purpose, state(row), at(row))


def _person_plan(_: SourceMapping, table: TableMapping) -> Callable[[Row, RowContext], RecordChange]:
    fields = _fields(table)
    updated_at = _instant(table, table.updated_at) if table.updated_at else _nothing
    created_at = _instant(table, table.created_at) if table.created_at else _nothing
    store, points = _texts(table, "store", table.store), _numbers(table, "points")
    consents = tuple(_consent(table, column) for column in table.of("consent"))

    def change(row: Row, context: RowContext) -> RecordChange:
        return RecordChange(
            origin=context.origin,
            row=context.key,
            fields=fields(row),
            moved_from=context.moved_from,
            updated_at=updated_at(row),
            created_at=created_at(row),
            store=store(row),
            points=points(row),
            consents=tuple([consent(row) for consent in consents]),
        )

    return change


# --- facts ------------------------------------------------------------------------------------------------------------


def _reference(source: SourceMapping, table: TableMapping, attribute: str) -> Callable[[Row], Reference]:
    columns = table.of(attribute)
    if not columns:
        return _nothing
    target = columns[0].table
    reads = [_column(column.column, conversions.to_clear_text) for column in columns]

    def read(row: Row) -> Reference:
        parts = tuple([part(row) for part in reads])
        if UNKNOWN in parts:
            return UNKNOWN
        return None if None in parts else RowKey(source.name, target, parts)

    return read


def _currency(table: TableMapping) -> Read:
    def convert(column: ColumnMapping) -> Callable[[Any], Text]:
        recoded = _recoded(column, conversions.to_clear_text)

        def read(value: Any) -> Text:
            code = recoded(value)
            if isinstance(code, str) and code.strip().upper() not in CURRENCY_DECIMALS:
                raise Unfit("wrong_type", 'holds no ISO 4217 code: recode it, for example values = { RMB = "CNY" }')
            return code.strip().upper() if isinstance(code, str) else code

        return read

    has_amounts = bool(table.of("amount") or table.of("unit_price"))
    reads = [_column(column.column, convert(column)) for column in table.of("currency")]
    return _first(reads, table.currency if has_amounts and table.currency else None)


def _amounts(table: TableMapping, attribute: str) -> Callable[[Row, Text], Number]:
    reads = [_amount(column) for column in table.of(attribute)]
    if len(reads) < 2:  # noqa: PLR2004 - nothing to choose from
        return reads[0] if reads else _nothing
    return lambda row, currency: next((found for one in reads if (found := one(row, currency)) is not None), None)


def _amount(column: ColumnMapping) -> Callable[[Row, Text], Number]:
    name, is_minor = column.column, column.hint.unit == MINOR_UNIT

    def read(row: Row, currency: Text) -> Number:
        value: Any = row.get(name)
        if value is None or value is UNKNOWN or currency is UNKNOWN:
            return None if value is None else UNKNOWN
        if not isinstance(currency, str):
            raise EventError("missing_currency", f"column {name!r}: neither the row nor the mapping says the currency")
        try:
            return _minor(value, currency, is_minor=is_minor)
        except Unfit as problem:
            raise EventError(problem.code, f"column {name!r}: {problem.message}") from None

    return read


def _minor(value: Any, currency: str, *, is_minor: bool) -> Number:
    if is_minor:
        return conversions.to_integer(value)
    if not isinstance(value, Decimal):
        raise Unfit("wrong_type", "expected an amount")
    try:
        return conversions.in_range(to_minor(value, currency))
    except ValueError as problem:
        raise Unfit("wrong_type", f"the amount has more decimals than its currency: {problem}") from None


_AMOUNTS: Final = frozenset({"amount_minor", "unit_price_minor"})


def _fact_plan(source: SourceMapping, table: TableMapping) -> Callable[[Row, RowContext], FactChange]:
    fields, currency = _fields(table), _currency(table)
    reads = _mapped(
        person=_reference(source, table, "person"),
        parent=_reference(source, table, "order"),
        occurred_at=_instants(table, "occurred_at"),
        amount_minor=_amounts(table, "amount"),
        quantity=_texts(table, "quantity"),
        unit_price_minor=_amounts(table, "unit_price"),
        points=_numbers(table, "points"),
        rating=_numbers(table, "rating"),
        sku=_texts(table, "sku"),
        label=_texts(table, "label"),
        status=_texts(table, "status"),
        store=_texts(table, "store", table.store),
        name=_texts(table, "name", table.event),
        purpose=_texts(table, "purpose", table.purpose),
        state=_first([_state(column) for column in table.of("state")]),
    )

    def change(row: Row, context: RowContext) -> FactChange:
        money = currency(row)
        return FactChange(
            origin=context.origin,
            row=context.key,
            kind=table.kind,
            channel=source.channel,
            moved_from=context.moved_from,
            key_is_personal=context.key_is_personal,
            fields=fields(row),
            currency=money,
            **{name: read(row, money) if name in _AMOUNTS else read(row) for name, read in reads},
        )

    return change


def _mapped(**reads: Callable[..., Any]) -> list[tuple[str, Callable[..., Any]]]:
    """Those that read anything: a table fills few of the values that a fact may have."""
    return [(name, read) for name, read in reads.items() if read is not _nothing]
