"""A publisher whose database can only be read: it says so, waits, and leaves nothing out."""

import json
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from cli.outgoing import publish_until
from cli.workers import Workers, workers
from profiles import Message
from tests.change_log import MAPPING, ChangeLog
from tests.installation import installation
from tests.published import expected
from tests.refusing import refusing


class Kept:
    """A sender that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, batch: Sequence[Message], stop: threading.Event) -> bool:
        self.sent += batch
        return not stop.is_set()

    def close(self) -> None:
        """Nothing is open."""


def test_a_publisher_waits_while_its_database_can_only_be_read(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For PostgreSQL's driver that is an internal error, which no outage is."""
    sender = Kept()
    monkeypatch.setattr("cli.outgoing.open_sender", lambda *_, **__: sender)
    with installation(tmp_path / "one", MAPPING, database=database_url) as one, ExitStack() as stack:
        one.ingest(people(5).events)
        refusal = stack.enter_context(refusing("read-only", str(one.parts.database.url.database)))
        refusal.begin_after(1)  # when it is the publisher, and has sent what there is
        crew = stack.enter_context(workers())
        crew.start("publish", partial(publish_until, one.parts))
        said = heard(capsys, crew, "can only be read")
        refusal.is_on = False
        said += heard(capsys, crew, "the database answers again")
        assert said.count("can only be read") == said.count("; trying again") == 1
        sent = {(json.loads(message.value)["sequence"], message.key.decode(), message.kind) for message in sender.sent}
        assert sent == set(expected(one.parts.database))


def heard(capsys: pytest.CaptureFixture[str], crew: Workers, wanted: str) -> str:
    """What is said until it holds the words."""
    said = ""
    while wanted not in said:
        assert not crew.stop.wait(0.05), "it gave up"
        said += capsys.readouterr().err
    return said


def people(count: int) -> ChangeLog:
    log = ChangeLog()
    for number in range(count):
        log.put("person", number, {"name": "陈小美", "phone": f"1381234567{number}"})
    return log
