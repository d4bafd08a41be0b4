"""A member of the group whose polls end before its join does: the join comes to its end, and nobody falls out of the group."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from kafka.coordinator.base import BaseCoordinator

from cdc.kafka_client import KafkaClient
from cdc.kafka_errors import Place
from cdc.kafka_settings import KafkaSettings
from tests.estate.kafka import KafkaBroker
from tests.integration.kafka_topics import Topics, wait_for

PARTITIONS = 2
#: So soon a member notices a topic, and so late that the test is over before.
SOON_MS, LATE_MS = 500, 600_000
#: Shorter than a join that waits for somebody, and as long as the reader's polls where it has nothing to do. A member's polls get more time
#: while it joins anew: such a join is broken off once, at its beginning.
SHORT_SECONDS, LONG_SECONDS = 0.05, 0.5


class Member:
    """A member that polls in a thread, and what it was given."""

    def __init__(self, client: KafkaClient) -> None:
        self.client = client
        self.owned: set[Place] = set()
        self.is_over = False

    def run(self) -> None:
        while not self.is_over:
            self.client.poll(SHORT_SECONDS if self.owned else LONG_SECONDS, 1)
            for is_given, places in self.client.assignments():
                self.owned = self.owned | set(places) if is_given else self.owned - set(places)


@contextmanager
def member(topics: Topics, *, notices_ms: int) -> Iterator[Member]:
    """A member of the group of these topics' prefix, which reads all of them."""
    settings = KafkaSettings(bootstrap_servers=(topics.kafka.bootstrap,), group=topics.prefix)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cdc.kafka_client._METADATA_MS", notices_ms)
        client = KafkaClient(settings, rf"{topics.prefix}\..*")
    one = Member(client)
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        yield one
    finally:
        one.is_over = True
        thread.join(60)
        client.close()


def add_topic(topics: Topics, name: str) -> set[Place]:
    """Make a topic; gives its partitions."""
    topics.create({name: {"num_partitions": PARTITIONS}})
    return {Place(topics.name(name), at) for at in range(PARTITIONS)}


def have(members: list[Member], places: set[Place]) -> bool:
    """Whether the group is at rest, and each partition is somebody's."""
    is_shared = sum(len(one.owned) for one in members) == len(places)
    return (
        is_shared
        and set().union(*(one.owned for one in members)) == places
        and all(one.client.is_stable() for one in members)
    )


def test_a_topic_that_a_follower_notices_first_is_shared_out_and_the_follower_stays(kafka: KafkaBroker) -> None:
    """Its join waits for the leader, which hears of it by its heartbeat."""
    topics = Topics(kafka)
    places = add_topic(topics, "sooner")
    with ExitStack() as stack:
        leader = stack.enter_context(member(topics, notices_ms=LATE_MS))
        wait_for(lambda: have([leader], places))
        follower = stack.enter_context(member(topics, notices_ms=SOON_MS))
        wait_for(lambda: have([leader, follower], places))
        places |= add_topic(topics, "later")
        wait_for(lambda: have([leader, follower], places))


def test_a_topic_is_read_that_the_leader_shares_out_at_the_very_end_of_a_poll(
    kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The group's last answer comes when the poll that began the join is over."""
    topics = Topics(kafka)
    places = add_topic(topics, "sooner")
    join = BaseCoordinator._do_join_and_sync_async

    async def join_slowly(self: Any) -> Any:
        assignment = await join(self)
        await self._net.sleep(4 * SHORT_SECONDS)
        return assignment

    with member(topics, notices_ms=SOON_MS) as alone:
        wait_for(lambda: have([alone], places))
        monkeypatch.setattr(BaseCoordinator, "_do_join_and_sync_async", join_slowly)
        places |= add_topic(topics, "later")
        wait_for(lambda: have([alone], places))
