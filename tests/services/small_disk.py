"""A disk of a few megabytes, in memory, that a test fills and empties.

with small_disk(megabytes=32) as disk:
    disk.fill()  # nobody can write into `disk.folder` now
    disk.free()
"""

import errno
import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services.process import ServiceUnavailableError, passing_folder

_PAGE = bytes(4096)


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The disk at `folder`."""

    folder: Path

    def fill(self) -> None:
        """Leave not one page."""
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while file.write(_PAGE):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Take away what `fill` wrote."""
        self._ballast.unlink()

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextmanager
def small_disk(*, megabytes: int, account: pwd.struct_passwd | None = None) -> Iterator[SmallDisk]:
    """Mount such a disk for an account, ours by default. Raises `ServiceUnavailableError` where we may not."""
    with passing_folder("onefold-disk-") as folder:
        place = folder / "disk"
        place.mkdir()
        _as_root("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(place))
        try:
            (place / "data").mkdir()
            if account is not None:
                os.chown(place / "data", account.pw_uid, account.pw_gid)
            yield SmallDisk(place)
        finally:
            _as_root("umount", "--lazy", str(place))


def _as_root(*command: str) -> None:
    """Run a command as root, or as whoever may become root without a password."""
    whole = command if os.geteuid() == 0 else ("sudo", "-n", *command)
    try:
        done = subprocess.run(whole, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ServiceUnavailableError(f"A small disk needs root, or sudo, for `{command[0]}`.") from None
    if done.returncode:
        raise ServiceUnavailableError(f"A small disk cannot be had here: {done.stderr.strip()}")
