"""What a consumer group does to workers when nothing fails: one is slow, topics come, partitions arrive in any order."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from bench.events import MAPPING
from cdc import RawEvent, Reading, stream_positions
from cli.ingest_kafka import ingest_kafka
from cli.interrupts import Interrupt
from tests.estate.kafka import KafkaBroker
from tests.installation import Installation, installation
from tests.integration.kafka_topics import (
    BUSINESS_TOPICS,
    EVENTS,
    Topics,
    read_so_far,
    sample,
    spread_topics,
    wait_for,
)
from tests.integration.kafka_topics import MAPPING as SHOP

CUSTOMERS = "shop.public.customers"


def start(stack: ExitStack, one: Installation, *, batch: int = 20) -> Callable[[], int]:
    """Start a worker in a thread; what is given ends it after the batch under way, and tells how many events it read."""
    interrupt, read = Interrupt(), [0]

    def work() -> None:
        reading = Reading(batch_events=batch)
        read[0] = ingest_kafka(one.parts, interrupt, reading, until_end=False).told.total().events

    worker = threading.Thread(target=work)

    def stop() -> int:
        interrupt.received = True
        worker.join(60)
        return read[0]

    worker.start()
    stack.callback(stop)
    return stop


def positions(one: Installation) -> dict[str, int]:
    """Up to where each partition, "topic/partition", is read."""
    with one.parts.database.read() as connection:
        return {held.stream.partition("/")[2]: held.next_offset for held in stream_positions(connection)}


@pytest.mark.postgres
@pytest.mark.parametrize("another_joins", [False, True])
def test_one_slow_worker_does_not_stop_the_others(  # noqa: PLR0913 - fixtures
    topics: Topics,
    business: list[RawEvent],
    undisturbed: list[str],
    postgres_url: str,
    tmp_path: Path,
    *,
    another_joins: bool,
) -> None:
    """While one takes long over a single batch, the other reads all that it was given to its end.

    Also while a third wants to join: the group waits for the slow one then, those who have partitions do not.
    """
    stands, go_on, is_shared = threading.Event(), threading.Event(), threading.Event()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        slow, quick, third = (
            stack.enter_context(installation(tmp_path / "one", topics.mapping(MAPPING), database=postgres_url))
            for _ in range(3)
        )
        prepare = slow.parts.applier.prepare

        def prepare_slowly(*arguments: Any, **options: Any) -> Any:
            if is_shared.is_set():
                stands.set()
                assert go_on.wait(200)
            return prepare(*arguments, **options)

        patch.setattr(slow.parts.applier, "prepare", prepare_slowly)
        owners = owners_of({"slow": slow, "quick": quick}, patch)
        stop_slow, stop_quick = start(stack, slow), start(stack, quick)
        stack.callback(go_on.set)
        topics.produce(business[: EVENTS // 10])
        wait_for(
            lambda: shared_evenly(owners) and read_so_far(quick) == EVENTS // 10
        )  # both are in the group, and at rest
        is_shared.set()
        half = EVENTS // 2 if another_joins else EVENTS
        topics.produce(business[EVENTS // 10 : half])
        assert stands.wait(60), "the slow one was given nothing"
        stop_third = start(stack, third) if another_joins else lambda: 0
        if another_joins:
            wait_for(lambda: is_rebalancing(topics))
            topics.produce(business[half:])
        ends = {f"{place.topic}/{place.partition}": end for place, end in all_ends(topics).items()}
        wait_for(
            lambda: all(at == ends[name] for name, at in positions(quick).items() if owners[name] == "quick"),
            seconds=120,
        )
        assert sum(positions(quick).values()) < EVENTS, "nothing was left to the slow one"
        go_on.set()
        wait_for(lambda: read_so_far(quick) == EVENTS)
        slowly, quickly, thirdly = stop_slow(), stop_quick(), stop_third()
        assert slowly + quickly + thirdly == EVENTS
        assert quickly > EVENTS // 10
        assert quick.lines() == undisturbed


def owners_of(workers: Mapping[str, Installation], patch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which of the workers took each partition, "topic/partition", up last."""
    found: dict[str, str] = {}

    def note(name: str, claim: Callable[[str], Any], stream: str) -> Any:
        found[stream.partition("/")[2]] = name
        return claim(stream)

    for name, one in workers.items():
        patch.setattr(one.parts.pipeline, "claim", partial(note, name, one.parts.pipeline.claim))
    return found


def shared_evenly(owners: Mapping[str, str]) -> bool:
    """Whether each of two workers has half of all partitions, as the group shares them out."""
    counts = Counter(owners.values())
    return len(owners) == 3 * len(BUSINESS_TOPICS) and max(counts.values()) - min(counts.values()) <= 1 < len(counts)


def is_rebalancing(topics: Topics) -> bool:
    """Whether the group waits for members to join."""
    with closing(KafkaAdminClient(bootstrap_servers=topics.kafka.bootstrap)) as admin:
        (group,) = admin.describe_groups([topics.prefix]).values()
    return bool(group["group_state"] == "PreparingRebalance")


def test_partitions_in_any_order_give_the_same(
    kafka: KafkaBroker, topics: Topics, business: list[RawEvent], undisturbed: list[str], tmp_path: Path
) -> None:
    """Each whole partition is read before the next one comes: receipts before their members, lines before their orders, or after."""
    topics.produce(business)
    partitions = records(topics)
    assert sum(map(len, partitions)) == EVENTS
    for seed in range(2):
        random.Random(seed).shuffle(partitions)
        reordered = spread_topics(kafka)
        with installation(tmp_path / f"{seed}", reordered.mapping(MAPPING)) as one, ExitStack() as stack:
            stop, produced = start(stack, one, batch=500), 0
            for events in partitions:
                reordered.produce(events)
                produced += len(events)
                wait_for(lambda wanted=produced: read_so_far(one) == wanted)  # type: ignore[misc]  # a lambda with a default has no type
            assert stop() == EVENTS
            assert one.lines() == undisturbed, f"seed {seed}"


def all_ends(topics: Topics) -> dict[TopicPartition, int]:
    """The offset that the next record of each partition will have."""
    with closing(KafkaConsumer(bootstrap_servers=topics.kafka.bootstrap)) as consumer:
        names = [name for name in consumer.topics() if name.startswith(topics.prefix)]
        places = [TopicPartition(name, at) for name in names for at in consumer.partitions_for_topic(name)]
        found: dict[TopicPartition, int] = consumer.end_offsets(places)
        return found


def records(topics: Topics) -> list[list[RawEvent]]:
    """What each partition holds, in order, under the captured names of the topics."""
    ends, found = all_ends(topics), dict[TopicPartition, list[RawEvent]]()
    with closing(KafkaConsumer(bootstrap_servers=topics.kafka.bootstrap, auto_offset_reset="earliest")) as consumer:
        consumer.assign(list(ends))
        while sum(map(len, found.values())) < sum(ends.values()):
            for place, batch in consumer.poll(timeout_ms=500).items():
                name = place.topic.removeprefix(f"{topics.prefix}.")
                found.setdefault(place, []).extend(RawEvent("", 0, name, one.key, one.value, {}) for one in batch)
    return list(found.values())


def test_a_topic_that_comes_later_is_read_where_the_pattern_of_the_settings_matches_it(
    kafka: KafkaBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`topics` in [kafka] stands in place of the sources' own: what it does not match is not read."""
    monkeypatch.setattr("cdc.kafka_client._METADATA_MS", 500)
    topics = Topics(kafka)
    events = sample()
    customers, orders = ([e for e in events if e.topic == name] for name in (CUSTOMERS, "shop.public.orders"))
    pattern = rf"{topics.prefix}\\.shop\\.public\\.(customers|later)"
    with installation(tmp_path / "one", f'{topics.mapping(SHOP)}topics = "{pattern}"\n') as one, ExitStack() as stack:
        topics.produce([*orders, *customers[:5]])
        stop = start(stack, one)
        wait_for(lambda: read_so_far(one) == 5)
        topics.produce([RawEvent("", 0, "shop.public.later", b'{"id":1}', b"{", {}), *customers[5:]])
        wait_for(lambda: read_so_far(one) == len(customers) + 1)
        assert stop() == len(customers) + 1
        assert {name.partition("/")[0] for name in positions(one)} == {
            topics.name(CUSTOMERS),
            topics.name("shop.public.later"),
        }
