"""Send messages to a Kafka topic: idempotent, acknowledged by all replicas in sync, waiting for as long as Kafka is away.

A message never expires: were one given up while a later one of its partition arrives, a reader would take the later for proof
that it has seen everything before. kafka-python keeps the order within a partition, also when it tries again.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from cdc.errors import PublishRefused
from cdc.kafka_client import connection_settings, hush
from cdc.kafka_settings import KafkaSettings
from cdc.metrics import PUBLISHED
from profiles import Message

#: After so long without an acknowledgement somebody should hear of it.
_PATIENCE_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.5
_SETTINGS: Final = {
    "client_id": "onefold-publish",
    "acks": "all",
    "enable_idempotence": True,
    "delivery_timeout_ms": 2**31 - 1,  # 24 days: the most that fits
    "linger_ms": 5,
    "max_block_ms": 3_000,
    "bootstrap_timeout_ms": 3_000,
    "reconnect_backoff_max_ms": 2_000,
    "metrics_enabled": False,
}

Tell = Callable[[str], None]


class KafkaSender:
    """One topic of one cluster; used by one thread."""

    def __init__(self, topic: str, settings: KafkaSettings, *, tell: Tell) -> None:
        """``tell`` hears, once, when Kafka stops answering, and when it is back."""
        hush()
        self._topic = topic
        self._options = {**connection_settings(settings), **_SETTINGS}
        self._tell = tell
        self._producer: KafkaProducer | None = None
        self._futures: list[Any] = []
        self._is_away = False
        self._asked_at = 0.0

    def send(self, batch: Sequence[Message], stop: threading.Event) -> bool:
        """Send and wait for all acknowledgements; False when not all came and the batch must be sent again.

        :class:`PublishRefused` for what no waiting mends.
        """
        self._asked_at = time.monotonic()
        try:
            is_done = all(self._hand_over(message, stop) for message in batch) and self._acknowledged(stop)
        except KafkaError as error:
            self.close()
            if not error.retriable:
                raise PublishRefused(self._topic, type(error).__name__) from None
            return False
        if is_done:
            self._answered()
            for message in batch:
                PUBLISHED.labels(message.kind).inc()
        return is_done

    def close(self) -> None:
        """Give up what was not acknowledged."""
        self._futures = []
        if self._producer is not None:
            with suppress(KafkaTimeoutError):
                self._producer.close(timeout=0)
            self._producer = None

    def _hand_over(self, message: Message, stop: threading.Event) -> bool:
        """Queue a message; wait while Kafka is not there to say where it belongs."""
        while not self._is_told_to_stop(stop):
            try:
                self._producer = self._producer or KafkaProducer(**self._options)
                headers = list(message.headers)
                self._futures.append(self._producer.send(self._topic, message.value, message.key, headers))
            except KafkaError as error:
                if not error.retriable:
                    raise
                stop.wait(_POLL_SECONDS)
            else:
                return True
        return False

    def _acknowledged(self, stop: threading.Event) -> bool:
        """Wait for what was queued."""
        futures, self._futures = self._futures, []
        for future in futures:
            while not future.is_done:
                if self._is_told_to_stop(stop):
                    return False
                with suppress(KafkaTimeoutError):
                    future.get(timeout=_POLL_SECONDS)
            future.get(timeout=0)
        return True

    def _is_told_to_stop(self, stop: threading.Event) -> bool:
        if not self._is_away and time.monotonic() - self._asked_at > _PATIENCE_SECONDS:
            self._is_away = True
            self._tell("Kafka does not answer; entries wait in the outbox until it does")
        return stop.is_set()

    def _answered(self) -> None:
        if self._is_away:
            self._is_away = False
            self._tell("Kafka answers again")
