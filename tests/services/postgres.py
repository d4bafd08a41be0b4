"""A private PostgreSQL server (15 or later) for one test session or one benchmark.

Unless told otherwise it listens on a Unix socket in a temporary folder and nowhere else, so nothing can clash with it or
reach it over a network. As PostgreSQL refuses to run as root, root starts it as an unprivileged user. Folder and server
vanish with the process that asked for them, however that ends.

    with postgres_server() as server, server.new_database() as url: ...

`python -m tests.services.postgres` says which PostgreSQL the tests will use.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.services.process import ServiceUnavailableError, unprivileged_account

MINIMUM_VERSION = 15
START_SECONDS = 60
STOP_SECONDS = 30
SUPERUSER = "onefold"
DEFAULT_PORT = 5432

# Becomes the server (`exec`), beside a watcher at the other end of a pipe from us: when the pipe closes, be it that we ask
# for it or that we were killed, the server stops at once (SIGQUIT) and its folder ($1) goes. The pipe moves to
# descriptor 3 because a shell gives what it runs in the background an empty standard input.
WATCHED = """
exec 3<&0 </dev/null
( read -r _ <&3; kill -QUIT $$; sleep 3; rm -rf "$1" ) >/dev/null 2>&1 &
shift
exec "$@" 3<&-
"""

# Nothing in a test database has to outlive the machine.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresUnavailableError(ServiceUnavailableError):
    """No PostgreSQL can be started here; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL installation: the folder of its programs, its version as (15, 18)."""

    folder: Path
    version: tuple[int, ...]

    def __str__(self) -> str:
        """Name version and folder, for people."""
        return f"PostgreSQL {'.'.join(map(str, self.version))} from {self.folder}"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, reached through the Unix socket in `socket_folder` that is named after `port`."""

    socket_folder: Path
    version: tuple[int, ...]
    port: int = DEFAULT_PORT

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """Create an empty database, give its SQLAlchemy address, and drop it afterwards, connections and all."""
        name = f"t_{uuid4().hex}"
        self._execute("CREATE DATABASE {}", name)
        try:
            yield f"postgresql+psycopg://{SUPERUSER}@/{name}?host={self.socket_folder}&port={self.port}"
        finally:
            self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """Connect as the superuser; each statement is a transaction of its own."""
        return psycopg.connect(
            host=str(self.socket_folder), port=self.port, user=SUPERUSER, dbname=database, autocommit=True
        )

    def _execute(self, statement: LiteralString, name: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextmanager
def postgres_server(*, durable: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """Start a server of its own and stop it at the end.

    `durable` keeps every promise about the disk, as in production: for benchmarks. `settings` come before our own, such
    as `listen_addresses`: over a network the server asks for a password. Raises `PostgresUnavailableError`.
    """
    binaries = find_binaries()
    owner = unprivileged_account("postgres")
    folder = Path(tempfile.mkdtemp(prefix="onefold-pg-"))
    process: subprocess.Popen[bytes] | None = None
    wanted = ({} if durable else FAST) | dict(settings or {})
    server = PostgresServer(folder, binaries.version, int(wanted.get("port", DEFAULT_PORT)))
    try:
        programs = readable_programs(binaries, folder, owner)
        _hand_over(folder, owner)
        _initialise(programs, folder, owner)
        process = _start(programs, folder, owner, settings=wanted)
        _wait_until_ready(process, server)
        yield server
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Binaries:
    """Return the newest PostgreSQL installed by the system, else that of the `pgserver` wheel.

    Raises `PostgresUnavailableError` if neither is there, or both are older than 15.
    """
    found = [Binaries(folder, _version(folder)) for folder in _candidate_folders() if (folder / "postgres").exists()]
    recent = [binaries for binaries in found if binaries.version[0] >= MINIMUM_VERSION]
    if not recent:
        older = "; ".join(map(str, found)) or "none"
        raise PostgresUnavailableError(
            f"PostgreSQL {MINIMUM_VERSION} or later is needed, found: {older}. Install the package `postgresql`, "
            "or run the tests on Python 3.11 or 3.12 (x86-64), where the `pgserver` wheel brings one."
        )
    return recent[0]


def _candidate_folders() -> list[Path]:
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True
    )
    wheel = importlib.util.find_spec("pgserver")
    bundled = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    return [*installed, *bundled]


def _version(folder: Path) -> tuple[int, ...]:
    printed = subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    match = re.search(r"(\d+(?:\.\d+)*)", printed)
    return tuple(int(part) for part in match[1].split(".")) if match else (0,)


def readable_programs(binaries: Binaries, folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """Copy the wheel's programs next to the data when another user must run them: root's home is closed to others."""
    if owner is None or binaries.folder.is_relative_to("/usr"):
        return binaries.folder
    site_packages = binaries.folder.parents[2]
    copy = folder / "wheel"
    for part in ("pgserver/pginstall", "pgserver.libs"):  # the programs look for their libraries at this distance
        shutil.copytree(site_packages / part, copy / part, ignore=shutil.ignore_patterns("include", "*.a"))
    return copy / binaries.folder.relative_to(site_packages)


def _hand_over(folder: Path, owner: pwd.struct_passwd | None) -> None:
    """Give the folder and all in it to `owner`, who also removes it should we be killed."""
    if owner is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _initialise(programs: Path, folder: Path, owner: pwd.struct_passwd | None) -> None:
    access = ["--username", SUPERUSER, "--auth-local", "trust", "--auth-host", "scram-sha-256"]
    options = [*access, "--encoding", "UTF8", "--no-locale", "--no-sync"]
    process = _as_owner([programs / "initdb", "--pgdata", folder / "data", *options], folder, owner)
    process.communicate()
    if process.returncode != 0:
        raise PostgresUnavailableError(f"initdb failed:\n{_log(folder)}")


def _start(
    programs: Path, folder: Path, owner: pwd.struct_passwd | None, *, settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    everywhere = {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "50"}
    options = [f"--{name}={value}" for name, value in (everywhere | settings).items()]
    server: list[str | Path] = [programs / "postgres", "-D", folder / "data", *options]
    return _as_owner(["/bin/sh", "-c", WATCHED, "sh", folder, *server], folder, owner)


def _as_owner(command: Sequence[str | Path], folder: Path, owner: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    """Run `command` as `owner`, in a session of its own so that a Ctrl-C reaches us alone, who then stop it."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.defpath, "TZ": "UTC"},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], server: PostgresServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresUnavailableError(f"PostgreSQL did not start within {START_SECONDS} s:\n{_log(server.socket_folder)}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _log(folder: Path) -> str:
    return "\n".join((folder / "log").read_text(errors="replace").splitlines()[-5:])


def main() -> None:
    """Say which PostgreSQL the tests will use, or why none; the latter is an error in continuous integration."""
    try:
        print(f"Tests on PostgreSQL use {find_binaries()}.")
    except PostgresUnavailableError as reason:
        print(f"Tests on PostgreSQL cannot run. {reason}")
        sys.exit(os.environ.get("CI") == "true")


if __name__ == "__main__":
    main()
