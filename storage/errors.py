"""The root of every error that Onefold raises on purpose.

::

    OnefoldError
    ├── ConfigError          onefold.toml or an ONEFOLD_* variable is wrong; names file, line and mend
    │   └── ConfigErrors     several such mistakes
    ├── StorageError         a database refuses or is at the wrong revision
    │   ├── RevisionMismatch run `onefold migrate`
    │   └── PlaintextRefused something that is not a sealed cell was about to be written to a sealed column
    └── (each package has its own small branch)

Messages name the thing that failed and what to do about it. They never hold a personal value, a key or a row's
content, because messages end in logs.
"""

from collections.abc import Iterable


class OnefoldError(Exception):
    """Base of all errors of Onefold. ``retriable`` tells a loop whether trying again can help."""

    retriable: bool = False


class ConfigError(OnefoldError):
    """A setting is missing or malformed.

    ``where`` is a dotted path such as ``source.shop.tables.customers``; ``line`` counts from 1.
    """

    def __init__(
        self, message: str, *, file: str = "", line: int | None = None, where: str = "", valid: tuple[str, ...] = ()
    ) -> None:
        """Compose one sentence: place, what is wrong, what would be valid."""
        self.reason = message
        self.file = file
        self.line = line
        self.where = where
        self.valid = valid
        place = ":".join(str(part) for part in (file, line) if part)
        choices = f"; valid: {', '.join(valid)}" if valid else ""
        super().__init__(": ".join(part for part in (place, where, message) if part) + choices)


class ConfigErrors(ConfigError):
    """Several mistakes of settings; ``errors`` holds them in the file's order, and it has the place of the first."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        """Put them together, a line for each."""
        self.errors = tuple(sorted(errors, key=lambda error: error.line or 0))
        first = self.errors[0]
        super().__init__(first.reason, file=first.file, line=first.line, where=first.where, valid=first.valid)
        self.args = ("\n".join(map(str, self.errors)),)


class StorageError(OnefoldError):
    """A database cannot be used as it is."""


class RevisionMismatch(StorageError):
    """The database's schema is not the one that this version of Onefold works with."""


class PlaintextRefused(StorageError):
    """A value that is not a sealed cell was about to be stored in a sealed column."""
