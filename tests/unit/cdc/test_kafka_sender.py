"""What becomes of a batch when Kafka refuses it, drops it or says nothing."""

import threading
from typing import Any, ClassVar

import pytest
from kafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError
from kafka.future import Future

from cdc import KafkaSettings, PublishRefused, open_sender
from profiles import Message

BATCH = [Message("changed", str(n).encode(), b"{}", (("kind", b"changed"),)) for n in range(3)]


class Producer:
    """Takes messages; what becomes of each is said by ``outcomes``, and nothing of those that are left."""

    made: ClassVar[list["Producer"]] = []
    outcomes: ClassVar[list[Exception | None]] = []

    def __init__(self, **_: Any) -> None:
        self.sent: list[bytes] = []
        Producer.made.append(self)

    def send(self, _topic: str, _value: bytes, key: bytes, _headers: Any) -> Future:
        future = _Answer()
        self.sent.append(key)
        if Producer.outcomes:
            outcome = Producer.outcomes.pop(0)
            future.success(None) if outcome is None else future.failure(outcome)
        return future

    def close(self, *, timeout: float) -> None:
        raise KafkaTimeoutError(timeout)


class _Answer(Future):  # type: ignore[misc]  # kafka-python has no types
    def get(self, timeout: float) -> None:
        if not self.is_done:
            raise KafkaTimeoutError(timeout)
        if self.failed():
            raise self.exception


@pytest.fixture(autouse=True)
def producer(monkeypatch: pytest.MonkeyPatch) -> None:
    Producer.made, Producer.outcomes = [], []
    monkeypatch.setattr("cdc.kafka_sender.KafkaProducer", Producer)


def test_a_batch_is_sent_when_each_message_was_acknowledged() -> None:
    Producer.outcomes = [None, None, None]
    assert open_sender(KafkaSettings(), "t", tell=print).send(BATCH, threading.Event()) is True
    assert [made.sent for made in Producer.made] == [[b"0", b"1", b"2"]]


def test_what_no_waiting_mends_is_raised_with_the_topic_and_the_reason() -> None:
    Producer.outcomes = [None, TopicAuthorizationFailedError(), None]
    with pytest.raises(PublishRefused, match=r"'t' \(TopicAuthorizationFailedError\)"):
        open_sender(KafkaSettings(), "t", tell=print).send(BATCH, threading.Event())


def test_what_may_pass_by_itself_is_sent_again_by_a_new_producer() -> None:
    Producer.outcomes = [None, KafkaTimeoutError(), None]
    sender = open_sender(KafkaSettings(), "t", tell=print)
    assert sender.send(BATCH, threading.Event()) is False
    Producer.outcomes = [None, None, None]
    assert sender.send(BATCH, threading.Event()) is True
    assert [made.sent for made in Producer.made] == [[b"0", b"1", b"2"]] * 2


def test_who_is_told_to_stop_does_not_wait_for_an_acknowledgement() -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    assert open_sender(KafkaSettings(), "t", tell=print).send(BATCH, stop) is False
