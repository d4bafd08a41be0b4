"""Trying a mapping on a sample of events, for ``onefold check``: what became of each column, and what would be parked.

The report holds no values: of each column one *shape*, in which letters are ``a``, digits ``9`` and Han characters ``汉``.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from cdc import conversions, vocabulary
from cdc.changes import Ignored, RawEvent, Unusable
from cdc.encodings import NO_HINT
from cdc.envelope import Columns, Envelope, parse
from cdc.files import CapturedFile
from cdc.mapping import Mapping, TableMapping
from cdc.problems import EventError
from cdc.translate import Translator
from cdc.values import Row
from identity import UNKNOWN, days_by_order

#: What the dates of a column may prove of their order, beside one of ``identity.DATE_ORDERS``.
BOTH: Final = "both"
EITHER: Final = "either"
_DOTTED: Final = re.compile(r"\s*\d+\s*\.")

_SHAPE_RUNS: Final = 12
_DATETIME_TYPES: Final = ((datetime, "time stamp"), (date, "date"), (time, "time"), (timedelta, "duration"))
_TYPES: Final = (
    (bool, "flag"), (int, "integer"), (float, "float"), (str, "text"), (bytes, "bytes"), (Decimal, "decimal"),
    *_DATETIME_TYPES, (list, "array"), (dict, "object"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnCheck:
    """One column: what it ``becomes`` ("" when it is not mapped), in how many rows it was seen, and what it held there.

    ``types`` are the types of its values, ``shape`` that of one of them. A mapped column with ``seen`` 0 is not in the sample.
    ``date_order`` is the one that the mapping tells, ``proven_order`` what a birthday's dates such as 03/04/1965 prove: ``dmy`` or
    ``mdy`` where some can only be read in that order and none only in the other, ``both`` where there are such of either, ``either``
    where none proves anything, "" where there are none.
    """

    column: str
    becomes: str
    seen: int
    nulls: int
    unknowns: int
    types: tuple[str, ...]
    shape: str
    date_order: str = ""
    proven_order: str = ""


@dataclass(frozen=True, slots=True)
class TableCheck:
    """One table of the mapping, with the rows and deletions that the sample has of it."""

    source: str
    table: str
    kind: str
    rows: int
    deletes: int
    columns: tuple[ColumnCheck, ...]


@dataclass(frozen=True, slots=True)
class ParkCheck:
    """Events that would be parked for one reason; ``stream`` and ``offset`` are those of the first."""

    code: str
    message: str
    events: int
    stream: str
    offset: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a mapping makes of a sample; ``ignored`` counts events without a row by their reason."""

    events: int
    tables: tuple[TableCheck, ...]
    parked: tuple[ParkCheck, ...]
    ignored: dict[str, int]


def check_sample(mapping: Mapping, files: Iterable[CapturedFile]) -> CheckReport:
    """Try ``mapping`` on all events of ``files``; nothing is written anywhere."""
    return check_events(mapping, itertools.chain.from_iterable(file.events() for file in files))


def check_events(mapping: Mapping, events: Iterable[RawEvent | Unusable]) -> CheckReport:
    """Try ``mapping`` on ``events``."""
    check = _Check(mapping)
    for event in events:
        check.add(event)
    return check.report()


def shape_of(text: str) -> str:
    """Describe what a text looks like without telling what it says: ``+86 138…`` becomes ``+9{2} 9{11}``."""
    runs = [(kind, len(list(run))) for kind, run in itertools.groupby(text, _shape_of_letter)]
    shown = [
        kind if count == 1 else f"{kind}{{{count}}}" if kind == "9" else f"{kind}+"
        for kind, count in runs[:_SHAPE_RUNS]
    ]
    return "".join(shown) + ("…" if len(runs) > _SHAPE_RUNS else "")


def _shape_of_letter(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if "\u3400" <= letter <= "\u9fff":
        return "汉"
    if letter.isalpha():
        return "a"
    return letter if letter.isascii() else "·"


@dataclass(slots=True)
class _Column:
    seen: int = 0
    nulls: int = 0
    unknowns: int = 0
    types: Counter[str] = field(default_factory=Counter)
    shape: str = ""
    orders: set[str] = field(default_factory=set)

    def look_at_date(self, written: Any) -> None:
        """Note in what order a date can be read, of one that ends with its year; between dots the day comes first anyway."""
        if not isinstance(written, str) or _DOTTED.match(written):
            return
        days = days_by_order(written)
        if len(days) == 1:
            self.orders.update(days)
        elif len(set(days.values())) > 1:
            self.orders.add(EITHER)

    def proven_order(self) -> str:
        """What all dates together prove."""
        proven = self.orders - {EITHER}
        return BOTH if len(proven) > 1 else next(iter(proven or self.orders), "")

    def add(self, row: Row, name: str) -> None:
        self.seen += 1
        try:
            value = row.get(name)
        except EventError as problem:
            self.types[problem.code] += 1
            return
        if value is None:
            self.nulls += 1
        elif value is UNKNOWN:
            self.unknowns += 1
        else:
            self.types[_type_name(value)] += 1
            self.shape = self.shape or shape_of(str(conversions.to_text(value)))


def _type_name(value: Any) -> str:
    return next(name for kind, name in _TYPES if isinstance(value, kind))


@dataclass(slots=True)
class _Table:
    rows: int = 0
    deletes: int = 0
    columns: dict[str, _Column] = field(default_factory=dict)


class _Check:
    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._translator = Translator(mapping)
        self._tables: dict[tuple[str, str], _Table] = {}
        self._parked: dict[tuple[str, str], list[Unusable]] = {}
        self._ignored: Counter[str] = Counter()
        self._events = 0

    def add(self, event: RawEvent | Unusable) -> None:
        self._events += 1
        change = event if isinstance(event, Unusable) else self._translator.translate(event)
        if isinstance(change, Unusable):
            self._parked.setdefault((change.code, change.message), []).append(change)
        if isinstance(change, Ignored):
            self._ignored[change.reason] += 1
        elif isinstance(event, RawEvent):
            self._look_at(event)

    def _look_at(self, raw: RawEvent) -> None:
        """Count the columns of an event, also of one that would be parked for one of them."""
        try:
            parsed = parse(raw)
        except EventError:
            return
        if not isinstance(parsed, Envelope):
            return
        block = parsed.source
        source, table = self._mapping.find(raw.topic, block.schema or "", block.db or "", table=block.table or "")
        if source is None or table is None:
            return
        seen = self._tables.setdefault((source.name, table.name), _Table())
        seen.deletes += parsed.op == "d"
        if parsed.after is not None:
            self._count(seen, table, parsed.after)

    def _count(self, seen: _Table, table: TableMapping, columns: Columns) -> None:
        seen.rows += 1
        row = Row(columns, table.hints)
        birthdays = {column.column for column in table.of("birthday")}
        for name, written in columns.data.items():
            column = seen.columns.setdefault(name, _Column())
            column.add(row, name)
            if name in birthdays:
                column.look_at_date(written)

    def report(self) -> CheckReport:
        tables = tuple(
            _table_check(source.name, table, self._tables.get((source.name, table.name), _Table()))
            for source in self._mapping.sources
            for table in source.tables.values()
        )
        parked = tuple(
            ParkCheck(code, message, len(events), events[0].stream, events[0].offset)
            for (code, message), events in self._parked.items()
        )
        return CheckReport(self._events, tables, parked, dict(self._ignored))


def _table_check(source: str, table: TableMapping, seen: _Table) -> TableCheck:
    names = dict.fromkeys((*seen.columns, *(column.column for column in table.columns), *table.key))
    columns = (
        ()
        if table.kind == vocabulary.IGNORE
        else tuple(_column_check(table, name, seen.columns.get(name, _Column())) for name in names)
    )
    return TableCheck(source, table.name, table.kind, seen.rows, seen.deletes, columns)


def _becomes(table: TableMapping, name: str) -> str:
    """List all that a column is used for, the standard name first."""
    found = [column.attribute for column in table.columns if column.column == name]
    found += ["key"] if name in table.key else []
    found += [use for use in ("updated_at", "created_at") if getattr(table, use) == name and use not in found]
    found += ["verified" for column in table.columns if column.verified_by == name]
    found += ["consent time" for column in table.columns if column.at == name]
    return ", ".join(found)


def _column_check(table: TableMapping, name: str, seen: _Column) -> ColumnCheck:
    return ColumnCheck(
        name,
        _becomes(table, name),
        seen.seen,
        seen.nulls,
        seen.unknowns,
        tuple(seen.types),
        seen.shape,
        table.hints.get(name, NO_HINT).date_order,
        seen.proven_order(),
    )
