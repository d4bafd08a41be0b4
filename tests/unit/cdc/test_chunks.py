"""How a transport's events are cut into batches."""

from collections.abc import Iterator

from cdc.changes import RawEvent, Read, Unusable
from cdc.pipeline import BATCH_BYTES, _chunks


def event(number: int, size: int = 2) -> RawEvent:
    return RawEvent("stream", number, "topic", b"k", bytes(size - 1))


def sizes(reads: list[Read], size: int) -> list[int]:
    return [len(chunk) for chunk in _chunks(reads, size)]


def test_batches_are_whole_but_the_last() -> None:
    assert sizes([event(n) for n in range(7)], 3) == [3, 3, 1]
    assert sizes([event(n) for n in range(6)], 3) == [3, 3]
    assert sizes([], 3) == []


def test_a_batch_ends_when_it_holds_enough_bytes() -> None:
    quarter = BATCH_BYTES // 4
    assert sizes([event(n, quarter) for n in range(10)], 2_000) == [4, 4, 2]
    unreadable = (event(1, 2 * BATCH_BYTES), Unusable("stream", 1, "oversized", "too long"))
    assert sizes([unreadable, event(2), event(3)], 2_000) == [1, 2]


def test_a_whole_batch_does_not_wait_for_the_event_after_it() -> None:
    def reads() -> Iterator[Read]:
        yield from (event(1), event(2))
        raise AssertionError("nobody wanted more")

    assert len(next(iter(_chunks(reads(), 2)))) == 2
