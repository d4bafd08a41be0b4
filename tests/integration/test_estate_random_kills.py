"""`kill -9` of every part at moments that a seed chooses, one after the other while business goes on: nothing is lost, nothing twice.

An installation reads a company, and another process publishes what changes about its profiles, woken through Redis.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cdc import publishing_stream, stream_positions
from tests.conftest import IS_LONG
from tests.estate.company import Company
from tests.estate.killable_postgres import KillablePostgres
from tests.estate.reader import STEPS, Reader, reader_of, wait_for
from tests.estate.redis import RedisServer
from tests.published import expected, fresh, read_topic
from tests.services.process import Service

#: How often each part is killed.
ROUNDS = 5 if IS_LONG else 1


@pytest.fixture
def ours(servers: dict[str, KillablePostgres]) -> KillablePostgres:
    return servers["ours"]


@pytest.fixture
def reader(
    company: Company, ours: KillablePostgres, redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """An installation that publishes; its processes hear of each other through Redis."""
    monkeypatch.setenv("ONEFOLD_REDIS_URL", redis.url)
    with ours.server.new_database() as url, reader_of(company, tmp_path, url) as reader:
        with (reader.one.folder / "onefold.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[publish]\ntopic = "{topic(reader)}"\n')
        reader.start()
        yield reader


def topic(reader: Reader) -> str:
    return f"profiles.{reader.one.parts.settings.kafka.group}"


@contextmanager
def publishing(reader: Reader) -> Iterator[None]:
    """`onefold publish` in a process of its own."""
    command = [sys.executable, "-m", "server", "publish", "--config", str(reader.one.folder / "onefold.toml")]
    environ = {**os.environ, "ONEFOLD_DATABASE": reader.database}
    with reader.log.open("ab") as log, subprocess.Popen(command, env=environ, stdout=log, stderr=log) as process:
        try:
            yield
            assert process.poll() is None, "the publisher gave up"
        finally:
            process.terminate()


def published(reader: Reader) -> int:
    """How many entries of the outbox were published."""
    with reader.one.parts.database.read() as connection:
        held = {at.stream: at.next_offset for at in stream_positions(connection)}
    return max(0, held.get(publishing_stream(topic(reader)), 0) - 1)


def assert_all_is_published(reader: Reader) -> None:
    """Each change of a profile has come, those about one in order."""
    wanted = expected(reader.one.parts.database)
    seen = read_topic(reader.company.kafka.bootstrap, topic(reader), at_least=len(wanted))
    assert fresh(seen) == sorted(wanted)


def test_kill_of_redis_in_the_middle_of_publishing(reader: Reader, redis: RedisServer) -> None:
    """Wake-ups get lost, changes of profiles do not."""
    with publishing(reader), reader.company.business(STEPS, seed=21) as business:
        business.wait_for_half()
        wait_for(lambda: published(reader) > 0)
        business.go_on()
        redis.kill()
        at = published(reader)
        assert business.is_under_way, "it fell outside of the run"
        wait_for(lambda: published(reader) > at)
        assert not redis.is_running
        redis.start()
        business.wait()
        reader.assert_is_as_undisturbed()
        assert_all_is_published(reader)
    assert 0 < at < published(reader)


def test_kills_at_random_moments(reader: Reader, servers: dict[str, KillablePostgres], redis: RedisServer) -> None:
    company, chance = reader.company, random.Random(22)
    kills: list[Callable[[], None]] = [
        *(again(one) for one in (company.kafka, company.connect, company.mariadb, *servers.values(), redis)),
        lambda: kill_worker(reader),
    ]
    with publishing(reader), company.business(STEPS, seed=23) as business:
        business.go_on()
        for kill in chance.sample(kills * ROUNDS, len(kills) * ROUNDS):
            before = reader.read_so_far()
            wait_for(lambda before=before: reader.read_so_far() > before)  # type: ignore[misc]  # a lambda with a default has no type
            time.sleep(chance.uniform(0, 0.5))
            kill()
            assert business.is_under_way, "it fell outside of the run"
            company.revive()
        business.wait()
        reader.assert_is_as_undisturbed()
        assert_all_is_published(reader)


def again(service: Service) -> Callable[[], None]:
    def kill() -> None:
        service.kill()
        service.start()

    return kill


def kill_worker(reader: Reader) -> None:
    reader.kill()
    reader.give_up_killed()
    reader.start()
