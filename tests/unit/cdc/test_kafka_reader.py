"""A worker of a consumer group: what it reads, what it leaves to others, and what makes it wait."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from cdc.apply import Advance
from cdc.errors import BlastRadius, FencedOut, TooManyMerges
from cdc.kafka_batches import KafkaRecord
from cdc.kafka_errors import KafkaRefused, KafkaUnreachable, OutOfRange, Place, RecordCorrupt
from cdc.kafka_reader import KafkaReader, Reading
from cdc.overlap import AHEAD
from cdc.pipeline import Pipeline
from cdc.store import Position
from tests.unit.cdc.kafka_fakes import ID, Broker, Database, Heard

A, B = Place("shop.a", 0), Place("shop.b", 0)
STREAM_A, STREAM_B = "kafka:c/shop.a/0", "kafka:c/shop.b/0"


class Worker:
    """A reader with its surroundings and a clock that sleeping moves."""

    def __init__(self, **reading: Any) -> None:
        self.broker, self.database, self.heard, self.now = Broker(), Database(), Heard(), 100.0
        self.reader = KafkaReader(
            self.broker,
            cast("Pipeline", self.database),
            self.heard,
            known=self.database.known,
            reading=Reading(**reading),
            source_of=lambda topic: topic.partition(".")[0],
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def steps(self, count: int = 4, *, seconds: float = 0.3) -> None:
        for _ in range(count):
            self.reader.step()
            self.now += seconds

    def values(self) -> list[bytes | None]:
        return [event.value for event in self.database.applied]


@pytest.fixture
def worker() -> Worker:
    made = Worker()
    made.broker.write(A, b"1", b"2")
    made.broker.write(B, b"3")
    made.broker.give(A, B)
    return made


def test_each_partition_is_a_stream_read_from_its_beginning(worker: Worker) -> None:
    worker.steps()
    assert sorted(worker.values(), key=str) == [b"1", b"2", b"3"]
    assert {name: held.next_offset for name, held in worker.database.held.items()} == {STREAM_A: 2, STREAM_B: 1}
    assert {held.digest for held in worker.database.held.values()} == {ID}
    assert worker.heard.events == 3


def test_reading_goes_on_where_the_database_says_whatever_kafka_thinks(worker: Worker) -> None:
    worker.database.held[STREAM_A] = Position(STREAM_A, 1, 7, ID)
    worker.steps()
    assert sorted(worker.values(), key=str) == [b"2", b"3"]
    assert worker.database.held[STREAM_A].owner_epoch == 8


def test_what_is_taken_away_is_not_fed_any_more(worker: Worker) -> None:
    worker.steps()
    worker.broker.take(A)
    worker.broker.write(A, b"4")
    worker.broker.write(B, b"5")
    worker.steps()
    assert b"4" not in worker.values()
    assert b"5" in worker.values()


def test_what_was_fetched_before_it_was_taken_away_is_left_to_the_next_owner(worker: Worker) -> None:
    worker.steps()
    worker.database.applied.clear()
    worker.broker.write(A, b"4")
    worker.broker.noted.append((False, (A,)))  # while the poll was under way
    worker.steps()
    assert worker.values() == []


def test_what_is_taken_away_while_another_batch_is_applied_is_not_applied(worker: Worker) -> None:
    worker.steps(2)
    write = worker.database.write

    def lose_the_other(batch: Any, advance: Advance) -> None:
        worker.broker.noted.append((False, (B if advance.held.stream == STREAM_A else A,)))
        write(batch, advance)

    worker.database.write = lose_the_other  # type: ignore[method-assign]  # a fake for this test
    worker.steps()
    assert len(worker.database.batch_sizes) == 1
    worker.database.write = write  # type: ignore[method-assign]  # a fake for this test
    worker.broker.give(A, B)
    worker.steps()
    assert sorted(worker.values(), key=str) == [b"1", b"2", b"3"]


def test_what_is_taken_away_while_another_batch_is_applied_is_left_to_the_next_owner(worker: Worker) -> None:
    def applied(stream: str, report: Any) -> None:
        worker.broker.take(B if stream == STREAM_A else A)

    worker.heard.applied = applied  # type: ignore[method-assign]  # the second of two batches that are due together
    worker.steps()
    assert len(worker.database.batch_sizes) == 1


def test_a_partition_that_comes_back_is_claimed_anew_and_read_from_the_database(worker: Worker) -> None:
    worker.steps()
    worker.broker.take(A)
    worker.database.held[STREAM_A] = Position(STREAM_A, 1, 9, ID)  # another worker, which died
    worker.broker.give(A)
    worker.steps()
    assert worker.values().count(b"2") == 2
    assert worker.database.held[STREAM_A] == Position(STREAM_A, 2, 10, ID)


def test_a_fenced_worker_drops_the_partition_and_reads_the_others(worker: Worker) -> None:
    worker.steps()
    worker.database.claim(STREAM_A)  # by another
    worker.broker.write(A, b"4")
    worker.broker.write(B, b"5")
    worker.steps(150)
    assert worker.values()[3:] == [b"5"]
    assert worker.heard.troubles == [str(FencedOut(STREAM_A))]
    assert worker.database.held[STREAM_A].owner_epoch == 2
    assert worker.reader.standing == 1


def test_what_a_frozen_worker_claimed_when_it_woke_is_read_again_if_the_group_says_so(worker: Worker) -> None:
    worker.steps()
    worker.database.claim(STREAM_A)  # by another, to which the group gives nothing
    worker.broker.write(A, b"4")
    worker.steps(250)
    assert worker.values()[3:] == [b"4"]
    assert worker.reader.standing == 0


def test_a_damaged_partition_stands_and_is_tried_again_while_the_others_are_read(worker: Worker) -> None:
    worker.steps()
    worker.broker.failures = [RecordCorrupt(A, 2)]
    worker.broker.write(A, b"4")
    worker.broker.write(B, b"5")
    worker.steps(100)
    assert worker.values()[3:] == [b"5"]
    assert worker.heard.troubles == [str(RecordCorrupt(A, 2))]
    assert worker.reader.standing == 1
    assert worker.reader.is_caught_up()
    worker.steps(150)
    assert worker.values()[3:] == [b"5", b"4"]


def test_a_worker_at_rest_goes_where_its_position_was_moved(worker: Worker) -> None:
    """As `onefold replay` does it."""
    worker.steps()
    moved = worker.database.held[STREAM_A]
    worker.database.held[STREAM_A] = Position(STREAM_A, 1, moved.owner_epoch, moved.digest)
    worker.steps(40)
    assert worker.values()[3:] == [b"2"]
    assert worker.database.held[STREAM_A].next_offset == 2
    assert worker.heard.troubles == []


def test_batches_are_not_larger_than_wanted() -> None:
    worker = Worker(batch_events=3)
    worker.broker.write(A, *[b"1"] * 10)
    worker.broker.give(A)
    worker.steps(10)
    assert (sum(worker.database.batch_sizes), max(worker.database.batch_sizes)) == (10, 3)


def pause() -> TooManyMerges:
    return TooManyMerges(BlastRadius(200, 300, 400, 9), 100, stream=STREAM_A, offset=0)


def test_what_waits_does_not_grow_while_there_is_a_backlog() -> None:
    worker = Worker(batch_events=3)
    worker.broker.at_most = 3
    worker.broker.write(A, *[b"{}"] * 300)
    worker.broker.give(A)
    for _ in range(50):
        worker.steps(1)
        waiting = worker.broker.positions[A] - sum(worker.database.batch_sizes)
        assert waiting <= (AHEAD + 2) * 3
    assert sum(worker.database.batch_sizes) > 100


def test_what_waits_is_bounded_also_where_a_poll_could_bring_everything() -> None:
    worker = Worker(batch_events=3)
    worker.broker.write(A, *[b"{}"] * 300)
    worker.broker.give(A)
    for _ in range(50):
        worker.steps(1)
        waiting = worker.broker.positions[A] - sum(worker.database.batch_sizes)
        assert waiting <= (16 + AHEAD + 2) * 3
    assert sum(worker.database.batch_sizes) > 100


def test_what_waits_is_bounded_in_bytes_where_a_poll_could_bring_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """How large they are shows when they are there: what a client holds compressed may be many times that."""
    monkeypatch.setattr("cdc.kafka_batches.WAITING_BYTES", 1_000)
    worker = Worker(batch_events=3)
    worker.broker.write(A, *[bytes(200)] * 300)
    worker.broker.give(A)
    for _ in range(20):
        worker.steps(1)
        waiting = worker.broker.positions[A] - sum(worker.database.batch_sizes) - (AHEAD + 1) * 3
        assert waiting * 200 < 1_000 + 3 * 200
    assert sum(worker.database.batch_sizes) > 30


def test_a_topic_does_not_wait_for_the_backlog_of_another() -> None:
    worker = Worker(batch_events=3)
    worker.broker.at_most = 30
    worker.broker.write(A, *[b"1"] * 300)
    worker.broker.write(B, *[b"2"] * 6)
    worker.broker.give(A, B)
    worker.steps(12)
    assert worker.values().count(b"2") == 6
    assert worker.values().count(b"1") < 30


def test_a_partition_does_not_wait_for_the_backlog_of_another_of_its_topic() -> None:
    worker, other = Worker(batch_events=3), Place(A.topic, 1)
    worker.broker.at_most = 30
    worker.broker.write(A, *[b"1"] * 300)
    worker.broker.write(other, b"2")
    worker.broker.give(A, other)
    worker.steps(12)
    assert worker.values().count(b"2") == 1
    assert worker.values().count(b"1") < 40


@pytest.mark.parametrize("records", [2, 45])
def test_what_was_read_before_a_damaged_record_is_applied(monkeypatch: pytest.MonkeyPatch, records: int) -> None:
    """Few are no whole batch when the damage shows, and of many one batch only was taken by then."""
    worker = Worker(batch_events=3)
    worker.broker.write(A, *[b"1"] * records)
    worker.broker.give(A)
    poll = worker.broker.poll

    def poll_up_to_it(seconds: float, most: int) -> Mapping[Place, Sequence[KafkaRecord]]:
        if A not in worker.broker.resting and worker.broker.positions[A] == records:
            raise RecordCorrupt(A, records)
        return poll(seconds, most)

    monkeypatch.setattr(worker.broker, "poll", poll_up_to_it)
    worker.steps(20)
    assert len(worker.values()) == records
    assert worker.heard.troubles == [str(RecordCorrupt(A, records))]
    assert worker.reader.standing == 1


def backlog(batches: int) -> Worker:
    worker = Worker(batch_events=3)
    worker.broker.at_most = 3
    worker.broker.write(A, *[b"{}"] * 3 * batches)
    worker.broker.give(A)
    worker.steps(AHEAD + 2)
    return worker


def test_no_batch_waits_for_a_look_at_positions_and_lag() -> None:
    worker = backlog(100)
    looks = worker.database.looks
    for _ in range(60):
        worker.steps(1, seconds=1.0)
        assert worker.database.under_way is not None
    assert worker.database.looks > looks
    assert 0 < worker.reader.lags[STREAM_A] < 300
    worker.steps(60)
    assert sum(worker.database.batch_sizes) == 300


def test_while_nothing_comes_one_batch_is_written_after_another() -> None:
    """What comes meanwhile is prepared beside them."""
    worker = backlog(AHEAD + 2)
    worker.steps(1)
    assert worker.broker.positions[A] == 3 * (AHEAD + 2)
    written = len(worker.database.batch_sizes)
    worker.steps(1)
    assert len(worker.database.batch_sizes) == written + 1
    worker.broker.write(A, *[b"{}"] * 3)
    worker.steps(1)
    assert worker.database.under_way is not None
    worker.steps(AHEAD)
    assert sum(worker.database.batch_sizes) == 3 * (AHEAD + 3)


def test_a_batch_that_waits_for_a_persons_word_stops_its_partition_alone(worker: Worker) -> None:
    worker.database.failures = [pause(), pause()]
    worker.database.failures.pop()
    worker.steps(6)
    assert A in worker.broker.resting
    assert worker.values() == [b"3"]


def test_the_pause_is_tried_again_after_a_while_and_told_once() -> None:
    worker = Worker()
    worker.broker.write(A, b"1")
    worker.broker.give(A)
    worker.database.failures = [pause(), pause()]
    worker.steps(30)
    assert (worker.values(), worker.heard.troubles) == ([], [str(pause())])
    worker.steps(60)
    assert (worker.values(), worker.heard.troubles) == ([b"1"], [str(pause())])


def test_a_lost_position_stands_and_is_told_while_others_go_on(worker: Worker) -> None:
    worker.database.held[STREAM_A] = Position(STREAM_A, 1, 1, ID)
    worker.broker.firsts[A] = 2
    worker.steps(50)
    assert worker.values() == [b"3"]
    assert len(worker.heard.troubles) == 1
    assert "retention" in worker.heard.troubles[0]
    assert worker.reader.standing == 1


def test_a_lost_position_is_given_up_where_a_person_says_so(worker: Worker) -> None:
    worker = Worker(restart=frozenset({A.topic}))
    worker.broker.write(A, b"0", b"1", b"2")
    worker.broker.firsts[A] = 1
    worker.database.held[STREAM_A] = Position(STREAM_A, 3, 1, b"another" + bytes(9))
    worker.broker.give(A)
    worker.reader.step()
    assert worker.database.held[f"{STREAM_A}#2"] == Position(f"{STREAM_A}#2", 1, 1, ID)  # the word holds from now on
    worker.steps()
    assert worker.values() == [b"1", b"2"]
    assert worker.database.held[f"{STREAM_A}#2"].next_offset == 3
    assert worker.database.left == [STREAM_A]


def test_a_worker_that_is_fenced_while_it_gives_a_position_up_leaves_the_partition() -> None:
    worker = Worker(restart=frozenset({A.topic}))
    worker.broker.write(A, b"0", b"1")
    worker.broker.write(B, b"3")
    worker.broker.firsts[A] = 1
    worker.database.held[STREAM_A] = Position(STREAM_A, 0, 1, ID)
    worker.database.skip_failures = [FencedOut(STREAM_A)]
    worker.broker.give(A, B)
    worker.steps(20)
    assert worker.values() == [b"3"]
    assert worker.heard.troubles == [str(FencedOut(STREAM_A))]


def test_records_that_vanish_while_reading_are_found_missing(worker: Worker) -> None:
    worker.steps()
    worker.broker.firsts[A] = 5
    worker.broker.failures = [OutOfRange({A: None})]
    worker.steps()
    assert "retention" in worker.heard.troubles[0]


def test_a_log_that_was_cut_is_read_from_the_cut(worker: Worker) -> None:
    worker.steps()
    worker.broker.failures = [OutOfRange({A: 1})]
    worker.steps()
    assert sorted(worker.values(), key=str) == [b"1", b"2", b"2", b"3"]


def test_what_lies_before_a_cut_and_waits_to_be_applied_is_not_left_out(worker: Worker) -> None:
    worker.steps()
    worker.broker.write(A, b"4", b"5")
    worker.steps(1, seconds=0)  # fetched, and not due yet
    assert worker.values()[3:] == []
    worker.broker.failures = [OutOfRange({A: 3})]
    worker.steps()
    assert worker.values()[3:] == [b"4", b"5"]


def test_a_worker_that_is_fenced_while_it_goes_back_to_a_cut_leaves_the_partition(worker: Worker) -> None:
    worker.steps()
    worker.database.skip_failures = [FencedOut(STREAM_A)]
    worker.broker.failures = [OutOfRange({A: 1})]
    worker.broker.write(B, b"5")
    worker.steps(20)
    assert worker.values()[3:] == [b"5"]
    assert worker.heard.troubles == [str(FencedOut(STREAM_A))]


def test_a_database_that_fails_beside_a_log_that_was_cut_is_waited_for(worker: Worker) -> None:
    worker.steps()
    worker.database.skip_failures = [OperationalError("", None, Exception("gone"))]
    worker.broker.failures = [OutOfRange({A: 1})]
    worker.steps(60)
    assert sorted(worker.values(), key=str) == [b"1", b"2", b"2", b"3"]
    assert len(worker.heard.troubles) == 1


def test_a_topic_made_anew_while_it_is_read_stands(worker: Worker) -> None:
    worker.steps()
    worker.broker.topic_id = b"j" * 16
    worker.steps(40)
    assert {"made anew" in trouble for trouble in worker.heard.troubles} == {True}
    assert worker.reader.standing == 2


def test_kafka_hears_nothing_of_a_topic_made_anew_from_a_batch_of_the_old_one() -> None:
    worker = backlog(100)
    worker.broker.topic_id = b"j" * 16
    worker.now += 11
    worker.steps(1)
    assert worker.reader.standing == 1
    worker.broker.hints.clear()
    worker.steps(10)
    assert worker.broker.hints == {}


def test_brokers_that_do_not_answer_are_waited_for_and_told_once(worker: Worker) -> None:
    worker.steps()
    worker.broker.failures = [KafkaUnreachable("down")] * 5
    before = worker.now
    worker.steps(5, seconds=0)
    assert worker.now - before >= 0.5 + 1 + 2 + 4 + 8
    worker.broker.write(A, b"4")
    worker.steps(8)
    assert worker.heard.troubles == ["down"]
    assert worker.heard.recoveries == 1
    assert worker.values()[3:] == [b"4"]


def test_brokers_that_fell_silent_are_noticed_without_any_record(worker: Worker) -> None:
    worker.steps()
    worker.broker.log_failures = [KafkaUnreachable("down")] * 3
    worker.steps(60)
    assert (worker.heard.troubles, worker.heard.recoveries) == (["down"], 1)


def test_what_brokers_sent_before_they_fell_silent_is_applied_and_does_not_say_that_they_answer(worker: Worker) -> None:
    worker.steps(2)
    worker.broker.failures = [KafkaUnreachable("down")]
    worker.broker.log_failures = [KafkaUnreachable("down")] * 2
    worker.steps(8)
    assert sorted(worker.values(), key=str) == [b"1", b"2", b"3"]
    assert (worker.heard.troubles, worker.heard.recoveries) == (["down"], 1)


def test_brokers_that_refuse_end_the_worker(worker: Worker) -> None:
    worker.broker.failures = [KafkaRefused("no")]
    with pytest.raises(KafkaRefused):
        worker.steps()


def test_a_database_that_fails_is_waited_for_and_the_position_asked_again(worker: Worker) -> None:
    worker.database.failures = [OperationalError("", None, Exception("gone"))] * 3
    worker.steps(60)
    assert sorted(worker.values(), key=str) == [b"1", b"2", b"3"]
    assert (len(worker.heard.troubles), worker.heard.recoveries) == (1, 1)
    assert max(held.owner_epoch for held in worker.database.held.values()) > 1


def test_kafka_hears_how_far_we_are_after_the_database(worker: Worker) -> None:
    worker.steps(8)
    assert worker.broker.hints == {A: 2, B: 1}


def test_what_kafka_would_not_hear_while_the_group_is_shared_out_is_told_after_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(worker.broker, "is_stable", lambda: False)
        worker.steps(8)
        assert worker.broker.hints == {}
    worker.steps(8)
    assert worker.broker.hints == {A: 2, B: 1}


def test_markers_behind_the_last_event_are_passed_over(worker: Worker) -> None:
    """Retention may delete the events before them: the stored position must not fall behind what is left."""
    worker.steps()
    worker.broker.positions[A] = 3  # the client went over a transaction's end
    worker.steps(40)
    assert worker.database.held[STREAM_A].next_offset == 3
    assert worker.broker.hints[A] == 3


def test_lag_is_measured_now_and_then(worker: Worker) -> None:
    worker.steps(40)
    assert worker.reader.lags == {STREAM_A: 0, STREAM_B: 0}
    worker.broker.resting |= {A}
    worker.broker.write(A, b"4", b"5")
    worker.steps(40)
    assert worker.reader.lags == {STREAM_A: 2, STREAM_B: 0}


def test_a_worker_is_caught_up_when_all_is_applied_that_was_there(worker: Worker) -> None:
    assert not worker.reader.is_caught_up()
    worker.reader.run(worker.reader.is_caught_up)
    assert sorted(worker.values(), key=str) == [b"1", b"2", b"3"]


def test_a_worker_of_topics_that_do_not_exist_is_caught_up() -> None:
    worker = Worker()
    worker.reader.run(worker.reader.is_caught_up)
    assert worker.values() == []


def test_what_stands_does_not_keep_a_worker_from_its_end(worker: Worker) -> None:
    worker.database.held[STREAM_A] = Position(STREAM_A, 9, 1, ID)
    worker.reader.run(worker.reader.is_caught_up)
    assert worker.values() == [b"3"]


def test_a_stop_is_heeded_between_two_batches_and_kafka_hears_the_last_position(worker: Worker) -> None:
    worker.reader.run(lambda: len(worker.database.batch_sizes) == 1)
    assert len(worker.database.batch_sizes) == 1
    assert len(worker.broker.hints) == 1


def test_what_is_prepared_when_a_stop_comes_is_not_passed_over(worker: Worker) -> None:
    """Positions are looked at in the same step, as every ten seconds."""

    def is_over() -> bool:
        worker.now += 11
        return len(worker.database.batch_sizes) == 1

    worker.reader.run(is_over)
    applied = sorted(worker.values(), key=str)
    assert applied in ([b"1", b"2"], [b"3"])
    offsets = {name: held.next_offset for name, held in worker.database.held.items()}
    assert offsets == ({STREAM_A: 2, STREAM_B: 0} if applied[0] == b"1" else {STREAM_A: 0, STREAM_B: 1})
    assert worker.database.dropped == 1


def test_polls_leave_time_for_a_rebalance_also_while_there_is_more_to_apply_than_time() -> None:
    worker = Worker(batch_events=1)
    worker.broker.write(A, *[b"1"] * 100)
    worker.broker.give(A)
    worker.steps(60, seconds=0.1)
    long = [seconds for seconds in worker.broker.polls if seconds >= 0.1]
    assert 4 <= len(long) <= 15
    assert set(long[2:]) == {0.1}, "before anything waits, a poll is as long as it may be"
    worker.broker.polls.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker.broker, "is_stable", lambda: False)
        worker.steps(30, seconds=0.1)
    assert 2 <= len([seconds for seconds in worker.broker.polls if seconds == 0.5]) <= 8


def test_who_prepares_hears_how_much_waits_as_soon_as_a_partition_is_taken_up() -> None:
    worker = Worker()
    worker.broker.write(A, *[b"1"] * 7)
    worker.broker.write(B, b"1", b"2")
    worker.database.held[STREAM_A] = Position(STREAM_A, 4, 1, ID)
    worker.broker.give(A, B)
    worker.steps(5)
    assert worker.database.expected == [3 + 2]


# ---- notifications -----------------------------------------------------------------------------------------------------

NEWS = Place("shop.notifications", 0)
PROOF = b'{"type": "TABLE_SCAN_COMPLETED"}'


def test_a_proof_waits_until_what_it_proves_was_read_also_by_others() -> None:
    worker = Worker()
    worker.broker.write(NEWS, b"before", PROOF, b"after")
    worker.broker.write(A, b"1", b"2")
    worker.database.held[STREAM_A] = Position(STREAM_A, 1, 4, ID)  # another worker reads it
    worker.broker.give(NEWS)
    worker.steps(40)
    assert worker.values() == [b"before"]
    worker.broker.write(A, b"3")  # came after the proof: it does not wait for that
    worker.database.held[STREAM_A] = Position(STREAM_A, 2, 4, ID)
    worker.steps(40)
    assert worker.values() == [b"before", PROOF, b"after"]


def test_a_proof_waits_for_partitions_that_nobody_has_begun_to_read() -> None:
    worker = Worker()
    worker.broker.write(NEWS, PROOF)
    worker.broker.write(A, b"1", b"2")  # the first start of a group: another worker is about to claim it
    worker.broker.give(NEWS)
    worker.steps(40)
    assert worker.values() == []
    worker.database.held[STREAM_A] = Position(STREAM_A, 2, 1, ID)
    worker.steps(40)
    assert worker.values() == [PROOF]


def test_proofs_of_two_sources_do_not_wait_for_each_other() -> None:
    worker, other = Worker(), Place("pos.notifications", 0)
    for place in (NEWS, other):
        worker.broker.write(place, b"before", PROOF)
        worker.broker.give(place)
    worker.reader.run(worker.reader.is_caught_up)
    assert worker.values().count(PROOF) == 2


def test_a_proof_does_not_wait_for_a_topic_that_nobody_reads_any_more() -> None:
    worker = Worker(is_read=lambda topic: topic != A.topic)
    worker.broker.write(NEWS, PROOF)
    worker.broker.write(A, b"1", b"2")
    worker.database.held[STREAM_A] = Position(STREAM_A, 1, 4, ID)  # read once, before the mapping named others
    worker.broker.give(NEWS)
    worker.steps(40)
    assert worker.values() == [PROOF]


def test_a_proof_and_its_rows_may_be_read_by_one_worker(worker: Worker) -> None:
    worker.broker.write(NEWS, PROOF)
    worker.broker.give(NEWS)
    worker.reader.run(worker.reader.is_caught_up)
    assert worker.values()[-1] == PROOF
    assert len(worker.values()) == 4


def test_a_proof_whose_rows_stand_does_not_keep_a_worker_from_its_end(worker: Worker) -> None:
    worker.broker.write(NEWS, PROOF)
    worker.database.held[STREAM_A] = Position(STREAM_A, 1, 1, ID)
    worker.broker.firsts[A] = 2
    worker.broker.give(NEWS)
    worker.reader.run(worker.reader.is_caught_up)
    assert worker.values() == [b"3"]


def test_brokers_that_fall_silent_beside_a_proof_lose_nothing() -> None:
    worker = Worker()
    worker.broker.write(NEWS, b"before", PROOF, b"after")
    worker.broker.give(NEWS)
    worker.steps(3)
    worker.broker.log_failures = [KafkaUnreachable("down")] * 3
    worker.steps(60)
    assert worker.values() == [b"before", PROOF, b"after"]
