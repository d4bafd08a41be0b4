"""The place of a publisher that is gone: it keeps the outbox, `status` says so, and a command ends it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cdc import OutboxKeeper, Publisher, PublisherReplaced, publishing_stream, wall_time
from cdc.store import claim
from privacy import audit_entry
from storage import Bell, Database, OutboxEntry, outbox, publish
from tests.change_log import MAPPING
from tests.integration.test_cli import Onefold
from tests.integration.test_outbox import Kept

DAYS = 86_400 * 1_000_000
NOW = "onefold.profiles"


@pytest.fixture
def onefold(tmp_path: Path) -> Onefold:
    """Give an installation whose topic was renamed: the reader of the old name stands before eight old entries."""
    made = Onefold(tmp_path / "one")
    assert made.run("init", made.folder).exit_code == 0
    made.config.write_text(MAPPING, encoding="utf-8")
    assert made.run("status").exit_code == 0
    return made


@pytest.fixture
def database(onefold: Onefold) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{onefold.folder}/data/onefold.db")) as made:
        fill(made, days_ago=30)
        yield made


def fill(database: Database, *, days_ago: int) -> None:
    with database.write() as connection:
        entries = [OutboxEntry("profile.changed", bytes([n]) * 16, {}) for n in range(8)]
        publish(connection, entries, at=wall_time() - days_ago * DAYS)


def stand(database: Database, topic: str, *, at: int = 1) -> None:
    """Leave the place of a publisher that has published all before an entry."""
    with database.write() as connection:
        claim(connection, publishing_stream(topic))
        connection.exec_driver_sql(
            f"UPDATE stream_position SET next_offset = {at} WHERE stream = '{publishing_stream(topic)}'"
        )


def kept(database: Database) -> int:
    OutboxKeeper(database, keep_days=7).tidy()
    with database.read() as connection:
        return len(connection.execute(outbox.select()).all())


def test_the_place_of_a_topic_that_was_renamed_can_be_forgotten(onefold: Onefold, database: Database) -> None:
    stand(database, "old.profiles", at=3)
    stand(database, NOW, at=9)
    assert kept(database) == 6
    [held] = onefold.json("status", exit_code=1)["held_back"]
    assert held["topic"] == "old.profiles"
    told = onefold.run("status").stderr
    assert "onefold publish --forget old.profiles" in told
    result = onefold.run("publish", "--forget", "old.profiles")
    assert result.exit_code == 0, result.output
    assert kept(database) == 0
    assert onefold.json("status")["held_back"] == []
    with database.read() as connection:
        entries = connection.execute(audit_entry.select()).all()
    assert [(entry.actor, entry.action) for entry in entries] == [("operator", "publish_forget")]


def test_who_publishes_in_time_holds_nothing_back(onefold: Onefold, database: Database) -> None:
    stand(database, NOW, at=9)
    fill(database, days_ago=1)
    assert onefold.json("status")["held_back"] == []


def test_a_topic_that_was_never_published_is_told_so(onefold: Onefold, database: Database) -> None:
    stand(database, NOW)
    result = onefold.run("publish", "--forget", "typo")
    assert (result.exit_code, NOW in result.stderr) == (2, True)
    assert onefold.json("status", exit_code=1)["held_back"][0]["topic"] == NOW


def test_a_publisher_whose_place_was_forgotten_stops(onefold: Onefold, database: Database) -> None:
    sender = Kept()
    publisher = Publisher(database, sender, stream=publishing_stream("old"), bell=Bell(), tell=print)
    held = publisher.claim()
    assert onefold.run("publish", "--forget", "old").exit_code == 0
    with pytest.raises(PublisherReplaced):
        publisher.publish(held, threading.Event())
    assert sender.sent == []
