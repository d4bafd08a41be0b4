"""Proposing a mapping from a database's own tables, for ``onefold init --from``: names are guessed, unsure guesses say so.

The proposal always loads; what could not be guessed is left out or set to ``kind = "ignore"``, with a comment.
"""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import types as sqltypes
from sqlalchemy.engine import Inspector

from cdc import vocabulary
from cdc.guesses import guess_column, guess_kind, guess_reference, guess_verified, is_refusal
from cdc.mapping_tables import REFERENCES
from storage import ConfigError

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_APP: Final = "wx0000000000000000"
_REFUSAL: Final = '{ true = "withdrawn", false = "granted", 1 = "withdrawn", 0 = "granted" }'


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: sqltypes.TypeEngine[object]
    target: str = ""  # the table that a foreign key points at


@dataclass(slots=True)
class _Table:
    name: str
    key: tuple[str, ...]
    columns: tuple[_Column, ...]
    kind: str = vocabulary.IGNORE
    notes: list[str] = field(default_factory=list)


def propose_mapping(
    inspector: Inspector, *, name: str, topics: str, currency: str = "CNY", timezone: str = "UTC"
) -> str:
    """Write ``onefold.toml``'s part for one source, from the tables that ``inspector`` finds in its default schema."""
    tables = [_read(inspector, table) for table in sorted(inspector.get_table_names())]
    if not tables:
        raise ConfigError("the database has no tables to propose a mapping for")
    for table in tables:
        _decide_kind(table)
    lines = [
        "[[source]]",
        f"name = {_text(name)}",
        f"topics = {_text(topics)}",
        f"timezone = {_text(timezone)} # of times that have no time zone of their own",
        f"currency = {_text(currency)} # of amounts that have no currency column",
    ]
    writer = _Writer({table.name: table for table in tables}, inspector.dialect.name)
    for table in tables:
        lines += writer.table(table)
    return "\n".join(lines) + "\n"


def _read(inspector: Inspector, table: str) -> _Table:
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    targets = {
        column: str(foreign["referred_table"])
        for foreign in inspector.get_foreign_keys(table)
        for column in foreign["constrained_columns"]
    }
    columns = [
        _Column(column["name"], column["type"], targets.get(column["name"], ""))
        for column in inspector.get_columns(table)
    ]
    return _Table(table, tuple(key), tuple(columns))


def _decide_kind(table: _Table) -> None:
    names = [column.name for column in table.columns]
    kind, is_sure = guess_kind(table.name, names)
    if kind == vocabulary.PERSON and not table.key:
        table.notes.append("looks like persons, but has no primary key: persons need one")
        return
    table.kind = kind
    if kind == vocabulary.IGNORE:
        table.notes.append(f"not recognised; kinds: {', '.join(vocabulary.KINDS)}")
    elif not is_sure:
        table.notes.append(f"unsure: is this really {kind}?")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


class _Writer:
    def __init__(self, tables: Mapping[str, _Table], dialect: str) -> None:
        self._tables = tables
        self._dialect = dialect

    def table(self, table: _Table) -> list[str]:
        """Write one table; a kind whose necessary columns are not found is ignored after all."""
        columns = self._columns(table) if table.kind != vocabulary.IGNORE else {}
        missing = _missing(table.kind, columns)
        if missing:
            table.notes = [f"looks like {table.kind}, but no column could be taken for {missing}"]
            table.kind, columns = vocabulary.IGNORE, {}
        head = f"[source.tables.{_key(table.name)}]"
        lines = ["", *(f"# {_comment(note)}" for note in table.notes), head, f"kind = {_text(table.kind)}"]
        if table.kind == vocabulary.IGNORE:
            return lines
        if table.key:
            lines.append(f"key = [{', '.join(map(_text, table.key))}]")
        else:
            lines.append("# no primary key: rows can be added, but changes and deletions of them are parked")
        lines += ["", f"[source.tables.{_key(table.name)}.columns]"]
        verifying = {guess.settings.get("verified_by") for guess in columns.values()}
        for column in table.columns:
            is_verifying = _text(column.name) in verifying
            lines.append(_line(table, column, columns.get(column.name), is_verifying=is_verifying))
        return lines

    def _columns(self, table: _Table) -> dict[str, "_Guess"]:
        guesses = self._references(table)
        for column in table.columns:
            guess = None if column.name in guesses else self._plain(table, column)
            if guess is not None:
                guesses[column.name] = guess
        return _with_verified(table, _with_whole_birthdays(table, guesses))

    def _references(self, table: _Table) -> dict[str, "_Guess"]:
        """Find at most one column for each kind of reference; foreign keys are believed before names."""
        found: dict[str, _Guess] = {}
        for attribute, kind in REFERENCES.items():
            if vocabulary.term(attribute, table.kind) is None:
                continue
            targets = [other.name for other in self._tables.values() if other.kind == kind and len(other.key) == 1]
            declared = [(column.name, column.target) for column in table.columns if column.target in targets]
            named = [
                (column.name, target)
                for column in table.columns
                if (column.name,) != table.key and guess_reference(attribute, column.name)
                for target in difflib.get_close_matches(column.name, targets, 1, 0.0)
            ]
            for column, target in (declared or named)[:1]:
                is_sure = bool(declared) or len(targets) == 1
                found[column] = _Guess(attribute, self._target(kind, target), is_sure=is_sure)
        return found

    def _target(self, kind: str, target: str) -> dict[str, str]:
        others = [found.name for found in self._tables.values() if found.kind == kind]
        return {"table": _text(target)} if len(others) > 1 else {}

    def _plain(self, table: _Table, column: _Column) -> "_Guess | None":
        found = guess_column(column.name, table.kind)
        if found is None:
            return None
        attribute, is_sure = found
        return _Guess(attribute, self._settings(attribute, column), is_sure=is_sure)

    def _settings(self, attribute: str, column: _Column) -> dict[str, str]:
        settings = {}
        term = next((found for found in vocabulary.TERMS if found.name == attribute), None)
        if attribute == "wechat_openid":
            settings["app"] = _text(_APP)
        if attribute == "consent":
            settings["purpose"] = _text("marketing")
            settings |= {"values": _REFUSAL} if is_refusal(column.name) else {}
        if term is not None and term.type == "timestamp" and (unit := self._unit(column.type)):
            settings["unit"] = _text(unit)
        if term is not None and term.type in {"decimal", "integer"} and (scale := self._scale(column.type)):
            settings["scale"] = str(scale)
        return settings

    def _unit(self, kind: sqltypes.TypeEngine[object]) -> str:
        """Say what times without a zone count, which arrive as numbers: Debezium's adaptive precision."""
        if not isinstance(kind, sqltypes.DateTime) or self._dialect == "sqlite":
            return ""
        if self._dialect == "postgresql":
            precision = getattr(kind, "precision", None)
            is_milliseconds = precision is not None and precision <= _MILLISECOND_DIGITS
            return "" if kind.timezone else "ms" if is_milliseconds else "us"
        if kind.__class__.__name__ == "TIMESTAMP":
            return ""
        return "ms" if (getattr(kind, "fsp", 0) or 0) <= _MILLISECOND_DIGITS else "us"

    def _scale(self, kind: sqltypes.TypeEngine[object]) -> int:
        is_decimal = isinstance(kind, sqltypes.Numeric) and not isinstance(kind, sqltypes.Float)
        return (getattr(kind, "scale", 0) or 0) if is_decimal and self._dialect != "sqlite" else 0


_MILLISECOND_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class _Guess:
    attribute: str
    settings: Mapping[str, str]
    is_sure: bool = True

    def note(self) -> str:
        """Say what a person has to look at."""
        if self.attribute == "wechat_openid":
            return "the app's id has to be filled in"
        if self.attribute == "consent":
            return "a yes means no here; is this the purpose?" if "values" in self.settings else "is this the purpose?"
        return "" if self.is_sure else "unsure"


def _with_whole_birthdays(table: _Table, guesses: Mapping[str, _Guess]) -> dict[str, _Guess]:
    """``birth_day`` is the whole date, unless the month stands in a column beside it."""
    is_apart = any(guess.attribute == "birth_month" for guess in guesses.values())
    days = {column.name for column in table.columns if not isinstance(column.type, sqltypes.Date | sqltypes.DateTime)}
    return {
        name: replace(guess, attribute="birthday")
        if guess.attribute == "birth_day" and not (is_apart and name in days)
        else guess
        for name, guess in guesses.items()
    }


def _with_verified(table: _Table, guesses: dict[str, _Guess]) -> dict[str, _Guess]:
    """Let columns that say what was verified speak for the one column of that kind; with two, nobody knows for which."""
    verifying = {guess_verified(column.name): column.name for column in reversed(table.columns)}
    for attribute in verifying if table.kind == vocabulary.PERSON else ():
        told = [name for name, guess in guesses.items() if guess.attribute == attribute]
        if attribute is not None and len(told) == 1:
            guess = guesses[told[0]]
            settings = {**guess.settings, "verified_by": _text(verifying[attribute])}
            guesses[told[0]] = replace(guess, settings=settings)
    return guesses


def _line(table: _Table, column: _Column, guess: _Guess | None, *, is_verifying: bool) -> str:
    if guess is None:
        said = "says what was verified" if is_verifying else 'not mapped: { is = "…" }'
        use = "the key" if column.name in table.key else said
        return f"# {_comment(_key(column.name))} {_comment(str(column.type))}: {use}"
    settings = {"is": _text(guess.attribute), **guess.settings}
    written = ", ".join(f"{name} = {value}" for name, value in settings.items())
    note = guess.note()
    return f"{_key(column.name)} = {{ {written} }}" + (f" # {note}" if note else "")


def _missing(kind: str, columns: Mapping[str, _Guess]) -> str:
    """Name what a kind cannot do without."""
    found = {guess.attribute for guess in columns.values()}
    needed = {"order_line": ("order",), "consent": ("state", "purpose")}.get(kind, ())
    return " and ".join(name for name in needed if name not in found)


def _comment(text: str) -> str:
    """Keep a comment on one line."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)
