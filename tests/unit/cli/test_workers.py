"""Threads that end together, and never silently."""

import threading
from collections.abc import Callable

import pytest

from cli.workers import workers


class BrokenError(Exception):
    pass


def fail(_stop: threading.Event) -> None:
    raise BrokenError


def run_until_stopped(*works: Callable[[threading.Event], object]) -> None:
    with workers() as crew:
        for work in works:
            crew.start("worker", work)
        assert crew.stop.wait(10)


def test_a_failure_stops_the_others_and_is_raised_where_they_were_started() -> None:
    ended: list[bool] = []
    with pytest.raises(BrokenError):
        run_until_stopped(lambda stop: ended.append(stop.wait(30)), fail)
    assert ended == [True]


def test_workers_are_ended_when_their_block_ends() -> None:
    ended = []
    with workers() as crew:
        crew.start("steady", lambda stop: ended.append(stop.wait(30)))
    assert ended == [True]


def test_a_worker_that_returns_ends_the_others() -> None:
    run_until_stopped(lambda stop: stop.wait(30), lambda _stop: None)
