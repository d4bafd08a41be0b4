"""Where a partition is read on, and when nobody but a person can say."""

import re

import pytest

from cdc.kafka_errors import Place, PositionLost
from cdc.kafka_streams import Choice, Log, StreamName, choose, fault, start, topic_pattern, topic_reader
from cdc.mapping import Mapping, SourceMapping
from cdc.store import Position

PLACE = Place("shop.public.customers", 3)
ID, OTHER_ID = b"a" * 16, b"b" * 16
NAME = "kafka:cluster/shop.public.customers/3"


def log(topic_id: bytes = ID, *, first: int = 0, end: int = 100, cluster: str = "cluster") -> Log:
    return Log(cluster, topic_id, first, end)


def at(offset: int, digest: bytes | None = ID, stream: str = NAME) -> Position:
    return Position(stream, offset, 1, digest)


def test_a_stream_is_named_by_cluster_topic_and_partition() -> None:
    for stream in (NAME, f"{NAME}#2"):
        parsed = StreamName.parse(stream)
        assert parsed is not None
        assert (parsed.place, str(parsed)) == (PLACE, stream)
    assert StreamName.parse("file:/tmp/shop.jsonl") is None


def test_a_partition_never_seen_begins_at_its_first_record() -> None:
    choice = choose(PLACE, log(first=7), [at(5, stream="kafka:cluster/shop.public.customers/4")])
    assert choice == Choice(NAME)
    assert start(PLACE, log(first=7), at(0, None)) == 7


@pytest.mark.parametrize("offset", [10, 42, 100])
def test_reading_goes_on_where_the_database_says(offset: int) -> None:
    assert choose(PLACE, log(), [at(offset)]) == Choice(NAME)
    assert start(PLACE, log(first=10), at(offset)) == offset


@pytest.mark.parametrize(("offset", "why"), [(9, "retention"), (101, "lost its disk")])
def test_a_position_outside_of_the_log_is_lost(offset: int, why: str) -> None:
    with pytest.raises(PositionLost, match=why) as caught:
        start(PLACE, log(first=10), at(offset))
    message = str(caught.value)
    for part in (PLACE.topic, "partition 3", str(offset), "10", "100", f"--restart-topic {PLACE.topic}"):
        assert part in message


def test_a_topic_made_anew_is_another_stream_and_begins_only_by_a_persons_word() -> None:
    choice = choose(PLACE, log(OTHER_ID), [at(42)])
    assert choice == Choice(f"{NAME}#2", at(42))
    with pytest.raises(PositionLost, match="made anew"):
        start(PLACE, log(OTHER_ID), at(0, None, choice.stream), former=choice.former)


def test_a_topic_in_another_cluster_begins_only_by_a_persons_word() -> None:
    choice = choose(PLACE, log(cluster="elsewhere"), [at(42)])
    assert choice == Choice("kafka:elsewhere/shop.public.customers/3", at(42))


def test_the_word_once_given_holds() -> None:
    known = [at(42), at(0, OTHER_ID, f"{NAME}#2")]
    assert choose(PLACE, log(OTHER_ID), known) == Choice(f"{NAME}#2")
    assert start(PLACE, log(OTHER_ID), known[1]) == 0


def test_a_claim_without_the_word_changes_nothing() -> None:
    known = [at(42), at(0, None, f"{NAME}#2")]
    assert choose(PLACE, log(OTHER_ID), known) == Choice(f"{NAME}#2", at(42))


def test_a_topic_restored_under_its_id_goes_on_as_it_was() -> None:
    assert choose(PLACE, log(), [at(42), at(5, OTHER_ID, f"{NAME}#2")]) == Choice(NAME)


def test_brokers_without_topic_ids_go_by_name_alone() -> None:
    assert choose(PLACE, log(b""), [at(42, None)]) == Choice(NAME)
    assert log(b"").digest is None


def test_looking_finds_the_fault_that_reading_would() -> None:
    assert fault(PLACE, log(), [at(42)]) is None
    assert fault(PLACE, log(), []) is None
    assert "retention" in str(fault(PLACE, log(first=50), [at(42)]))
    assert "made anew" in str(fault(PLACE, log(OTHER_ID), [at(42)]))


def mapping(*topics: str) -> Mapping:
    return Mapping((SourceMapping("shop", topics, "", {}), SourceMapping("pos", ("pos.*",), "", {})))


@pytest.mark.parametrize(
    ("topic", "is_read"),
    [("shop.public.a", True), ("pos.b", True), ("xshop.public.a", False), ("shopxpublic.a", False), ("pos", False)],
)
def test_the_patterns_of_all_sources_match_whole_names(topic: str, is_read: bool) -> None:
    assert bool(re.match(topic_pattern(mapping("shop.public.*")), topic)) == is_read


def test_an_override_stands_in_place_of_the_patterns() -> None:
    pattern = topic_pattern(mapping("shop.public.*"), "a|b")
    assert [bool(re.match(pattern, topic)) for topic in ("a", "b", "ab", "shop.public.c")] == [True, True, False, False]


def test_no_source_reads_nothing() -> None:
    assert topic_pattern(Mapping(())) == ""


def test_a_topic_is_read_while_a_source_or_an_override_names_it() -> None:
    is_read = topic_reader(mapping("shop.public.*"), "a|b")
    topics = ("shop.public.c", "pos.b", "a", "shop.old.c", "ab")
    assert [is_read(topic) for topic in topics] == [True, True, True, False, False]
    assert not topic_reader(Mapping(()))("a")
