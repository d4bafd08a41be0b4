"""What kafka-python raises, in our words."""

import logging
from typing import Any
from unittest.mock import MagicMock, create_autospec

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors
from kafka.consumer.fetcher import Fetcher
from kafka.coordinator.base import BaseCoordinator
from kafka.structs import ConsumerGroupMetadata, MemberState

from cdc import kafka_client
from cdc.kafka_client import KafkaClient, hush, translated
from cdc.kafka_errors import KafkaRefused, KafkaUnreachable, Place, RecordCorrupt
from cdc.kafka_settings import KafkaSettings


def test_a_wrong_checksum_names_partition_and_offset() -> None:
    """In the words of `Fetcher.PartitionRecords._unpack_records`."""
    place = TopicPartition(topic="shop.public.orders", partition=3)
    said = f"Record batch for partition {place} at offset 17 failed crc check"
    with (
        pytest.raises(RecordCorrupt, match=r"'shop.public.orders' partition 3 stands.*offset 17") as caught,
        translated(),
    ):
        raise kafka_errors.CorruptRecordError(said)
    assert caught.value.place == Place("shop.public.orders", 3)


def test_damage_that_names_no_partition_is_waited_out() -> None:
    with pytest.raises(KafkaUnreachable, match="CorruptRecordError"), translated():
        raise kafka_errors.CorruptRecordError("Found invalid number of record headers")


HUNG_UP = kafka_errors.KafkaConnectionError("socket disconnected")


def heard(*causes: Exception, is_login: bool) -> type[Exception]:
    """What becomes of a failed connection whose attempts ended so."""
    hush(is_login=is_login)
    for cause in causes:
        logging.getLogger("kafka.net").error("Connection lost: %s", cause)
    with pytest.raises((KafkaRefused, KafkaUnreachable)) as caught, translated():
        raise kafka_errors.KafkaConnectionError("no brokers")
    return caught.type


def test_brokers_that_hang_up_at_each_login_refuse_us() -> None:
    in_vain = kafka_errors.KafkaTimeoutError("Unable to bootstrap")
    assert heard(*[HUNG_UP] * 3, in_vain, is_login=True) is KafkaRefused


def test_brokers_that_hang_up_where_nobody_logs_in_or_do_not_even_answer_are_waited_for() -> None:
    assert heard(*[HUNG_UP] * 3, is_login=False) is KafkaUnreachable
    assert heard(HUNG_UP, HUNG_UP, ConnectionRefusedError(), is_login=True) is KafkaUnreachable
    assert heard(HUNG_UP, is_login=True) is KafkaUnreachable


def client_of(monkeypatch: pytest.MonkeyPatch, consumer: Any = None) -> tuple[KafkaClient, MagicMock]:
    """A client of a consumer that stands for kafka-python's, and what made that one."""
    of = MagicMock(return_value=consumer or MagicMock())
    monkeypatch.setattr(kafka_client, "KafkaConsumer", of)
    monkeypatch.setattr(kafka_client, "KafkaAdminClient", MagicMock())
    return KafkaClient(KafkaSettings(bootstrap_servers=("localhost:1",)), ".*"), of


@pytest.mark.parametrize(
    ("state", "generation", "coordinator", "is_read"),
    [
        pytest.param(MemberState.REBALANCING, 3, 1, True, id="the group waits for others"),
        pytest.param(
            MemberState.REBALANCING, -1, 1, False, id="the group forgot us: our partitions are somebody else's"
        ),
        pytest.param(MemberState.REBALANCING, 3, None, False, id="nobody knows whom to ask about the group"),
        pytest.param(MemberState.STABLE, 3, 1, False, id="nothing came"),
        pytest.param(MemberState.UNJOINED, -1, None, False, id="we are no member"),
    ],
)
def test_what_is_ours_is_read_while_the_group_waits_for_others(
    monkeypatch: pytest.MonkeyPatch, *, state: str, generation: int, coordinator: int | None, is_read: bool
) -> None:
    consumer = MagicMock()
    consumer.poll.return_value = {}
    consumer.group_metadata.return_value = ConsumerGroupMetadata("group", generation, "member", None, state)
    consumer._coordinator.coordinator_id = coordinator
    consumer._fetcher = create_autospec(Fetcher, instance=True)
    records: list[Any] = ["record"]
    consumer._fetcher.fetch_records.return_value = ({TopicPartition("t", 0): records}, False)
    client, _ = client_of(monkeypatch, consumer)
    assert dict(client.poll(0.01, 7)) == ({Place("t", 0): records} if is_read else {})
    assert consumer.poll.call_args.kwargs["timeout_ms"] == (500 if is_read else 10)  # who joins is given the time


def test_a_poll_brings_no_more_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = MagicMock()
    consumer.poll.return_value = {}
    consumer.group_metadata.return_value = ConsumerGroupMetadata("group", 3, "member", None, MemberState.REBALANCING)
    consumer._fetcher.fetch_records.return_value = ({}, False)
    client_of(monkeypatch, consumer)[0].poll(0.01, 7)
    assert consumer.poll.call_args.kwargs["max_records"] == 7
    assert consumer._fetcher.fetch_records.call_args.args == (7,)


@pytest.mark.parametrize("is_joining", [True, False])
def test_a_poll_goes_on_with_the_join_that_another_one_began(
    monkeypatch: pytest.MonkeyPatch, *, is_joining: bool
) -> None:
    """Also where the client sees no reason for it any more; where nobody joins, nothing is asked of the group."""
    consumer, asked = MagicMock(), list[bool]()
    consumer._coordinator = create_autospec(BaseCoordinator, instance=True, coordinator_id=1, rejoining=is_joining)
    consumer.group_metadata.return_value = ConsumerGroupMetadata("group", 3, "member", None, MemberState.STABLE)

    def poll(**_: Any) -> dict[Any, Any]:
        asked.append(consumer._coordinator.request_rejoin.called)
        return {}

    consumer.poll.side_effect = poll
    client_of(monkeypatch, consumer)[0].poll(0.01, 7)
    assert asked == [is_joining]


def test_while_a_join_goes_on_a_poll_waits_for_it_alone_and_gives_what_was_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client's own poll asks for metadata first, behind a fetch: a join that ends meanwhile is thrown away."""
    consumer, records = MagicMock(), list[Any](["record"])
    consumer._coordinator = create_autospec(BaseCoordinator, instance=True, coordinator_id=1, rejoining=True)
    consumer._coordinator.ensure_active_group.return_value = False
    consumer._fetcher.fetch_records.return_value = ({TopicPartition("t", 0): records}, False)
    consumer.group_metadata.return_value = ConsumerGroupMetadata("group", 3, "member", None, MemberState.REBALANCING)
    assert dict(client_of(monkeypatch, consumer)[0].poll(0.01, 7)) == {Place("t", 0): records}
    assert consumer._coordinator.ensure_active_group.call_args.kwargs == {"timeout_ms": 500}
    assert not consumer.poll.called


def test_kafka_python_has_what_is_asked_of_it_beside_its_public_names() -> None:
    consumer = KafkaConsumer.__init__.__code__.co_names
    assert {"_fetcher", "_coordinator"} <= set(consumer)
    assert {"coordinator_id", "rejoining"} <= set(BaseCoordinator.__init__.__code__.co_names)
