"""The data key cache."""

import pytest

from privacy import DataKey, KeyCache


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def key(number: int) -> DataKey:
    return DataKey(bytes(32), dek_id=bytes(16), incarnation=bytes([number] * 16), tenant="t1")


def held(cache: KeyCache) -> set[int]:
    return {incarnation[0] for incarnation in cache.get([bytes([number] * 16) for number in range(9)])[0]}


def test_keys_leave_after_their_time_to_live() -> None:
    clock = Clock()
    cache = KeyCache(ttl_seconds=60, clock=clock)
    cache.put([key(1)], 0)
    clock.now = 59.9
    assert held(cache) == {1}
    clock.now = 60.0
    assert held(cache) == set()


def test_use_does_not_prolong_the_time_to_live() -> None:
    clock = Clock()
    cache = KeyCache(ttl_seconds=60, clock=clock)
    cache.put([key(1)], 0)
    for clock.now in (20.0, 40.0, 59.0):
        assert held(cache) == {1}
    clock.now = 61.0
    assert held(cache) == set()


def test_the_least_recently_used_keys_leave_first() -> None:
    cache = KeyCache(size=2)
    cache.put([key(1), key(2)], 0)
    cache.get([bytes([1] * 16)])
    cache.put([key(3)], 0)
    assert held(cache) == {1, 3}
    assert len(cache) == 2


def test_a_dropped_key_is_gone_and_a_read_that_began_before_does_not_bring_it_back() -> None:
    cache = KeyCache()
    cache.put([key(1)], 0)
    _, mark = cache.get([])
    cache.drop([bytes([1] * 16)])
    assert held(cache) == set()
    cache.put([key(1)], mark)
    assert held(cache) == set()
    cache.put([key(1)], cache.get([])[1])
    assert held(cache) == {1}


@pytest.mark.parametrize("seconds", [-1, 61, 3600])
def test_longer_than_a_minute_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="60 seconds"):
        KeyCache(ttl_seconds=seconds)
