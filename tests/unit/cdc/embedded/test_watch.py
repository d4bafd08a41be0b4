"""When the log of a source is looked at while it is read."""

import json
from typing import Any

import pytest

from cdc.embedded import watch
from cdc.embedded.errors import LogLost
from cdc.embedded.places import EnginePlace
from tests.unit.cdc.capture.sources import till


class Asked:
    """Stands for the source: when it was asked, and whether its log is another by now."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at: list[float] = []
        self.is_other = False

    def is_begun_anew(self, *_: Any) -> bool:
        self.at.append(self.now)
        return self.is_other


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    made = Asked()
    monkeypatch.setattr(watch, "is_begun_anew", made.is_begun_anew)
    return made


def place(position: int, **more: Any) -> EnginePlace:
    return EnginePlace('{"server":"till"}', json.dumps({"file": "b.1", "pos": position, **more}))


def watching(asked: Asked, begin: EnginePlace | None) -> watch.LogWatch:
    return watch.LogWatch(till(), {}, begin, clock=lambda: asked.now)


def until(asked: Asked, watched: watch.LogWatch, end: int) -> None:
    while asked.now < end:
        asked.now += 1
        watched.look()


def test_the_longer_nothing_comes_the_more_seldom_it_looks(asked: Asked) -> None:
    until(asked, watching(asked, place(4)), 300)
    assert asked.at == [5, 15, 35, 75, 135, 195, 255]


def test_what_comes_puts_it_off_but_heartbeats_do_not(asked: Asked) -> None:
    watched = watching(asked, place(4))
    until(asked, watched, 4)
    watched.come(place(9))
    until(asked, watched, 8)
    watched.come(place(9, ts_sec=8))
    until(asked, watched, 9)
    assert asked.at == [9]


def test_nothing_is_asked_before_there_is_a_place(asked: Asked) -> None:
    until(asked, watching(asked, None), 60)
    assert asked.at == []


def test_another_log_is_an_error_with_the_mend(asked: Asked) -> None:
    asked.is_other = True
    with pytest.raises(LogLost, match=r"begun anew while .* --source till --read-anew"):
        until(asked, watching(asked, place(4)), 10)
