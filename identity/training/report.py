"""The report of a training: JSON for programs, one HTML file for people. Neither holds a value of anybody."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import accumulate
from typing import Final

import msgspec

from identity.training.charts import Bar, bars, steps
from identity.training.trained import Example, LevelChange, Trained

_BIT: Final = 1000

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; margin-bottom: .4rem; }
svg { width: 100%; font-size: 11px; } svg text { fill: #333; } svg text.label { text-anchor: end; }
.for { fill: #2a7f62; } .against { fill: #b5483a; } .curve { fill: none; stroke: #2a7f62; stroke-width: 2; }
.axis { stroke: #999; } .mark { stroke: #222; stroke-width: 2; }
"""


def as_json(trained: Trained) -> bytes:
    """The whole report; weights of levels in bits, thresholds in 1/1000 bit."""
    return msgspec.json.format(msgspec.json.encode(trained), indent=1) + b"\n"


def as_html(trained: Trained) -> bytes:
    """The report with its charts; nothing in it is loaded from anywhere, and the browser is told to load nothing."""
    title = f"Model {trained.name} {trained.version}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        "<h2>What it was trained on</h2>",
        _table(("", ""), _summary(trained)),
        "<h2>Passes of expectation maximisation</h2>",
        _table(
            ("blocked on", "pairs", "of one person", "taught"),
            [(p.blocking, p.pairs, p.matches, ", ".join(p.comparisons)) for p in trained.passes],
        ),
        "<h2>Match weights</h2><p>Bars: bits for (green) or against (red) one person. Marks: before training.</p>",
        *(_weights(levels) for levels in _by_comparison(trained.levels)),
        "<h2>Pairs</h2><p>How the weight of a pair comes about; nobody's values are shown.</p>",
        *(_waterfall(example, trained.threshold) for example in trained.examples),
        "<h2>Unlinkables</h2>",
        f"<p>{trained.unlinkables.share:.1%} of the people say too little to join even their own copy.</p>",
        _unlinkables(trained),
        "<h2>All odds</h2>",
        _odds(trained.levels),
    ]
    return _page(title, "\n".join(parts)).encode()


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _summary(trained: Trained) -> list[tuple[str, object]]:
    learned = [(f"identify nobody: {kind}", number) for kind, number in trained.placeholders.items()]
    terms = [(f"frequencies learned: {table}", number) for table, number in trained.terms.items() if number]
    calibration = trained.calibration
    told = f"precision {calibration.wanted:g}, at least {calibration.bound:.4f}" if calibration else "not calibrated"
    return [
        ("started from", trained.started_from),
        ("records", trained.records),
        ("people", trained.people),
        ("random pairs of strangers", trained.random_pairs),
        ("pairs of households", trained.household_pairs),
        ("decisions of stewards", trained.decisions),
        *learned,
        *terms,
        ("threshold (bits)", f"{trained.threshold / _BIT:g} (before: {trained.threshold_before / _BIT:g}); {told}"),
    ]


def _by_comparison(levels: Iterable[LevelChange]) -> list[list[LevelChange]]:
    grouped: dict[str, list[LevelChange]] = {}
    for level in levels:
        grouped.setdefault(level.comparison, []).append(level)
    return list(grouped.values())


def _weights(levels: Sequence[LevelChange]) -> str:
    rows = [Bar(x.level, 0, x.weight_after, f"{x.weight_after:+.1f}", x.weight_before) for x in levels]
    return bars(levels[0].comparison, rows)


def _waterfall(example: Example, threshold: int) -> str:
    ends = list(accumulate(step.bits for step in example.steps))
    rows = [
        Bar(f"{step.comparison}: {step.level}", end - step.bits, end, f"{step.bits:+.1f}")
        for step, end in zip(example.steps, ends, strict=True)
    ]
    rows.append(Bar("weight (mark: threshold)", 0, example.bits, f"{example.bits:.1f}", threshold / _BIT))
    return bars(example.title, rows)


def _unlinkables(trained: Trained) -> str:
    return steps(
        "Share of people whose own weight is below",
        trained.unlinkables.curve,
        marked=trained.threshold / _BIT,
        across="weight of a record beside its own copy, in bits; mark: threshold",
    )


def _odds(levels: Iterable[LevelChange]) -> str:
    rows = (
        (x.comparison, x.level, *(f"{a:.3g} → {b:.3g}" for a, b in _told(x)), x.weight_before, x.weight_after)
        for x in levels
    )
    return _table(("comparison", "level", "m", "u", "relatives", "bits before", "after"), rows)


def _told(level: LevelChange) -> list[tuple[float, float]]:
    before, after = level.before, level.after
    return [(before.m, after.m), (before.u, after.u), (before.relatives, after.relatives)]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    if isinstance(value, float):
        return f'<td class="number">{value:.2f}</td>'
    return f"<td>{escape(str(value))}</td>"
