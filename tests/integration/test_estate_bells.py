"""Wake-ups between processes through Redis: sooner with it, the same without it."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cdc import Publisher
from storage import Bell
from storage.redis_bell import RedisBell
from tests.change_log import MAPPING, ChangeLog
from tests.estate.redis import RedisServer
from tests.installation import Installation, installation
from tests.integration.test_outbox import Kept
from tests.published import expected
from tests.services.ports import free_port

LONG = 20.0


@contextmanager
def waiter(bell: Bell) -> Iterator[list[float]]:
    """When the bell woke a thread that waits again and again; the thread already listens."""
    woken: list[float] = []
    stop = threading.Event()

    def wait() -> None:
        while not stop.is_set():
            if bell.wait(0.2):
                woken.append(time.monotonic())

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield woken
    finally:
        stop.set()
        thread.join()


def comes(woken: list[float], before: int, seconds: float = LONG) -> bool:
    deadline = time.monotonic() + seconds
    while len(woken) <= before and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(woken) > before


def test_a_bell_wakes_who_waits_and_who_waits_next() -> None:
    bell = Bell()
    assert bell.wait(0.01) is False
    bell.ring()
    bell.ring()
    assert bell.wait(LONG) is True
    assert bell.wait(0.01) is False


def test_a_ring_in_one_process_is_heard_in_another(redis: RedisServer) -> None:
    with closing(RedisBell(redis.url)) as ringing, closing(RedisBell(redis.url)) as hearing, waiter(hearing) as woken:
        while not comes(woken, 0, 0.2):
            ringing.ring()
        time.sleep(0.5)
        heard = len(woken)
        ringing.ring()
        assert comes(woken, heard)


def test_redis_learns_nothing_but_that_somebody_should_look(redis: RedisServer) -> None:
    with redis.connect() as client, client.pubsub() as spy, closing(RedisBell(redis.url)) as bell:
        spy.psubscribe("*")
        assert spy.get_message(timeout=LONG) is not None
        bell.ring()
        message = spy.get_message(timeout=LONG)
        assert message is not None
        assert (message["channel"], message["data"]) == (b"onefold:outbox", b"")
        assert client.keys("*") == []


def test_wake_ups_go_on_when_redis_is_back(redis: RedisServer) -> None:
    with closing(RedisBell(redis.url)) as ringing, closing(RedisBell(redis.url)) as hearing, waiter(hearing) as woken:
        while not comes(woken, 0, 0.2):
            ringing.ring()
        redis.kill()
        try:
            began = time.monotonic()
            for _ in range(100):
                ringing.ring()
            assert time.monotonic() - began < 1, "ringing waits for Redis"
        finally:
            redis.start()
        time.sleep(0.5)
        heard = len(woken)
        deadline = time.monotonic() + LONG
        while not comes(woken, heard, 0.2):
            ringing.ring()
            assert time.monotonic() < deadline


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Installation]:
    """An installation whose Redis is not there."""
    mapping = f'[redis]\nurl = "redis://127.0.0.1:{free_port()}/0"\n' + MAPPING
    with installation(tmp_path / "one", mapping) as made:
        yield made


def test_without_redis_everything_is_published_all_the_same(nowhere: Installation) -> None:
    one, sender, stop = nowhere, Kept(), threading.Event()
    publisher = Publisher(one.parts.database, sender, stream="publish:t", bell=Bell(), tell=print)
    thread = threading.Thread(target=publisher.run, args=(stop,))
    thread.start()
    log = ChangeLog()
    for key in range(1, 20):
        log.put("person", key, {"name": f"{key}"})
    one.ingest(log.events, batch=1)
    wanted = expected(one.parts.database)
    deadline = time.monotonic() + LONG
    while len(sender.sent) < len(wanted) and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert [(m.key.decode(), m.kind) for m in sender.sent] == [(key, kind) for _, key, kind in wanted]
