"""Reading one table of the mapping: its settings, its columns, and what must hold between them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cdc import encodings, vocabulary
from cdc.encodings import ColumnHint
from cdc.mapping import ColumnMapping, TableMapping
from cdc.sections import Mistakes, Section, did_you_mean
from identity import DATE_ORDERS

#: Attributes that point at a row of another table, with the kind of that table.
REFERENCES: Final = {"person": vocabulary.PERSON, "order": "order"}

_TABLE_KEYS: Final = (
    "kind", "key", "updated_at", "created_at", "columns", "event", "currency", "timezone", "personal_key", "store", "purpose",
)  # fmt: skip
_COLUMN_KEYS: Final = (
    "is", "type", "scale", "unit", "timezone", "app", "verified", "verified_by", "purpose", "at", "table", "values",
    "date_order",
)  # fmt: skip
_TICKS: Final = tuple(encodings.HINT_UNITS)
_UNITS: Final = {"timestamp": _TICKS, "time": _TICKS, "duration": _TICKS, "decimal": (encodings.MINOR_UNIT,)}
_STATES: Final = (vocabulary.GRANTED, vocabulary.WITHDRAWN)
_WIDEST: Final = 38  # decimals of the widest NUMERIC that the supported databases share

_ONLY_FOR: Final[dict[str, Callable[[vocabulary.Term], bool]]] = {
    "app": lambda term: term.name == "wechat_openid",
    "purpose": lambda term: term.name == "consent",
    "at": lambda term: term.name == "consent",
    "verified": lambda term: term.is_identifier,
    "verified_by": lambda term: term.is_identifier,
    "table": lambda term: term.name in REFERENCES,
    "date_order": lambda term: term.name == "birthday",
}


def read_table(mistakes: Mistakes, source: Section, name: str, *, defaults: tuple[str, str]) -> TableMapping:
    """Read table ``name`` of ``source``; ``defaults`` are the source's time zone and currency."""
    return _TableReader(mistakes, source, name, defaults).read()


class _TableReader:
    def __init__(self, mistakes: Mistakes, source: Section, name: str, defaults: tuple[str, str]) -> None:
        self._mistakes = mistakes
        self._name = name
        self._defaults = defaults
        self._section = Section(mistakes, (*source.path, "tables", name), f"{source.where}.tables.{name}", _TABLE_KEYS)
        self._hints: dict[str, ColumnHint] = {}
        self._meaningless: list[str] = []

    def read(self) -> TableMapping:
        table = self._settings()
        if table.kind == vocabulary.IGNORE:
            return table
        columns = self._columns(table)
        table = self._with_times(replace(table, columns=tuple(column for column in columns if column.attribute)))
        self._check_columns_are_used(table)
        self._check_key(table)
        self._check_kind(table)
        return replace(table, hints=self._hints, personal_key=_personal_key(table))

    def _settings(self) -> TableMapping:
        section = self._section
        if "kind" not in section.data:
            section.fail("a table needs a `kind`", valid=vocabulary.KINDS)
        return TableMapping(
            name=self._name,
            kind=section.text("kind", vocabulary.IGNORE, one_of=vocabulary.KINDS),
            key=section.texts("key"),
            event=section.text("event"),
            store=section.text("store"),
            purpose=section.text("purpose"),
            timezone=section.timezone(self._defaults[0]),
            currency=section.currency(self._defaults[1]),
            personal_key=section.flag("personal_key"),
        )

    def _columns(self, table: TableMapping) -> list[ColumnMapping]:
        listed = self._section.data.get("columns", {})
        if not isinstance(listed, dict):
            self._section.fail("`columns` must be a table: [….columns]", "columns")
            return []
        counts: dict[str, int] = {}
        columns = []
        for name in listed:
            column = self._column(table, name)
            slot = counts.get(column.attribute, 0)
            counts[column.attribute] = slot + 1
            columns.append(replace(column, slot=slot))
        return columns

    def _column(self, table: TableMapping, name: str) -> ColumnMapping:
        path = (*self._section.path, "columns", name)
        mistakes = len(self._mistakes.errors)
        section = Section(self._mistakes, path, f"{self._section.where}.columns.{name}", _COLUMN_KEYS)
        term = _term(section, table.kind)
        if term is None and len(self._mistakes.errors) == mistakes:
            self._meaningless.append(name)
        hint = self._hints[name] = _hint(section, term)
        column = ColumnMapping(
            column=name,
            attribute=section.text("is") if term else "",
            hint=hint,
            app=section.text("app"),
            verified=section.flag("verified"),
            verified_by=section.text("verified_by"),
            purpose=section.text("purpose"),
            at=section.text("at"),
            table=section.text("table"),
            values=_values(section, term),
        )
        if term is not None:
            _check_column(section, term, column)
        if column.at:
            self._imply_time(column.at)
        return column

    def _imply_time(self, column: str) -> None:
        """Read a column as a time because of what refers to it, unless the file says otherwise."""
        hint = self._hints.get(column, ColumnHint())
        self._hints[column] = hint if hint.type else replace(hint, type="timestamp", is_implied=True)

    def _with_times(self, table: TableMapping) -> TableMapping:
        """``updated_at`` and ``created_at`` may be said of the table or of the column."""
        found = {}
        for name in ("updated_at", "created_at"):
            said = self._section.text(name)
            mapped = [column.column for column in table.of(name)]
            if said and not table.is_person:
                self._section.fail(
                    f'`{name}` is for person tables; a fact has the column that is = "occurred_at"', name
                )
            if len({said, *mapped} - {""}) > 1:
                self._section.fail(f"`{name}` is given twice, with different columns", name)
            found[name] = said or next(iter(mapped), "")
            if found[name]:
                self._imply_time(found[name])
        return replace(table, updated_at=found["updated_at"], created_at=found["created_at"])

    def _check_columns_are_used(self, table: TableMapping) -> None:
        used = {*table.key, table.updated_at, table.created_at}
        used |= {name for column in table.columns for name in (column.verified_by, column.at)}
        for name in self._meaningless:
            if name not in used:
                where = f"{self._section.where}.columns.{name}"
                message = "has no `is`: say what the column means, or leave it out"
                path = (*self._section.path, "columns", name)
                self._mistakes.add(message, path, where, valid=vocabulary.names_for(table.kind))

    def _check_key(self, table: TableMapping) -> None:
        if len(set(table.key)) != len(table.key):
            self._section.fail("`key` names a column twice", "key")
        if table.is_person and not self._section.data.get("key"):
            self._section.fail(
                "a person table needs its `key`: without one nobody can tell whom a change is about", "key"
            )

    def _check_kind(self, table: TableMapping) -> None:
        section = self._section
        if table.event and table.is_person:
            section.fail("`event` names the events of a fact table", "event")
        if table.purpose and table.kind != "consent":
            section.fail(
                '`purpose` on a table is for kind consent; elsewhere it belongs to the column that is = "consent"',
                "purpose",
            )
        if table.kind == "order_line" and not table.of("order"):
            section.fail('an order_line table needs the column that is = "order"')
        if table.kind == "consent" and not (table.purpose or table.of("purpose")):
            section.fail('a consent table needs `purpose`, or the column that is = "purpose"')
        if table.kind == "consent" and not table.of("state"):
            section.fail('a consent table needs the column that is = "state"')
        if (table.of("amount") or table.of("unit_price")) and not (table.currency or table.of("currency")):
            section.fail(
                'amounts need a currency: currency = "CNY" here or on the source, or a column that is = "currency"'
            )


def _term(section: Section, kind: str) -> vocabulary.Term | None:
    attribute = section.text("is")
    term = vocabulary.term(attribute, kind) if attribute else None
    if attribute and term is None:
        valid = vocabulary.names_for(kind)
        near = did_you_mean(attribute, valid)
        section.fail(f"{attribute!r} is not a standard name of kind {kind!r}{near}", "is", valid=valid)
    return term


def _hint(section: Section, term: vocabulary.Term | None) -> ColumnHint:
    written = section.text("type", one_of=encodings.HINT_TYPES)
    implied = term.type if term else "timestamp" if "unit" in section.data else ""
    kind = written or implied
    units = _UNITS.get(kind, ())
    if "unit" in section.data and not units:
        section.fail(f"`unit` is for times and amounts, not for type {kind or 'text'!r}", "unit")
    unit = section.text("unit", one_of=units)
    scale = section.data.get("scale")
    if scale is not None and (type(scale) is not int or abs(scale) > _WIDEST):
        section.fail("`scale` must be a whole number: the decimals of the column", "scale")
        scale = None
    timezone = section.timezone("UTC") if "timezone" in section.data else ""
    order = section.text("date_order", one_of=DATE_ORDERS)
    if order and (term is None or (term.name == "birthday" and kind != "date")):
        section.fail('`date_order` is for the column that is = "birthday", of type "date"', "date_order")
    return ColumnHint(kind, scale, unit, timezone, is_implied=not written, date_order=order)


def _values(section: Section, term: vocabulary.Term | None) -> dict[str, str]:
    listed = section.data.get("values", {})
    if not isinstance(listed, dict) or not all(isinstance(value, str) for value in listed.values()):
        section.fail('`values` must be a table of texts, for example { true = "granted" }', "values")
        return {}
    if term is not None and term.name in {"consent", "state"}:
        for value in listed.values():
            if value not in _STATES:
                section.fail(f"a consent cannot be {value!r}", "values", valid=_STATES)
    return listed


def _check_column(section: Section, term: vocabulary.Term, column: ColumnMapping) -> None:
    if term.name == "wechat_openid" and not column.app:
        section.fail('wechat_openid needs the app that it belongs to, for example app = "wx0123456789abcdef"')
    if term.name == "consent" and not column.purpose:
        section.fail('consent needs a `purpose`, for example purpose = "marketing"')
    for key, is_allowed in _ONLY_FOR.items():
        if key in section.data and not is_allowed(term):
            section.fail(f"`{key}` does not belong to {term.name!r}", key)


def _personal_key(table: TableMapping) -> bool | None:
    """Decide about the key: one that holds something personal is personal, whoever says otherwise."""
    terms = {column.column: vocabulary.term(column.attribute, table.kind) for column in table.columns}
    found = [terms.get(name) for name in table.key]
    return True if any(term is not None and term.is_sealed for term in found) else table.personal_key
