"""Wake-ups between processes, through Redis; redis-py takes a while to import, which only those wait for who use it."""

import threading
from collections.abc import Callable
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from storage.bells import Bell

_CHANNEL: Final = "onefold:outbox"
_TIMEOUT_SECONDS: Final = 1.0
#: How long Redis is left alone after it did not answer.
_PAUSE_SECONDS: Final = 2.0


class RedisBell(Bell):
    """Wakes also those in other processes, as long as Redis answers; ``ring`` never waits for it."""

    def __init__(self, url: str) -> None:
        """``url`` as redis-py takes it; a connection is made when somebody rings or waits."""
        super().__init__()
        self._url = url
        self._to_tell = threading.Event()
        self._closed = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def ring(self) -> None:
        """Wake who waits here, and have another thread tell Redis."""
        super().ring()
        self._to_tell.set()
        self._run("bell-tell", self._tell)

    def wait(self, seconds: float) -> bool:
        """As :meth:`Bell.wait`, for rings of any process."""
        self._run("bell-listen", self._listen)
        return super().wait(seconds)

    def close(self) -> None:
        """End both threads."""
        self._closed.set()
        self._to_tell.set()
        for thread in self._threads.values():
            thread.join(2 * _TIMEOUT_SECONDS)

    def _run(self, name: str, work: Callable[[Redis], None]) -> None:
        with self._lock:
            if name not in self._threads and not self._closed.is_set():
                self._threads[name] = threading.Thread(target=self._again, args=(work,), name=name, daemon=True)
                self._threads[name].start()

    def _again(self, work: Callable[[Redis], None]) -> None:
        """Run ``work`` anew whenever Redis stopped answering."""
        while not self._closed.is_set():
            try:
                with _client(self._url) as client:
                    work(client)
            except (RedisError, OSError):
                self._closed.wait(_PAUSE_SECONDS)

    def _tell(self, client: Redis) -> None:
        while not self._closed.is_set():
            self._to_tell.wait()
            self._to_tell.clear()
            client.publish(_CHANNEL, b"")

    def _listen(self, client: Redis) -> None:
        with client.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]  # untyped in redis-py
            heard.subscribe(_CHANNEL)
            while not self._closed.is_set():
                if heard.get_message(timeout=_TIMEOUT_SECONDS) is not None:
                    super().ring()


def _client(url: str) -> Redis:
    options: dict[str, Any] = {"socket_connect_timeout": _TIMEOUT_SECONDS, "socket_timeout": 2 * _TIMEOUT_SECONDS}
    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options)
