"""Charts as SVG that stands within HTML: no script and nothing from another site, so a report opens anywhere and tells nobody.

Splink's own charts bring a megabyte of scripts along and know no relatives; these are three kinds of bars.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final, NamedTuple

_WIDTH: Final = 860
_LABEL: Final = 260
_ROW: Final = 18
_PLOT: Final = _WIDTH - _LABEL - 60
_HEIGHT: Final = 220
_MARGIN: Final = 40


class Bar(NamedTuple):
    """One row: its label, where the bar starts and ends, the text beside it, and a mark (what it was before) if any."""

    label: str
    start: float
    end: float
    text: str
    mark: float | None = None


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Rows of bars over a common scale that has 0 in it."""
    values = [0.0, *(v for row in rows for v in (row.start, row.end, row.start if row.mark is None else row.mark))]
    low, high = min(values), max(values)
    scale = _PLOT / ((high - low) or 1)

    def x(value: float) -> float:
        return round(_LABEL + (value - low) * scale, 1)

    height = _ROW * len(rows)
    zero = f'<line class="axis" x1="{x(0)}" x2="{x(0)}" y1="0" y2="{height}"/>'
    return _svg(title, height, zero + "".join(_row(at * _ROW, row, x) for at, row in enumerate(rows)))


def _row(y: int, row: Bar, x: Callable[[float], float]) -> str:
    start, end = x(row.start), x(row.end)
    side = "for" if row.end >= row.start else "against"
    left, width = min(start, end), max(abs(end - start), 0.5)
    mark = "" if row.mark is None else _tick(x(row.mark), y)
    beside = max(start, end, start if row.mark is None else x(row.mark)) + 5
    return (
        f'<text class="label" x="{_LABEL - 8}" y="{y + 13}">{escape(row.label)}</text>'
        f'<rect class="{side}" x="{left}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 6}"/>{mark}'
        f'<text x="{beside:.1f}" y="{y + 13}">{escape(row.text)}</text>'
    )


def _tick(x: float, y: int) -> str:
    return f'<line class="mark" x1="{x}" x2="{x}" y1="{y + 1}" y2="{y + _ROW - 1}"/>'


def steps(title: str, curve: Sequence[tuple[float, float]], *, marked: float, across: str) -> str:
    """A rising share (0 to 1) over a value, as a line of steps; one value is marked."""
    values = [value for value, _ in curve] + [marked]
    low, high = min(values), max(values)
    scale, plot = (_WIDTH - 2 * _MARGIN) / ((high - low) or 1), _HEIGHT - 2 * _MARGIN

    def x(value: float) -> float:
        return round(_MARGIN + (value - low) * scale, 1)

    def y(share: float) -> float:
        return round(_MARGIN + (1 - share) * plot, 1)

    start = "".join(f"M{x(value)} {y(share)}" for value, share in curve[:1])
    path = start + "".join(f"H{x(value)}V{y(share)}" for value, share in curve[1:])
    ends = "".join(
        f'<text x="{x(value)}" y="{_HEIGHT - 20}" text-anchor="middle">{value:g}</text>'
        for value in (low, marked, high)
    )
    return _svg(
        title,
        _HEIGHT,
        f'<path class="curve" d="{path}"/><line class="mark" x1="{x(marked)}" x2="{x(marked)}" y1="{y(1)}" y2="{y(0)}"/>'
        f'<line class="axis" x1="{x(low)}" x2="{x(high)}" y1="{y(0)}" y2="{y(0)}"/>{ends}'
        f'<text x="{_MARGIN}" y="{_HEIGHT - 4}">{escape(across)}</text>'
        f'<text x="0" y="{y(1) + 4}">100 %</text><text x="0" y="{y(0) + 4}">0 %</text>',
    )


def _svg(title: str, height: int, content: str) -> str:
    head = f'<svg role="img" viewBox="0 0 {_WIDTH} {height + 4}" aria-label="{escape(title, quote=True)}">'
    return f"<figure><figcaption>{escape(title)}</figcaption>{head}{content}</svg></figure>"
