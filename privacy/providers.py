"""Root key providers: where the keys live that no database holds.

A provider keeps the long-lived *root*, which wraps the long-lived keys, and the *epoch keys* by number, which wrap data
keys. They are independent: an epoch key is never derived from or wrapped under the root, so that destroying it destroys
every copy of the data keys that were wrapped under it, backups included.

What leaks: who can read the provider and the key store can read everything. Keep the key file out of database backups.
"""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from privacy.errors import KeyProviderError
from privacy.key_file import as_provider_error, locked, read, write
from privacy.key_set import Epoch, KeySet, decoded, new_epoch
from privacy.wrapping import KEY_BYTES


class KeyProvider(Protocol):
    """What the key store asks of a provider. Every method may raise :class:`KeyProviderError`."""

    @property
    def name(self) -> str:
        """What `onefold keys status` calls this provider."""
        ...

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """Seal a long-lived key under the root, bound to ``context``."""
        ...

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Open a long-lived key that was wrapped with the same ``context``."""
        ...

    def epochs(self) -> tuple[int, ...]:
        """Return the numbers of all epoch keys held, ascending."""
        ...

    def current_epoch(self) -> int:
        """Return the epoch that new data keys are wrapped under."""
        ...

    def epoch_key(self, number: int) -> bytes:
        """Return the 32-byte key of an epoch."""
        ...

    def created_at(self, number: int) -> int | None:
        """When the epoch began, in microseconds since 1970 UTC; None when the provider does not know."""
        ...


class EnvironmentProvider:
    """Keys from ``ONEFOLD_ROOT_KEY`` (base64 of 32 bytes) and ``ONEFOLD_EPOCH_KEYS`` (``1:base64,2:base64``)."""

    name = "environment"

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Read both variables from ``environ``; raise :class:`KeyProviderError` when one is missing or malformed."""
        self._keys = KeySet(
            root=decoded(_variable(environ, "ONEFOLD_ROOT_KEY"), "ONEFOLD_ROOT_KEY"),
            epochs=_epochs_of_variable(_variable(environ, "ONEFOLD_EPOCH_KEYS")),
        )

    def __repr__(self) -> str:
        return f"EnvironmentProvider(epochs={self.epochs()})"

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """Seal a long-lived key under the root."""
        return self._keys.wrap(key, context)

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Open a long-lived key."""
        return self._keys.unwrap(wrapped, context)

    def epochs(self) -> tuple[int, ...]:
        """Return the numbers of all epoch keys held, ascending."""
        return tuple(sorted(self._keys.epochs))

    def current_epoch(self) -> int:
        """Return the highest epoch."""
        return max(self._keys.epochs)

    def epoch_key(self, number: int) -> bytes:
        """Return the key of an epoch."""
        return self._keys.epoch(number).key

    def created_at(self, number: int) -> int | None:
        """None: variables carry no time."""
        return self._keys.epoch(number).created_at


class LocalFileProvider:
    """Keys in one JSON file of mode 0600.

    Every process that has the file open sees a new or a destroyed epoch at its next call: the file is read again when it
    changed. A rewrite is atomic and synced to disk; the bytes of the old file are overwritten, as far as the file system
    overwrites in place (copy-on-write file systems and flash keep old blocks for a while: put the file on an encrypted disk).
    """

    name = "local file"

    def __init__(self, path: Path) -> None:
        """Read ``path``; raise :class:`KeyProviderError` when it is missing, malformed or readable by others."""
        self.path = path
        self._stamp: tuple[int, ...] = ()
        self._keys = KeySet(b"", {})
        self._current()

    def __repr__(self) -> str:
        return f"LocalFileProvider({str(self.path)!r}, epochs={tuple(sorted(self._keys.epochs))})"

    @classmethod
    def create(cls, path: Path) -> "LocalFileProvider":
        """Make the file with a random root and epoch 1, and open it; an existing file is never replaced."""
        with as_provider_error(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(path.parent, fcntl.LOCK_EX) as folder:
                if path.exists():
                    raise KeyProviderError(f"key file {path} exists already and is left as it is")
                write(path, KeySet(os.urandom(KEY_BYTES), {1: new_epoch()}), folder)
        return cls(path)

    def add_epoch(self) -> int:
        """Begin the next epoch and return its number; data keys wrapped before stay under theirs."""
        with as_provider_error(self.path), locked(self.path.parent, fcntl.LOCK_EX) as folder:
            keys = read(self.path)
            number = max(keys.epochs) + 1
            write(self.path, KeySet(keys.root, {**keys.epochs, number: new_epoch()}), folder)
        return number

    def destroy_epoch(self, number: int) -> None:
        """Forget an epoch key: whatever is still wrapped under it, in any copy, cannot be opened again.

        The current epoch is refused. Nothing happens when the epoch is gone already.
        """
        with as_provider_error(self.path), locked(self.path.parent, fcntl.LOCK_EX) as folder:
            keys = read(self.path)
            if number == max(keys.epochs):
                raise KeyProviderError(f"epoch {number} is the current one; begin another before destroying it")
            kept = {each: epoch for each, epoch in keys.epochs.items() if each != number}
            write(self.path, KeySet(keys.root, kept), folder)

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """Seal a long-lived key under the root."""
        return self._current().wrap(key, context)

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Open a long-lived key."""
        return self._current().unwrap(wrapped, context)

    def epochs(self) -> tuple[int, ...]:
        """Return the numbers of all epoch keys held, ascending."""
        return tuple(sorted(self._current().epochs))

    def current_epoch(self) -> int:
        """Return the highest epoch."""
        return max(self._current().epochs)

    def epoch_key(self, number: int) -> bytes:
        """Return the key of an epoch."""
        return self._current().epoch(number).key

    def created_at(self, number: int) -> int | None:
        """When the epoch began, in microseconds since 1970 UTC."""
        return self._current().epoch(number).created_at

    def _current(self) -> KeySet:
        with as_provider_error(self.path):
            status = self.path.stat()
            stamp = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode)
            if stamp != self._stamp:
                # Shared with other readers, never with a writer that is overwriting the old file's bytes.
                with locked(self.path.parent, fcntl.LOCK_SH):
                    self._keys = read(self.path)
                self._stamp = stamp
        return self._keys


def _variable(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise KeyProviderError(f"environment variable {name} is missing")
    return environ[name]


def _epochs_of_variable(text: str) -> dict[int, Epoch]:
    epochs: dict[int, Epoch] = {}
    for item in text.split(","):
        number, separator, key = item.strip().partition(":")
        if not separator or not number.isdecimal() or int(number) < 1 or int(number) in epochs:
            raise KeyProviderError("ONEFOLD_EPOCH_KEYS is malformed; it looks like 1:base64,2:base64")
        epochs[int(number)] = Epoch(decoded(key, "ONEFOLD_EPOCH_KEYS"), None)
    return epochs
