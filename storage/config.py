"""TOML documents that remember where everything stands, so that an error can name file and line.

The document is read by :mod:`tomllib`; it decides what is valid. A second walk over text that is known to be valid finds the
line of every table, key and array item, which ``tomllib`` does not tell.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from storage.errors import ConfigError

#: Keys and array indexes from the top: ``("source", 0, "tables", "customers", "columns", "email")``.
TomlPath: TypeAlias = "tuple[str | int, ...]"

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# The multi-line forms come first: they begin like the short ones. Up to two quotes may stand before the closing three.
_STRING = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"""(?:"{0,2})|' + r"'''[\s\S]*?'''(?:'{0,2})|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'"
)
_SCALAR = re.compile(r"[^,\]}#\n]+")
_ERROR_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class ConfigDocument:
    """A parsed TOML file: ``data`` as :mod:`tomllib` gives it, ``file`` its name for messages."""

    file: str
    data: dict[str, Any]
    lines: dict[TomlPath, int] = field(repr=False, default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "ConfigDocument":
        """Read the file at ``path``; :class:`ConfigError` when it is missing, not UTF-8 or not TOML."""
        try:
            text = path.read_bytes().decode()
        except OSError as error:
            raise ConfigError(f"the file cannot be read: {error.strerror}", file=str(path)) from error
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise ConfigError("the file is not UTF-8 text", file=str(path), line=line) from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, file: str) -> "ConfigDocument":
        """Parse ``text``; a syntax error is a :class:`ConfigError` with its line."""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _ERROR_LINE.search(str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise ConfigError(
                f"not valid TOML: {_ERROR_LINE.sub('', str(error)).strip()}", file=file, line=line
            ) from None
        return cls(file, data, _Walk(text).lines())

    def line_of(self, *path: str | int) -> int | None:
        """Line (from 1) where the table, key or array item at ``path`` is first written; None when it is not there."""
        return self.lines.get(path)

    def line_near(self, *path: str | int) -> int | None:
        """Like :meth:`line_of`, or the line of the nearest enclosing table when ``path`` itself is not written."""
        return next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), None)


class _Walk:
    """One pass over valid TOML text, noting the line of every path."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[TomlPath, int] = {}
        self._array_sizes: dict[TomlPath, int] = {}
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def lines(self) -> dict[TomlPath, int]:
        """Walk the whole text."""
        table: TomlPath = ()
        while self._skip(_BLANK) < len(self._text):
            table = self._header() if self._text[self._at] == "[" else self._pair(table)
        return self._found

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _note(self, path: TomlPath, start: int) -> None:
        line = bisect_left(self._breaks, start) + 1
        for end in range(1, len(path) + 1):
            self._found.setdefault(path[:end], line)

    def _header(self) -> TomlPath:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        parts = self._key()
        self._at += 2 if is_array else 1
        path = (*self._resolve(parts[:-1]), parts[-1])
        if is_array:
            self._note(path, start)
            self._array_sizes[path] = self._array_sizes.get(path, 0) + 1
        path = self._last_item(path)
        self._note(path, start)
        return path

    def _resolve(self, parts: tuple[str, ...]) -> TomlPath:
        """``[a.b]`` means the last item of ``a`` where ``a`` is an array of tables."""
        path: TomlPath = ()
        for part in parts:
            path = self._last_item((*path, part))
        return path

    def _last_item(self, path: TomlPath) -> TomlPath:
        size = self._array_sizes.get(path)
        return path if size is None else (*path, size - 1)

    def _pair(self, table: TomlPath) -> TomlPath:
        start = self._at
        path = table + self._key()
        self._note(path, start)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)
        return table

    def _key(self) -> tuple[str, ...]:
        """Read a dotted key and the blanks around it."""
        parts = [self._key_part()]
        while self._text[self._at] == ".":
            self._at += 1
            parts.append(self._key_part())
        return tuple(parts)

    def _key_part(self) -> str:
        start = self._skip(_SPACE)
        is_quoted = self._text[start] in "\"'"
        written = self._text[start : self._skip(_STRING if is_quoted else _BARE_KEY)]
        self._skip(_SPACE)
        return str(tomllib.loads(f"key = {written}")["key"]) if is_quoted else written

    def _value(self, path: TomlPath) -> None:
        first = self._text[self._at]
        if first == "[":
            for index in self._items("]"):
                self._note((*path, index), self._at)
                self._value((*path, index))
        elif first == "{":
            for _ in self._items("}"):
                self._pair(path)
        else:
            self._skip(_STRING if first in "\"'" else _SCALAR)

    def _items(self, closing: str) -> Iterator[int]:
        """Stand before each item of an array or inline table in turn, and after the closing bracket at the end."""
        self._at += 1
        index = 0
        while self._text[self._skip(_BLANK)] != closing:
            yield index
            index += 1
            if self._text[self._skip(_BLANK)] == ",":
                self._at += 1
        self._at += 1
