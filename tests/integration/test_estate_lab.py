"""`make estate` as a process: two real databases become profiles, live; Ctrl-C leaves nothing running and nothing lying about."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from cli.demo_session import EXAMPLES
from cli.demo_world import SHOWCASE_OTHER_PHONE, SHOWCASE_PHONE
from tests.conftest import unavailable
from tests.estate.__main__ import FINDERS
from tests.services.ports import free_port
from tests.services.process import ServiceUnavailableError

ROOT = Path(__file__).parents[2]
SECONDS = 180


@dataclass(frozen=True)
class Lab:
    """A lab that runs."""

    process: subprocess.Popen[bytes]
    output: Path
    client: httpx.Client

    def said(self) -> str:
        return self.output.read_text()

    def channels_of(self, phone: str) -> dict[str, int]:
        """How many orders of each channel the person with this phone has."""
        held = next(each for each in self.client.get("/graphiql/session.json").json()["tokens"])
        headers = {"Authorization": f"Bearer {held['token']}", "Onefold-Purpose": held["purpose"]}
        asked = {"query": EXAMPLES[0].query, "variables": {"phone": phone}}
        person = self.client.post("/graphql", json=asked, headers=headers).json()["data"]["profileByIdentifier"]
        found = [edge["node"]["channel"] for edge in person["orders"]["edges"]] if person else []
        return {channel: found.count(channel) for channel in set(found)}


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Lab]:
    port, output = free_port(), folder / "lab.log"
    command = [sys.executable, "-m", "tests.estate.lab", "--port", str(port), "--rate", "5"]
    with (
        output.open("wb") as log,
        subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=os.environ | environment
        ) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        try:
            yield Lab(process, output, client)
        finally:
            process.kill()


def until(is_so: Callable[[], bool], lab: Lab, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert lab.process.poll() is None, lab.said()
        assert time.monotonic() < deadline, lab.said()
        time.sleep(0.1)


def pasted(lab: Lab, what: str, *more: str) -> str:
    """What a command says that is printed; a note in brackets behind it does not belong to it."""
    [command] = re.findall(rf"^{what}: +(.*?)(?:   \(.*)?$", lab.said(), re.MULTILINE)
    done = subprocess.run([*shlex.split(command), *more], timeout=60, check=True, capture_output=True, text=True)
    return done.stdout


def processes_about(paths: set[str]) -> list[str]:
    """The command lines that name one of these paths."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found += [line for path in paths if path in line]
    return found


@pytest.fixture
def _services() -> None:
    try:
        for find in FINDERS:
            find()
    except ServiceUnavailableError as reason:
        unavailable(str(reason))


@pytest.fixture
def lab(_services: None, tmp_path: Path) -> Iterator[Lab]:
    with running(tmp_path) as one:
        yield one


@pytest.mark.service
def test_the_estate_of_make_estate_works_and_ends_without_a_trace(lab: Lab) -> None:
    until(lambda: "What happens now" in lab.said(), lab, SECONDS)
    until(lambda: lab.channels_of(SHOWCASE_PHONE) == {"online": 2, "store": 3}, lab, 30)

    there, back = re.findall(r"^  (mariadb .* -e .*)$", lab.said(), re.MULTILINE)
    for command, phone, receipts in ((there, SHOWCASE_OTHER_PHONE, 3), (back, SHOWCASE_PHONE, 3)):
        subprocess.run(command, shell=True, timeout=30, check=True)  # noqa: S602 - pasting is what is tested
        until(lambda who=phone, count=receipts: lab.channels_of(who).get("store") == count, lab, 15)  # type: ignore[misc]  # a lambda with a default has no type
    until(lambda: bool(re.search(r"^  \d\d:\d\d:\d\d  (shop|pos): ", lab.said(), re.MULTILINE)), lab, 30)

    assert "(1 row)" in pasted(lab, "PostgreSQL", "-c", "SELECT count(*) FROM customers")
    assert pasted(lab, "MariaDB", "-Ne", "SELECT count(*) > 100 FROM members") == "1\n"
    assert pasted(lab, "Redis", "ping") == "PONG\n"
    until(lambda: bool(re.search(r"^onefold\.profiles +0$", pasted(lab, "Onefold"), re.MULTILINE)), lab, 30)

    folders = set(re.findall(r"/[^\s]*?onefold-(?:estate|lab|pg)-\w+", lab.said()))
    assert len(folders) == 3
    assert processes_about(folders)
    lab.process.send_signal(signal.SIGINT)
    assert lab.process.wait(60) == 0, lab.said()
    assert "nothing of it is left" in lab.said()
    assert "Traceback" not in lab.said()
    nothing_is_left(folders)


def nothing_is_left(folders: set[str]) -> None:
    deadline = time.monotonic() + 10
    while (left := processes_about(folders)) or any(Path(folder).exists() for folder in folders):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@pytest.mark.service
@pytest.mark.usefixtures("_services")
@pytest.mark.parametrize("seconds", [0.2, 3])
def test_ctrl_c_while_the_estate_starts_leaves_nothing_either(seconds: float, tmp_path: Path) -> None:
    with TemporaryDirectory(prefix="onefold-t") as folder:  # short, as the paths of sockets must be
        Path(folder).chmod(0o711)  # PostgreSQL runs as another user where root starts it
        with running(tmp_path, TMPDIR=folder) as lab:
            until(lambda: "Starting" in lab.said() and bool(list(Path(folder).iterdir())), lab, 30)
            time.sleep(seconds)
            begun = {str(path) for path in Path(folder).iterdir()}
            lab.process.send_signal(signal.SIGINT)
            assert lab.process.wait(60) == 0, lab.said()
            assert "nothing of it is left" in lab.said()
            assert "Traceback" not in lab.said()
            nothing_is_left(begun)
            assert not list(Path(folder).iterdir())


@pytest.mark.usefixtures("_python_hears_ctrl_c")
@pytest.mark.parametrize("imported", ["argparse", "psycopg", "kafka"])
def test_ctrl_c_while_the_estate_is_imported_ends_it_without_a_word(imported: str) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "tests.estate.lab", "--port", str(free_port())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.split("|")[-1].strip().partition(".")[0] == imported:
                process.send_signal(signal.SIGINT)
                break
        said = process.stdout.read()
    assert process.returncode == -signal.SIGINT, said
    assert [line for line in said.splitlines() if not line.startswith("import time:")] == []
