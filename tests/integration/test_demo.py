"""`onefold demo` as a process: two businesses become profiles, live; it ends cleanly and goes on where it was."""

import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo_session import EXAMPLES
from cli.demo_world import SHOWCASE_OTHER_PHONE, SHOWCASE_PHONE

SERVER = Path(__file__).parents[2] / "server.py"
SECONDS = 90
RECEIPTS_AND_ORDERS = {"online": 2, "store": 3}


@dataclass(frozen=True)
class Demo:
    """A demo that runs."""

    folder: Path
    process: subprocess.Popen[bytes]
    output: Path
    client: httpx.Client

    def ask(self, query: str, variables: dict[str, Any], role: str = "manager") -> Any:
        held = next(each for each in self.session()["tokens"] if each["role"] == role)
        headers = {"Authorization": f"Bearer {held['token']}", "Onefold-Purpose": held["purpose"]}
        answer = self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def session(self) -> Any:
        return self.client.get("/graphiql/session.json").json()

    def channels_of(self, phone: str) -> dict[str, int]:
        """How many orders of each channel the person with this phone has."""
        person = self.ask(EXAMPLES[0].query, {"phone": phone})["profileByIdentifier"]
        found = [edge["node"]["channel"] for edge in person["orders"]["edges"]] if person else []
        return {channel: found.count(channel) for channel in set(found)}

    def correct_phone(self, phone: str) -> None:
        with closing(sqlite3.connect(self.folder / "sources" / "pos.db", timeout=10)) as pos, pos:
            pos.execute("UPDATE members SET mobile = ? WHERE member_no = 'M000001'", (phone,))


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(folder: Path, *args: str) -> Iterator[Demo]:
    port, output = free_port(), folder.parent / "demo.log"
    command = [sys.executable, str(SERVER), "demo", "--port", str(port), "--folder", str(folder), *args]
    with (
        output.open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        demo = Demo(folder, process, output, client)
        try:
            until(lambda: is_ready(demo), SECONDS)
            yield demo
        finally:
            process.kill()


def is_ready(demo: Demo) -> bool:
    assert demo.process.poll() is None, demo.output.read_text()
    try:
        return demo.client.get("/readyz").status_code == 200 and "profiles, " in demo.output.read_text()
    except httpx.TransportError:
        return False


def until(is_so: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


def end(demo: Demo, number: signal.Signals = signal.SIGINT) -> None:
    """End it, cleanly and within two seconds."""
    began = time.monotonic()
    demo.process.send_signal(number)
    assert demo.process.wait(SECONDS) == 0, demo.output.read_text()
    assert time.monotonic() - began < 2
    assert "has ended" in demo.output.read_text()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("demo") / "data", "--rate", "5") as one:
        yield one


def test_one_person_has_orders_of_the_shop_and_receipts_of_the_stores(demo: Demo) -> None:
    assert demo.channels_of(SHOWCASE_PHONE) == RECEIPTS_AND_ORDERS


def test_a_phone_corrected_at_the_till_moves_the_receipts_within_two_seconds_and_back(demo: Demo) -> None:
    other = demo.channels_of(SHOWCASE_OTHER_PHONE)
    assert "store" not in other
    demo.correct_phone(SHOWCASE_OTHER_PHONE)
    until(lambda: demo.channels_of(SHOWCASE_PHONE) == {"online": 2}, 2)
    assert demo.channels_of(SHOWCASE_OTHER_PHONE) == {**other, "store": 3}
    demo.correct_phone(SHOWCASE_PHONE)
    until(lambda: demo.channels_of(SHOWCASE_PHONE) == RECEIPTS_AND_ORDERS, 2)
    assert demo.channels_of(SHOWCASE_OTHER_PHONE) == other


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_answers_with_something_to_see(demo: Demo, example: Any) -> None:
    data = demo.ask(example.query, example.variables, example.role.value)
    assert all(data.values())


def test_the_history_of_the_person_can_be_seen(demo: Demo) -> None:
    by_name = {example.name: demo.ask(example.query, example.variables, example.role.value) for example in EXAMPLES}
    timeline = next(data for name, data in by_name.items() if "newest first" in name)
    kinds = {edge["node"]["__typename"] for edge in timeline["profileByIdentifier"]["timeline"]["edges"]}
    assert {"Order", "Visit", "Review"} <= kinds
    consents = by_name["Consents"]["profileByIdentifier"]["consents"]
    assert {each["purpose"] for each in consents} == {"marketing", "profiling"}


def test_each_role_sees_what_it_may(demo: Demo) -> None:
    masked = next(example for example in EXAMPLES if example.name.startswith("Masked"))
    access = {
        role: demo.ask(masked.query, masked.variables, role)["profileByIdentifier"]["name"]["access"]
        for role in ("manager", "sales", "steward", "privacy")
    }
    assert access == {"manager": "CLEAR", "sales": "MASKED", "steward": "MASKED", "privacy": "CLEAR"}
    assert {each["role"] for each in demo.session()["tokens"]} == {*access, "analyst", "admin"}


def test_tokens_are_handed_out_to_this_machine_under_its_own_name_only(demo: Demo) -> None:
    rebound = demo.client.get("/graphiql/session.json", headers={"Host": "evil.example"})
    assert rebound.status_code == 404
    assert "token" not in rebound.text


def test_the_output_says_where_to_look_and_how_to_ask(demo: Demo) -> None:
    text = demo.output.read_text()
    address = str(demo.client.base_url).rstrip("/")
    assert f"{address}/graphiql" in text
    found = re.search(r"^(curl -s .*?--data '[^']*')$", text, re.MULTILINE | re.DOTALL)
    assert found
    answer = subprocess.run(found[1], shell=True, capture_output=True, text=True, timeout=30, check=True)  # noqa: S602 - as a reader pastes it
    assert "陈小美" in answer.stdout
    assert re.search(r"^  \d\d:\d\d:\d\d  (shop|pos): ", text, re.MULTILINE)
    assert "Traceback" not in text


def test_a_printed_correction_can_be_pasted(demo: Demo) -> None:
    there, back = re.findall(r"^  (python3 -c .*)$", demo.output.read_text(), re.MULTILINE)
    subprocess.run(there, shell=True, timeout=30, check=True)  # noqa: S602 - pasting is what is tested
    until(lambda: demo.channels_of(SHOWCASE_PHONE) == {"online": 2}, 2)
    subprocess.run(back, shell=True, timeout=30, check=True)  # noqa: S602 - as above
    until(lambda: demo.channels_of(SHOWCASE_PHONE) == RECEIPTS_AND_ORDERS, 2)


def test_a_second_demo_in_the_same_folder_is_refused(demo: Demo) -> None:
    command = [sys.executable, str(SERVER), "demo", "--port", str(free_port()), "--folder", str(demo.folder), "--fresh"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert result.returncode == 2
    assert "another demo runs" in result.stderr


def test_a_port_in_use_is_named_with_what_to_type(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, str(SERVER), "demo", "--port", str(port), "--folder", str(tmp_path / "d")]
        result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert result.returncode == 2
    assert f"make demo PORT={port + 1}" in result.stderr
    assert not (tmp_path / "d").exists()


def test_it_ends_cleanly_goes_on_where_it_was_and_starts_over_when_told(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running(folder, "--rate", "20") as one:
        first = one.ask("{ me { role } profiles(first: 1) { totalCount } }", {})["profiles"]["totalCount"]
        one.correct_phone(SHOWCASE_OTHER_PHONE)
        until(lambda: one.channels_of(SHOWCASE_PHONE) == {"online": 2}, 2)
        end(one)
    behind = count_changes(folder) - count_read(folder)
    changes = count_changes(folder)
    with running(folder, "--rate", "0.01") as one:
        assert one.channels_of(SHOWCASE_PHONE) == {"online": 2}
        read = re.search(r"  (\d+) changes read: ", one.output.read_text())
        assert read
        assert behind <= int(read[1]) <= behind + count_changes(folder) - changes
        assert one.ask("{ profiles(first: 1) { totalCount } }", {})["profiles"]["totalCount"] >= first - 20
        end(one, signal.SIGTERM)
    with running(folder, "--rate", "0.01", "--fresh") as one:
        assert one.channels_of(SHOWCASE_PHONE) == RECEIPTS_AND_ORDERS
        end(one)


def test_a_failure_while_following_ends_the_demo_with_a_message(tmp_path: Path) -> None:
    with running(tmp_path / "data") as one:
        with closing(sqlite3.connect(tmp_path / "data" / "sources" / "shop.db", timeout=10)) as shop, shop:
            shop.execute("UPDATE onefold_capture SET source = 'another'")
        assert one.process.wait(30) == 2
    assert "a source keeps its name" in one.output.read_text()
    assert "Traceback" not in one.output.read_text()


def count_read(folder: Path) -> int:
    """How many changes are behind the stored positions."""
    with closing(sqlite3.connect(folder / "onefold" / "data" / "onefold.db")) as db:
        return int(db.execute("SELECT sum(next_offset) FROM stream_position").fetchone()[0])


def count_changes(folder: Path) -> int:
    total = 0
    for name in ("shop.db", "pos.db"):
        with closing(sqlite3.connect(folder / "sources" / name)) as db:
            total += db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'onefold_change'").fetchone()[0]
    return total
