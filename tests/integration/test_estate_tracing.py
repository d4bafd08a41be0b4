"""One trace through real Kafka: a record's context, the worker's spans, the published message, the answer of a question."""

import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer
from msgspec.structs import replace

from cdc import Publisher, Reading, open_sender, publishing_stream
from cli.ingest_kafka import ingest_kafka
from cli.interrupts import Interrupt
from tests.estate.kafka import KafkaBroker
from tests.installation import Installation, installation
from tests.integration.kafka_topics import Topics, sample
from tests.integration.test_tracing import ask
from tests.traces import SHOP, TILL, context_of, links_of, trace_id, tracing

CUSTOMERS = "shop.public.customers"


@pytest.fixture
def topics(kafka: KafkaBroker) -> Topics:
    return Topics(kafka)


def publish(one: Installation) -> None:
    """Publish what is in the outbox, as `onefold publish` does."""
    topic = one.parts.settings.publish.topic
    with closing(open_sender(one.parts.settings.kafka, topic, tell=print)) as sender:
        stream = publishing_stream(topic)
        publisher = Publisher(one.parts.database, sender, stream=stream, bell=one.parts.bell, tell=print)
        publisher.publish(publisher.claim(), threading.Event())


def first_message(bootstrap: str, topic: str) -> Any:
    deadline = time.monotonic() + 30
    with closing(KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")) as consumer:
        while time.monotonic() < deadline:
            for batch in consumer.poll(timeout_ms=300).values():
                return batch[0]
    pytest.fail("nothing was published")


def test_a_record_s_trace_leads_to_the_message_and_to_the_answer(topics: Topics, tmp_path: Path) -> None:
    [first] = [event for event in sample() if event.topic == CUSTOMERS][:1]
    topics.produce([replace(first, headers={**first.headers, "traceparent": SHOP.encode()})])
    profiles = topics.name("profiles")
    text = f'{topics.mapping()}\n[publish]\ntopic = "{profiles}"\n'
    with installation(tmp_path / "one", text) as one, tracing() as spans:
        ingest_kafka(one.parts, Interrupt(), Reading(frozenset(), 500), until_end=True)
        publish(one)
        assert '"data"' in ask(one, TILL)
    batch = spans.one("onefold.batch")
    assert batch.context.trace_id == trace_id(SHOP)
    assert batch.attributes["messaging.destination.name"] == topics.name(CUSTOMERS)
    assert batch.attributes["messaging.destination.partition.id"] == "0"
    for step in ("onefold.prepare", "onefold.identity", "onefold.commit", "onefold.publish"):
        assert spans.one(step).context.trace_id == trace_id(SHOP)
    carried = dict(first_message(topics.kafka.bootstrap, profiles).headers)["traceparent"].decode()
    assert carried == context_of(spans.one("onefold.write"))
    [answered] = spans.all("onefold.execute")
    assert answered.context.trace_id == trace_id(TILL)
    assert links_of(answered) == {carried}, "who looks at the answer's span comes to the shop's trace"
