"""The report: complete, self-contained, and well-formed."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from identity.model import LevelOdds
from identity.training.calibrate import Calibration
from identity.training.charts import Bar, bars, steps
from identity.training.report import as_html, as_json
from identity.training.trained import Example, Pass, Step, Trained, Unlinkables, changes

VOID = {"meta", "line", "rect", "path"}


class Tags(HTMLParser):
    """Checks that tags nest, and collects their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def trained() -> Trained:
    before = {"gender": {"same": LevelOdds(0.9, 0.5, 0.5), "different": LevelOdds(0.1, 0.5, 0.5)}}
    after = {"gender": {"same": LevelOdds(0.8, 0.4, 0.5), "different": LevelOdds(0.2, 0.6, 0.5)}}
    return Trained(
        name="chinese",
        version="2",
        started_from="chinese 1",
        records=4_000,
        people=2_000,
        random_pairs=1_000,
        household_pairs=10,
        passes=[Pass("email", 300, 200, ["surname", "given"])],
        levels=changes(before, after),
        terms={"surname": 3},
        placeholders={"phone": 1},
        decisions=400,
        threshold_before=16_000,
        threshold=17_500,
        review=11_000,
        calibration=Calibration(0.99, 17_500, 400, 400, 0.9933),
        unlinkables=Unlinkables(0.25, [(5.0, 0.0), (12.0, 0.25), (30.0, 1.0)]),
        examples=[Example("A pair <like> most", [Step("gender", "same", 1.0), Step("email", "same", 22.9)], 23.9)],
    )


def test_nothing_is_loaded_from_anywhere_and_nothing_runs(trained: Trained) -> None:
    page = as_html(trained).decode()
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not {"script", "link", "iframe", "img", "object", "base"} & {tag for tag, _ in tags.seen}
    assert not {"src", "href", "xlink:href", "onload"} & {name for _, attributes in tags.seen for name in attributes}
    assert "://" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_the_report_shows_weights_waterfalls_and_unlinkables(trained: Trained) -> None:
    page = as_html(trained).decode()
    titles = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert titles == ["gender", "A pair &lt;like&gt; most", "Share of people whose own weight is below"]
    assert "25.0% of the people say too little" in page
    assert "17.5 (before: 16); precision 0.99, at least 0.9933" in page
    assert "0.9 → 0.8" in page


def test_the_same_as_json(trained: Trained) -> None:
    told = msgspec.json.decode(as_json(trained))
    assert told["levels"][0] == {
        "comparison": "gender",
        "level": "same",
        "before": {"m": 0.9, "u": 0.5, "relatives": 0.5},
        "after": {"m": 0.8, "u": 0.4, "relatives": 0.5},
        "weight_before": 0.85,
        "weight_after": 1.0,
    }
    assert told["calibration"]["threshold"] == told["threshold"] == 17_500


def test_a_bar_is_as_long_as_what_it_shows_and_lies_on_its_side_of_zero() -> None:
    chart = bars("x", [Bar("for", 0, 10, "+10"), Bar("against", 0, -5, "-5")])
    found = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="\d+" width="([\d.]+)"', chart)
    (for_, zero, long), (against, left, short) = ((side, float(x), float(width)) for side, x, width in found)
    assert (for_, against) == ("for", "against")
    assert long == pytest.approx(2 * short, abs=0.2)
    assert left + short == pytest.approx(zero, abs=0.2)


def test_an_empty_curve_is_a_chart_as_well() -> None:
    assert "<svg" in steps("x", [], marked=3, across="bits")
    assert "<svg" in bars("x", [])
