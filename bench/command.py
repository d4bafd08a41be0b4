"""Run the `onefold` command of this checkout, as a user would."""

import os
import subprocess
import sys
from pathlib import Path

from bench.events import MAPPING


def command(folder: Path, *arguments: str) -> list[str]:
    """The command line for an installation in ``folder``."""
    return [sys.executable, "-m", "server", *arguments, "--config", str(folder / "onefold.toml")]


def environment(database: str) -> dict[str, str]:
    """This process's environment with another main database ("" keeps the embedded one)."""
    return {**os.environ, **({"ONEFOLD_DATABASE": database} if database else {})}


def run(folder: Path, *arguments: str, database: str = "") -> str:
    """What a command prints; raises with its error text when it fails."""
    done = subprocess.run(
        command(folder, *arguments), env=environment(database), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"onefold {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def installation(folder: Path, database: str = "") -> Path:
    """A new installation in ``folder`` with the benchmark's mapping."""
    folder.mkdir(parents=True)
    (folder / "onefold.toml").write_text(MAPPING, encoding="utf-8")
    init = [sys.executable, "-m", "server", "init", str(folder)]
    subprocess.run(init, env=environment(database), check=True, capture_output=True)
    return folder
