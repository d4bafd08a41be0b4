"""The demo's folder: the two businesses' databases on one side, Onefold's own folder on the other."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.demo_world import MAPPING_FILE
from storage import OnefoldError

_MARKER: Final = ".onefold-demo"
_SETTINGS: Final = """\
# Settings of the demo. Its keys protect made-up people only; for people who exist, make an installation: onefold init

[onefold]
tenant = "demo"
currency = "CNY"

[purposes]
marketing = "consent"

"""


class DemoFolderError(OnefoldError):
    """The folder cannot be used for the demo; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A folder that the demo made, and holds alone."""

    path: Path

    @property
    def sources(self) -> Path:
        """Where the businesses' databases lie: plaintext, and not Onefold's."""
        return self.path / "sources"

    @property
    def settings(self) -> Path:
        """The file ``onefold.toml`` of the demo's installation, in Onefold's own folder."""
        return self.path / "onefold" / "onefold.toml"

    def write_settings(self) -> None:
        """Write the settings with the demo's mapping, unless they are there."""
        if not self.settings.exists():
            self.settings.parent.mkdir(mode=0o700, exist_ok=True)
            self.settings.write_text(_SETTINGS + MAPPING_FILE.read_text(encoding="utf-8"), encoding="utf-8")


@contextmanager
def demo_folder(path: Path, *, fresh: bool) -> Iterator[DemoFolder]:
    """Give the folder to one demo at a time; ``fresh`` empties it first, if it is one that a demo made."""
    marker = path / _MARKER
    if path.exists() and not marker.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DemoFolderError(f"{path} is not empty and no demo made it; it is left alone: give another --folder")
    path.mkdir(parents=True, exist_ok=True)
    with marker.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFolderError(f"another demo runs with {path}; end it, or give another --folder") from None
        found = DemoFolder(path)
        if fresh:
            for made in (found.sources, found.settings.parent):
                shutil.rmtree(made, ignore_errors=True)
        # The demo may be run inside a working copy: its keys and databases are never to be committed.
        (path / ".gitignore").write_text("*\n")
        yield found
