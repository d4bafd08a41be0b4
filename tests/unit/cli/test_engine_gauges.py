"""How far engines are behind: asked now and then, not at every scrape, and less often where a source is away."""

from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from cdc import EngineLag
from cli.engine_gauges import EngineLagCollector

NEAR = EngineLag("shop", 70, 5.5)
AWAY = EngineLag("till", None, 6.0, "its database does not answer", is_up=False)
FIRST = EngineLag("pos", unknown="all rows are being read", is_up=None)


class Asked:
    """Stands for the sources' databases, and counts how often they are asked."""

    def __init__(self, *found: EngineLag) -> None:
        self.times = 0
        self.found: Sequence[EngineLag] | None = found

    def __call__(self) -> Sequence[EngineLag]:
        self.times += 1
        if self.found is None:
            raise OperationalError("", {}, Exception())
        return self.found


def told(collector: EngineLagCollector) -> dict[str, float]:
    samples = (sample for metric in collector.collect() for sample in metric.samples)
    return {f"{sample.name}{sorted(sample.labels.values())}": sample.value for sample in samples}


def test_what_is_known_of_each_source_is_told() -> None:
    assert told(EngineLagCollector(Asked(NEAR, AWAY, FIRST))) == {
        "onefold_source_up['shop']": 1,
        "onefold_source_up['till']": 0,
        "onefold_source_lag_bytes['shop']": 70,
        "onefold_source_event_timestamp_seconds['shop']": 5.5,
        "onefold_source_event_timestamp_seconds['till']": 6,
    }


def test_sources_are_asked_every_ten_seconds_and_every_thirty_where_one_is_away() -> None:
    now, asked = [100.0], Asked(NEAR)
    collector = EngineLagCollector(asked, clock=lambda: now[0])
    for seconds, times in ((0, 1), (9, 1), (10, 2), (19, 2), (20, 3)):
        now[0] = 100.0 + seconds
        told(collector)
        assert asked.times == times
    asked.found = (NEAR, AWAY)
    for seconds, times in ((30, 4), (59, 4), (60, 5)):
        now[0] = 100.0 + seconds
        told(collector)
        assert asked.times == times


def test_nothing_is_told_where_nothing_is_read_or_onefold_s_database_is_away() -> None:
    asked = Asked()
    collector = EngineLagCollector(asked, clock=lambda: 0.0)
    assert told(collector) == {}
    asked.found = None
    assert told(EngineLagCollector(asked)) == {}
