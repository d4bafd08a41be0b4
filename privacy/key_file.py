"""The key file: JSON of mode 0600, replaced atomically, read and written under a lock on its folder.

``{"format": "onefold keys v1", "root": base64, "epochs": {"1": {"key": base64, "created_at": microseconds}}}``
"""

import base64
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from privacy.errors import KeyFileMissing, KeyProviderError
from privacy.key_set import Epoch, KeySet, decoded

_FORMAT = "onefold keys v1"
_OTHERS = 0o077


def read(path: Path) -> KeySet:
    """Read and check ``path``; the caller holds the folder's lock."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise KeyProviderError(f"key file {path} can be read by others; run: chmod 600 {path}")
        document = _json(file.read())
    epochs = document.get("epochs")
    if document.get("format") != _FORMAT or not isinstance(epochs, dict) or not epochs:
        raise KeyProviderError(f"key file {path} is malformed; restore it from your copy")
    return KeySet(
        root=decoded(document.get("root"), f"root in {path}"),
        epochs=dict(_epoch(path, number, entry) for number, entry in epochs.items()),
    )


def _epoch(path: Path, number: str, entry: object) -> tuple[int, Epoch]:
    if not (number.isdecimal() and isinstance(entry, dict) and isinstance(entry.get("created_at"), int)):
        raise KeyProviderError(f"key file {path} has a malformed epoch; restore it from your copy")
    return int(number), Epoch(decoded(entry.get("key"), f"epoch {number} in {path}"), entry["created_at"])


def _json(content: bytes) -> dict[str, Any]:
    # Again without context: a JSON error carries the whole document.
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def write(path: Path, keys: KeySet, folder: int) -> None:
    """Replace ``path``; the caller holds the folder's lock, ``folder`` is its descriptor."""
    temporary = path.with_name(f"{path.name}.new")
    if temporary.exists():  # left by a process that was killed here: it may hold an epoch that is to be destroyed
        with temporary.open("r+b") as leftover:
            temporary.unlink()
            _overwrite(leftover)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(_serialised(keys))
        file.flush()
        os.fsync(file.fileno())
    with path.open("r+b") if path.exists() else nullcontext() as old:
        temporary.replace(path)
        os.fsync(folder)
        if old is not None:
            _overwrite(old)


def _overwrite(file: IO[bytes]) -> None:
    file.write(bytes(os.fstat(file.fileno()).st_size))
    file.flush()
    os.fsync(file.fileno())


def _serialised(keys: KeySet) -> bytes:
    epochs = {
        str(number): {"key": base64.b64encode(epoch.key).decode(), "created_at": epoch.created_at}
        for number, epoch in sorted(keys.epochs.items())
    }
    document = {"format": _FORMAT, "root": base64.b64encode(keys.root).decode(), "epochs": epochs}
    return json.dumps(document, indent=2).encode()


@contextmanager
def locked(folder: Path, how: int) -> Iterator[int]:
    """Give the folder's descriptor under an advisory lock: a lock on the file itself would not survive its replacement."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def as_provider_error(path: Path) -> Iterator[None]:
    """Turn the system's errors about ``path`` into ours."""
    try:
        yield
    except FileNotFoundError:
        raise KeyFileMissing(f"key file {path} is missing; restore it from your copy") from None
    except OSError as error:
        raise KeyProviderError(f"key file {path} cannot be used: {error.strerror}") from None
