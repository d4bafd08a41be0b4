"""A table of people in a file of separated values: what its columns are, and what its rows say.

For a look at what Onefold would join in an export, before any database is captured. Columns are guessed by their names as for
``onefold init --from``, unless somebody tells; the parts of one address are put together in the order of the file.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final

from cdc import vocabulary
from cdc.errors import PeopleTableError
from cdc.guesses import guess_column
from identity import FieldValue, days_by_order

#: What identity resolution reads of a person.
ATTRIBUTES: Final = (
    *(term.name for term in vocabulary.TERMS if vocabulary.PERSON in term.kinds and term.is_sealed),
    *vocabulary.COMPARED_TRAITS,
)
_DELIMITERS: Final = ",;\t|"
#: Between the columns that are told to be one value together.
_AND: Final = "+"
#: Columns that hold a part of an address: `street_number`, `address_1`, `addr line 2`, `flat`.
_ADDRESS_PART: Final = re.compile(
    r"(^|[_ ])(street|house|flat|unit|apt|apartment|suite)([_ ]|$)|(addr|address|line)[_ ]*(line)?[_ ]*\d$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says of a table.

    ``columns``: the attribute of a column, or of several with ``+`` between, "" for none. ``key`` names the rows (by their number from 1
    otherwise), ``truth`` says which are one person. ``date_order``: one of ``identity.DATE_ORDERS``, of birthdays that end with their year.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    truth: str = ""
    date_order: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """Columns of the file that are one value together, usually one, and what is read from them; "" where nothing is."""

    names: tuple[str, ...]
    attribute: str


@dataclass(frozen=True, slots=True)
class PeopleTable:
    """``records``: what each row says, by its key; ``truth``: its person, where the file says so."""

    columns: tuple[Column, ...]
    records: Mapping[str, Sequence[FieldValue]]
    truth: Mapping[str, str]


def read_people(lines: Iterable[str], told: Told) -> PeopleTable:
    """Read a table with a header; :class:`PeopleTableError` names the line and the mend, and no value."""
    rows = _rows(lines, told.delimiter)
    _, header = next(rows, (0, []))
    names = _names(header)
    for name in filter(None, (told.key, told.truth)):
        _require(name, names)
    columns = _columns(names, told)
    if not any(column.attribute for column in columns):
        raise PeopleTableError(
            f"no column was recognised; say what they are: --is COLUMN=ATTRIBUTE (attributes: {', '.join(ATTRIBUTES)})"
        )
    records: dict[str, Sequence[FieldValue]] = {}
    truth: dict[str, str] = {}
    for number, (line, row) in enumerate(rows, 1):
        if len(row) != len(names):
            raise PeopleTableError(f"line {line} has {len(row)} values, the header {len(names)}: is one not quoted?")
        values = dict(zip(names, row, strict=True))
        key = values[told.key].strip() if told.key else str(number)
        if not key or key in records:
            problem = "is the same as in an earlier row" if key else "is empty"
            raise PeopleTableError(f"line {line}: the key {told.key!r} {problem}; leave --key out to number the rows")
        records[key] = list(_fields(columns, values, told.date_order))
        if told.truth and (person := values[told.truth].strip()):
            truth[key] = person
    return PeopleTable(columns, records, truth)


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, each with the line at which it ends."""
    given = iter(lines)
    first = next(given, "")
    reader = csv.reader(_with(first, given), delimiter=delimiter or _delimiter(first), strict=True)
    try:
        yield from ((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        raise PeopleTableError(
            f"line {reader.line_num} cannot be read: {error}; is a quotation mark missing?"
        ) from None


def _with(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _names(header: Sequence[str]) -> list[str]:
    names = [name.strip() or f"column {number}" for number, name in enumerate(header, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or twice:
        problem = f"the header names {', '.join(map(repr, twice))} twice" if twice else "the file is empty"
        raise PeopleTableError(f"{problem}: its first line has to name the columns, each by another name")
    return names


def _require(name: str, names: Sequence[str]) -> None:
    if name not in names:
        alike = get_close_matches(name, names, 1)
        hint = f"; did you mean {alike[0]!r}?" if alike else f"; there are {', '.join(map(repr, names))}"
        raise PeopleTableError(f"there is no column {name!r}{hint}")


def _columns(names: Sequence[str], told: Told) -> tuple[Column, ...]:
    """All columns, those that are told first, each in the order of the file."""
    given = [_given(said, attribute, names) for said, attribute in told.columns.items()]
    taken = {name for column in given for name in column.names}
    rest = [name for name in names if name not in taken]
    guessed = [Column((name,), "" if name in {told.key, told.truth} else _guess(name)) for name in rest]
    return (*given, *_whole(guessed))


def _given(said: str, attribute: str, names: Sequence[str]) -> Column:
    parts = tuple(part.strip() for part in said.split(_AND)) if said not in names else (said,)
    for part in parts:
        _require(part, names)
    if attribute and attribute not in ATTRIBUTES:
        alike = get_close_matches(attribute, ATTRIBUTES, 1)
        hint = f"did you mean {alike[0]!r}?" if alike else f"choose one of {', '.join(ATTRIBUTES)}"
        raise PeopleTableError(f"{said}={attribute}: there is no attribute {attribute!r}; {hint}")
    return Column(parts, attribute)


def _guess(name: str) -> str:
    if _ADDRESS_PART.search(name):
        return "address"
    found = guess_column(name, vocabulary.PERSON)
    return found[0] if found is not None and found[0] in ATTRIBUTES else ""


def _whole(columns: Sequence[Column]) -> list[Column]:
    """The parts of an address as one, and ``birth_day`` as the whole date where no month stands beside it."""
    attributes = {column.attribute for column in columns}
    parts = [c for c in columns if c.attribute == "address" and _ADDRESS_PART.search(c.names[0])]
    address = Column(tuple(column.names[0] for column in parts), "address")
    found: list[Column] = []
    for column in columns:
        if column in parts:
            found += [address] if column is parts[0] else []
        elif column.attribute == "birth_day" and "birth_month" not in attributes:
            found.append(replace(column, attribute="birthday"))
        else:
            found.append(column)
    return found


def _fields(columns: Collection[Column], values: Mapping[str, str], date_order: str) -> Iterator[FieldValue]:
    slots: dict[str, int] = {}
    for column in columns:
        slot = slots[column.attribute] = slots.get(column.attribute, -1) + 1
        written = " ".join(filter(None, (values[name].strip() for name in column.names)))
        if not (column.attribute and written):
            continue
        if column.attribute == "birthday" and date_order and (day := days_by_order(written).get(date_order)):
            written = day.isoformat()
        yield FieldValue(column.attribute, slot, written)
