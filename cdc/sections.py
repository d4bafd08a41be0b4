"""Sections of ``onefold.toml``: typed settings, and every mistake collected with its place in the file."""

import difflib
import zoneinfo
from collections.abc import Iterable
from typing import Any

from cdc.money import CURRENCY_DECIMALS, similar_currencies
from storage import ConfigDocument, ConfigError, TomlPath


class Mistakes:
    """A document and the mistakes found in it so far."""

    def __init__(self, document: ConfigDocument) -> None:
        self.document = document
        self.errors: list[ConfigError] = []

    def add(self, message: str, path: TomlPath, where: str, *, valid: Iterable[str] = ()) -> None:
        """Report a mistake at ``path``; ``where`` is how people call the place."""
        line = self.document.line_near(*path)
        self.errors.append(ConfigError(message, file=self.document.file, line=line, where=where, valid=tuple(valid)))

    def table_at(self, path: TomlPath, where: str) -> dict[str, Any]:
        """Return the TOML table at ``path``; empty, and a mistake, when something else stands there."""
        value: Any = self.document.data
        for key in path:
            value = value[key]
        if isinstance(value, dict):
            return value
        self.add("must be a table", path, where)
        return {}


class Section:
    """One table of the file: its values by key, and mistakes reported with their place."""

    def __init__(self, mistakes: Mistakes, path: TomlPath, where: str, known: tuple[str, ...]) -> None:
        self.path = path
        self.where = where
        self._mistakes = mistakes
        self.data: dict[str, Any] = mistakes.table_at(path, where)
        for key in self.data:
            if key not in known:
                self.fail(f"{key!r} is not known here{did_you_mean(key, known)}", key, valid=known)

    def fail(self, message: str, *keys: str | int, valid: Iterable[str] = ()) -> None:
        """Report a mistake at this table or at one of its keys."""
        self._mistakes.add(message, (*self.path, *keys), self.where, valid=valid)

    def text(self, key: str, default: str = "", *, one_of: Iterable[str] = ()) -> str:
        """Read a string; with ``one_of`` only one of these."""
        value = self.data.get(key, default)
        valid = tuple(one_of)
        if not isinstance(value, str):
            self.fail(f"{key!r} must be text in quotes", key, valid=valid)
        elif valid and key in self.data and value not in valid:
            self.fail(f"{key} = {value!r} is not known{did_you_mean(value, valid)}", key, valid=valid)
        else:
            return value
        return default

    def flag(self, key: str) -> bool | None:
        """Read true or false; None when the key is not there."""
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.fail(f"{key!r} must be true or false", key, valid=("true", "false"))
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of strings; a single string counts as a list of one."""
        value = self.data.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list) and all(isinstance(item, str) and item for item in listed):
            return tuple(listed)
        self.fail(f"{key!r} must be a list of texts in quotes", key)
        return ()

    def timezone(self, default: str) -> str:
        """Read an IANA time zone."""
        name = self.text("timezone", default)
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            near = difflib.get_close_matches(name, zoneinfo.available_timezones(), 3)
            self.fail(f"time zone {name!r} is not known", "timezone", valid=near or ("Asia/Shanghai", "UTC"))
            return default
        return name

    def currency(self, default: str) -> str:
        """Read an ISO 4217 code."""
        code = self.text("currency", default)
        if code and code not in CURRENCY_DECIMALS:
            self.fail(f"currency {code!r} is not an ISO 4217 code", "currency", valid=similar_currencies(code))
            return default
        return code


def did_you_mean(word: str, valid: Iterable[str]) -> str:
    """Name the nearest valid word, as the end of a message; empty when none is near."""
    near = difflib.get_close_matches(word, list(valid), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
