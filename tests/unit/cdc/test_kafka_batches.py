"""Batches: whole ones at once, others after a moment, and never more in memory than agreed."""

from cdc.kafka_batches import LINGER_SECONDS, WAITING_BYTES, Batches, raw_event
from cdc.kafka_errors import Place
from cdc.pipeline import BATCH_BYTES
from tests.unit.cdc.kafka_fakes import Written

A, B = Place("a", 0), Place("b", 0)


def records(count: int, size: int = 1) -> list[Written]:
    return [Written(number, None, bytes(size)) for number in range(count)]


def test_a_record_becomes_an_event_whose_offset_is_where_reading_goes_on() -> None:
    event = raw_event("s", A, Written(41, b"k", None, [("x", b"1"), ("x", b"2"), ("y", None)]))
    assert (event.stream, event.offset, event.topic, event.key, event.value) == ("s", 42, "a", b"k", None)
    assert event.headers == {"x": b"2", "y": b"null"}


def test_an_event_alone_waits_for_nobody() -> None:
    batches = Batches()
    batches.add(A, records(1), 0.0)
    assert batches.due(0.0, is_quiet=True) == [A]


def test_while_more_is_coming_a_batch_waits_for_the_others_but_not_long() -> None:
    batches = Batches()
    batches.add(A, records(1), 0.0)
    batches.add(A, records(1), 0.1)
    assert batches.due(0.1, is_quiet=False) == []
    assert batches.due(LINGER_SECONDS, is_quiet=False) == [A]


def test_a_whole_batch_is_due_at_once_and_the_rest_stays() -> None:
    batches = Batches(3)
    batches.add(A, records(5), 0.0)
    batches.add(B, records(2), 0.0)
    assert batches.due(0.0, is_quiet=False) == [A]
    assert [record.offset for record in batches.take(A, 0.0)] == [0, 1, 2]
    assert [record.offset for record in batches.take(A, 0.0)] == [3, 4]
    assert not batches.holds(A)
    assert batches.take(A, 0.0) == []


def test_large_events_make_a_batch_of_few() -> None:
    batches = Batches()
    batches.add(A, records(3, BATCH_BYTES // 2), 0.0)
    assert batches.due(0.0, is_quiet=False) == [A]
    assert len(batches.take(A, 0.0)) == 2


def test_an_event_larger_than_a_batch_is_one() -> None:
    batches = Batches()
    batches.add(A, records(2, BATCH_BYTES + 1), 0.0)
    assert len(batches.take(A, 0.0)) == 1


def test_nothing_waits_when_memory_is_used_up() -> None:
    batches = Batches()
    places = [Place("a", number) for number in range(5)]
    for place in places:
        batches.add(place, records(1, WAITING_BYTES // 5 + 1), 0.0)
    assert batches.due(0.0, is_quiet=False) == places


def test_each_topic_has_its_turn_and_a_whole_batch_comes_before_one_that_fills() -> None:
    batches, more = Batches(2), Place("a", 1)
    for place, count in ((more, 1), (A, 6), (B, 4)):
        batches.add(place, records(count), 0.0)
    taken = []
    while due := batches.due(LINGER_SECONDS, is_quiet=False):
        batches.take(due[0], LINGER_SECONDS)
        taken.append(due[0])
    assert taken == [A, B, A, B, A, more]


def test_of_the_partitions_of_a_topic_one_that_waited_for_others_long_enough_is_next() -> None:
    batches, more = Batches(2), Place("a", 1)
    batches.add(more, records(1), 0.0)
    batches.add(A, records(6), 0.1)
    assert batches.due(LINGER_SECONDS, is_quiet=False) == [A, more]
    assert batches.due(1.0, is_quiet=False) == [more, A]


def test_there_is_room_for_batches_to_choose_from_and_no_more() -> None:
    batches, looks = Batches(2), []
    for place, count in ((B, 1), (A, 29), (B, 4)):
        looks.append((batches.room, batches.is_rich))
        batches.add(place, records(count), 0.0)
    assert [*looks, (batches.room, batches.is_rich)] == [(2, False), (31, False), (2, True), (0, True)]
    batches.drop(A)
    batches.add(A, records(1, WAITING_BYTES), 0.0)
    assert batches.room == 0


def test_room_is_counted_in_bytes_too_once_it_is_known_how_large_records_are() -> None:
    batches = Batches(2)
    batches.add(A, records(1, WAITING_BYTES // 8), 0.0)
    assert batches.room == 7
    batches.take(A, 0.0)
    assert batches.room == 8


def test_nothing_waits_for_more_when_there_is_no_room_for_it() -> None:
    batches, places = Batches(2), [Place("a", number) for number in range(32)]
    for place in places:
        batches.add(place, records(1), 0.0)
    assert (batches.room, batches.is_rich) == (0, False)
    assert batches.due(0.0, is_quiet=False) == places


def test_what_is_dropped_is_gone() -> None:
    batches = Batches()
    batches.add(A, records(1), 0.0)
    batches.drop(A)
    batches.drop(B)
    assert not batches
