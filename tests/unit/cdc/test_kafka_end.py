"""Workers that read until the end: each waits for what the others have, and none for what stands."""

import pytest
from sqlalchemy.exc import OperationalError

from cdc.kafka_errors import KafkaUnreachable, RecordCorrupt, WaitedInVain
from cdc.store import Position
from tests.unit.cdc.kafka_fakes import ID
from tests.unit.cdc.test_kafka_reader import STREAM_A, STREAM_B, A, B, Worker


@pytest.fixture
def second() -> Worker:
    """A worker that was given nothing yet, of two partitions that hold three records."""
    made = Worker()
    made.broker.write(A, b"1", b"2")
    made.broker.write(B, b"3")
    return made


def goes_on(worker: Worker, *, seconds: int = 30) -> bool:
    """Whether a worker does not end by itself in this time."""
    for _ in range(seconds):
        if worker.reader.is_caught_up():
            return False
        worker.steps(1, seconds=1.0)
    return True


def others_reached(worker: Worker, a: int, b: int) -> None:
    worker.database.held |= {STREAM_A: Position(STREAM_A, a, 1, ID), STREAM_B: Position(STREAM_B, b, 1, ID)}


def test_a_worker_that_was_given_nothing_yet_goes_on_and_reads_what_it_is_given(second: Worker) -> None:
    assert goes_on(second)
    second.broker.give(B)
    second.steps()
    assert second.values() == [b"3"]


def test_a_worker_that_is_done_waits_for_what_others_have_and_ends_when_it_is_applied(second: Worker) -> None:
    second.broker.give(B)
    assert goes_on(second)
    others_reached(second, 1, 1)
    assert goes_on(second)
    others_reached(second, 2, 1)
    assert not goes_on(second)


def test_a_worker_takes_over_what_another_leaves_before_it_is_applied(second: Worker) -> None:
    second.broker.give(B)
    others_reached(second, 1, 0)
    assert goes_on(second)
    second.broker.give(A)
    second.reader.run(second.reader.is_caught_up)
    assert second.values() == [b"3", b"2"]


def test_what_came_after_the_beginning_is_not_waited_for(second: Worker) -> None:
    assert goes_on(second, seconds=2)
    second.broker.write(A, b"4")
    others_reached(second, 2, 1)
    assert not goes_on(second)


def test_a_partition_whose_topic_is_deleted_is_not_waited_for(second: Worker) -> None:
    others_reached(second, 0, 1)
    assert goes_on(second)
    del second.broker.kept[A]
    assert not goes_on(second)


def test_positions_of_others_are_looked_at_once_in_a_second(second: Worker) -> None:
    second.steps()
    looks = second.database.looks
    for _ in range(100):
        assert not second.reader.is_caught_up()
        second.now += 0.1
    assert 10 <= second.database.looks - looks <= 11


def test_a_worker_that_has_all_partitions_does_not_look_at_positions_for_its_end(second: Worker) -> None:
    second.broker.give(A, B)
    second.steps()
    looks = second.database.looks
    assert second.reader.is_caught_up()
    assert second.database.looks == looks


def test_workers_do_not_wait_for_each_other_where_something_stands(second: Worker) -> None:
    """The first has a damaged partition, and ends; the second takes it over, meets the same and ends."""
    first = Worker()
    first.broker.kept, first.database = second.broker.kept, second.database
    first.broker.give(A)
    second.broker.give(B)
    first.steps(1)
    first.broker.failures = [RecordCorrupt(A, 0)]
    first.steps()
    assert goes_on(second)
    assert not goes_on(first)
    assert first.reader.standing == 1
    second.broker.give(A)
    second.steps(1)
    second.broker.failures = [RecordCorrupt(A, 0)]
    second.steps()
    assert not goes_on(second)
    assert second.values() == [b"3"]
    assert second.reader.standing == 1


def test_partitions_of_which_nothing_moves_for_a_minute_are_named_and_not_waited_for(second: Worker) -> None:
    """They stand with a worker that goes on for good."""
    others_reached(second, 0, 1)
    assert goes_on(second, seconds=45)
    others_reached(second, 1, 1)
    assert goes_on(second, seconds=45)
    assert (second.reader.standing, second.heard.troubles) == (0, [])
    assert not goes_on(second)
    assert second.reader.is_caught_up()
    assert (second.reader.standing, second.heard.troubles) == (1, [str(WaitedInVain([A]))])


def test_what_others_cannot_apply_while_the_database_is_away_is_waited_for_when_it_is_back(second: Worker) -> None:
    assert goes_on(second, seconds=30)
    second.database.look_failures = [OperationalError("", {}, Exception()) for _ in range(60)]
    assert goes_on(second, seconds=100)
    others_reached(second, 2, 1)
    assert not goes_on(second)
    assert second.reader.standing == 0


def test_a_worker_stores_where_it_stands_behind_what_holds_no_event_so_that_others_see_it(second: Worker) -> None:
    second.broker.give(A, B)
    second.steps()
    second.broker.positions[A] = 3  # a marker of a transaction
    assert second.reader.is_caught_up()
    assert second.database.held[STREAM_A].next_offset == 3


def test_a_database_that_does_not_answer_at_the_look_is_told_and_waited_for(second: Worker) -> None:
    others_reached(second, 2, 1)
    second.database.look_failures = [OperationalError("", {}, Exception())]
    assert not second.reader.is_caught_up()
    assert len(second.heard.troubles) == 1
    assert not goes_on(second)
    assert second.heard.recoveries == 1


def test_brokers_that_do_not_answer_at_the_look_are_no_end(second: Worker) -> None:
    second.broker.log_failures = [KafkaUnreachable("down"), KafkaUnreachable("down")]
    assert goes_on(second)
    others_reached(second, 2, 1)
    assert not goes_on(second)
