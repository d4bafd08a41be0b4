"""A server program that the tests run: in a folder, with a log file there, and never longer than the tests themselves.

    with passing_folder("onefold-estate-") as folder:
        server = SomeService(folder)
        server.start()
        server.kill()
        server.restart()

ServiceUnavailableError  the program is not installed here: a reason to skip
ServiceFailedError       it is, but did not do what it should: a reason to fail, with the end of its log
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

STOP_SECONDS = 30
POLL_SECONDS = 0.1

# Becomes the server (`exec`), beside a watcher at the other end of a pipe from us. Each line through the pipe is a signal
# for the server; when the pipe closes, be it that we ask for it or that we were killed, the server is killed. The pipe
# moves to descriptor 3 because a shell gives what it runs in the background an empty standard input.
WATCHED = """
exec 3<&0 </dev/null
( while read -r signal <&3; do kill -"$signal" $$; done; kill -KILL $$ ) >/dev/null 2>&1 &
exec "$@" 3<&-
"""
# Removes a folder when the pipe from us closes; the servers in it, whose pipes close with this one, are dead by then.
REMOVER = 'read -r _; sleep 0.3; rm -rf "$1"'


class ServiceUnavailableError(Exception):
    """A service cannot be had on this machine; the message says why and what would help."""


class ServiceFailedError(Exception):
    """A service that is there failed; the message holds the end of its log."""


@contextmanager
def passing_folder(prefix: str) -> Iterator[Path]:
    """Give a new folder that goes when the context, or this process, ends, however it ends.

    Other accounts may pass through it, not look into it: servers that refuse to run as root have theirs inside.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o711)
    remover = ["/bin/sh", "-c", REMOVER, "sh", str(folder)]
    with subprocess.Popen(remover, stdin=subprocess.PIPE, start_new_session=True):  # leaving closes the pipe and waits
        yield folder


class Service(ABC):
    """A server program in `folder`; a restart finds its data and its port again."""

    name: ClassVar[str]
    start_seconds: ClassVar[int] = 60

    def __init__(self, folder: Path, *, account: pwd.struct_passwd | None = None) -> None:
        self.folder = folder / self.name
        self.folder.mkdir(mode=0o700)
        self.log = self.folder / f"{self.name}.log"
        self._account = account
        self._process: subprocess.Popen[bytes] | None = None
        if account is not None:
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """Return the program and its arguments."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether the server does its work already."""

    @property
    def is_running(self) -> bool:
        """Whether the program runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the running process."""
        if self._process is None:
            raise ServiceFailedError(f"{self.name} does not run.")
        return self._process.pid

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        self._process = self._launch(["/bin/sh", "-c", WATCHED, "sh", *self.command()])
        self.wait_until(self.is_ready, "ready", seconds=self.start_seconds)

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        self._end("TERM")

    def kill(self) -> None:
        """End the server without a chance to save anything (`kill -9`)."""
        self._end("KILL")

    def restart(self) -> None:
        """Stop the server if it runs, and start it with the same data on the same port."""
        self.stop()
        self.start()

    def back_up(self) -> None:
        """Copy the data as a crash leaves it; a server that runs is killed for it and started again."""
        was_running = self.is_running
        self.kill()
        subprocess.run(["cp", "-a", self.folder / "data", self.folder / "backup"], check=True)
        if was_running:
            self.start()

    def restore(self) -> None:
        """Kill the server and put the copy in the place of its data."""
        self.kill()
        shutil.rmtree(self.folder / "data")
        (self.folder / "backup").rename(self.folder / "data")

    def write(self, name: str, text: str) -> Path:
        """Write a file into the server's folder, for the server alone to read, and return its path."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)
        return path

    def run(self, command: Sequence[str | Path]) -> None:
        """Run a program of the server's that ends by itself, such as one that prepares its data."""
        process = self._launch(command)
        process.communicate()
        if process.returncode != 0:
            raise ServiceFailedError(f"{Path(command[0]).name} failed:\n{self.log_tail()}")

    def wait_until(self, condition: Callable[[], bool], what: str, *, seconds: float) -> None:
        """Wait until `condition` holds. Raises `ServiceFailedError` after `seconds`, or when the server has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.is_running:
                raise ServiceFailedError(f"{self.name} ended before it was {what}:\n{self.log_tail()}")
            if condition():
                return
            time.sleep(POLL_SECONDS)
        raise ServiceFailedError(f"{self.name} was not {what} within {seconds:g} s:\n{self.log_tail()}")

    def log_tail(self, lines: int = 40) -> str:
        """Return the end of what the server has printed."""
        if not self.log.exists():
            return "(nothing logged)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _launch(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Run `command` in a session of its own, so that a Ctrl-C reaches us alone, who then stop it."""
        account = self._account
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                bufsize=0,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "TZ": "UTC", "LANG": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    def _end(self, signal: str) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with process, suppress(BrokenPipeError, subprocess.TimeoutExpired):  # leaving closes the pipe, which kills
            process.stdin.write(f"{signal}\n".encode())
            process.wait(STOP_SECONDS)


def unprivileged_account(*preferred: str) -> pwd.struct_passwd | None:
    """Return whom a server that refuses to run as root should become: the first of `preferred` there is, else `nobody`.

    None when we are not root and simply stay who we are.
    """
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    for name in (*preferred, "nobody"):
        if name in accounts:
            return accounts[name]
    raise ServiceUnavailableError(f"It does not run as root, and there is no user {' or '.join(preferred)} or nobody.")
