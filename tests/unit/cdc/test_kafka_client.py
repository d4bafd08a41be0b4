"""What kafka-python raises, in our words."""

import logging
from unittest.mock import MagicMock

import pytest
from kafka import TopicPartition
from kafka import errors as kafka_errors

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


def test_a_poll_brings_no_more_than_one_batch_or_what_waits_would_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = MagicMock()
    monkeypatch.setattr(kafka_client, "KafkaConsumer", consumer)
    monkeypatch.setattr(kafka_client, "KafkaAdminClient", MagicMock())
    KafkaClient(KafkaSettings(bootstrap_servers=("localhost:1",)), ".*", batch_events=7)
    assert consumer.call_args.kwargs["max_poll_records"] == 7
