"""Mistakes of settings, collected while the rest is read on, so that whoever mends them sees all at once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from storage.errors import ConfigError, ConfigErrors

T = TypeVar("T")


class ConfigMistakes:
    """What was wrong in a part of the settings so far."""

    def __init__(self) -> None:
        self._found: list[ConfigError] = []

    def add(self, *errors: ConfigError) -> None:
        """Note mistakes; one that stands for several is taken apart."""
        for error in errors:
            self._found += error.errors if isinstance(error, ConfigErrors) else (error,)

    def table(self, value: object, where: str, known: Iterable[str] | None = None) -> Mapping[str, Any]:
        """The table ``value``, empty when it is none; keys that are not ``known`` are mistakes (None: any may stand there)."""
        if not isinstance(value, Mapping):
            self.add(ConfigError(f"must be a table: [{where}]", where=where))
            return {}
        valid = tuple(value if known is None else known)
        for key in value:
            if key not in valid:
                self.add(ConfigError(f"unknown key {key!r}", where=f"{where}.{key}", valid=valid))
        return value

    def value(self, section: Mapping[str, Any], key: str, read: Callable[[Any], T], otherwise: T) -> T:
        """What ``read`` makes of a key's value; ``otherwise`` where the key is not there, or its value is wrong."""
        if key not in section:
            return otherwise
        try:
            return read(section[key])
        except ConfigError as error:
            self.add(error)
            return otherwise

    def refuse(self) -> None:
        """Raise :class:`ConfigErrors` when there is any."""
        if self._found:
            raise ConfigErrors(self._found)
