"""An explanation for people, from the answer to its details."""

import shlex
from collections.abc import Callable, Iterable, Sequence

from cli.console import print_table, say
from cli.reasons import bits, in_words, kinds_ignored, why_ignored
from cli.record_names import NamedRecord, id_text
from identity import BELOW_THRESHOLD, Apart, Comparison, Cut, Explained, ExplainedStep, MustLink, Pair, Tie

_Name = Callable[[bytes], str]
#: More than these are counted.
_LISTED = 10


def print_explained(found: Explained, ends: tuple[NamedRecord, NamedRecord]) -> None:
    """Print the answer, the evidence behind it, and what was left out of account."""
    names = {end.record: end.name for end in ends}

    def name(record: bytes) -> str:
        return names.get(record) or id_text(record)

    _print_answer(found, ends)
    if found.apart:
        _print_apart(found, found.apart, name)
    else:
        _print_path(found, name)
    _print_ignored(found, name)
    for record in _decided(found)[:1]:
        say(f"who decided, when and why: onefold identity decisions {shlex.quote(name(record))}")


def _decided(found: Explained) -> list[bytes]:
    """Records that stewards' decisions in this explanation are about, the decisive one's first."""
    refused = found.apart.refused if found.apart else ()
    return [
        *((found.apart and found.apart.cannot_link) or ()),
        *(step.start for step in found.path if step.comparison is None),
        *(each.pair.left for each in refused if isinstance(each.pair, MustLink)),
    ]


def _print_answer(found: Explained, ends: tuple[NamedRecord, NamedRecord]) -> None:
    left, right = ends
    if left.record == right.record:
        print(f"{left.name} and {right.name} are the same record.")
    elif found.apart:
        print(f"{left.name} and {right.name} are two profiles: {in_words(found.apart.reason)}.")
    else:
        print(f"{left.name} and {right.name} are one profile, {id_text(left.profile_id)}.")


def _print_path(found: Explained, name: _Name) -> None:
    for number, step in enumerate(found.path, 1):
        title = f"Step {number} of {len(found.path)}: {name(step.start)} – {name(step.end)}"
        if step.comparison is None:
            print(f"\n{title}\na steward decided that they are one person")
        else:
            _print_comparison(step.comparison, found.threshold, title=title)
        if step.is_bridge:
            print("Nothing else holds together what is on its two sides.")
    if found.weakest:
        print(f"\nWeakest link: {_strength(found.weakest, name)}")
    if found.cut:
        _print_cut(found.cut, name)


def _strength(step: ExplainedStep, name: _Name) -> str:
    weight = "a steward's decision" if step.comparison is None else _bits(step.comparison.weight)
    return f"{name(step.start)} – {name(step.end)}, {weight}"


def _print_cut(cut: Cut[bytes], name: _Name) -> None:
    print("They would part without:")
    _print_listed([_tie(piece, name) for piece in cut.evidence])
    sizes = " and ".join(str(len(part)) for part in cut.parts)
    more = "" if cut.is_proven_minimal else " (less may do: the search was given up)"
    print(f"leaving profiles of {sizes} records{more}")


def _print_apart(found: Explained, apart: Apart[bytes], name: _Name) -> None:
    if apart.cannot_link:
        print(f"The decision is about {' and '.join(name(record) for record in apart.cannot_link)}.")
    if apart.reason == BELOW_THRESHOLD and apart.pair:
        print(f"The strongest between them is {_tie(apart.pair, name)}: {_bits(apart.missing)} too little.")
    if found.comparison:
        _print_comparison(found.comparison, found.threshold, title="These two compared")
        if not found.comparison.is_stored:
            print("This comparison was made for you: it plays no part, since no rare enough key is the same.")
    if apart.refused:
        print("\nRefused, the decisive one first:")
        _print_listed([f"{_tie(each.pair, name)}: {in_words(each.rule)}" for each in apart.refused])
    if apart.against:
        print("\nAgainst their union speaks, the strongest first:")
        _print_listed([_tie(pair, name) for pair in apart.against])


def _print_comparison(found: Comparison, threshold: int, *, title: str) -> None:
    rows: list[Sequence[object]] = [(e.comparison, e.level, _signed(e.weight)) for e in found.levels]
    rows += [("sum", "", _signed(found.weight)), ("needed", "", _signed(threshold))]
    if found.suggestion != found.weight:
        rows.append(("sum with what is only claimed", "", _signed(found.suggestion)))
    print(f"\n{title}")  # a table's own title is folded to its width
    print_table(("comparison", "level", "weight in bits"), rows)


def _print_ignored(found: Explained, name: _Name) -> None:
    rows = [
        (name(record), kind, why_ignored(reason))
        for record, values in found.ignored.items()
        for kind, reason in kinds_ignored(values)
    ]
    if rows:
        print()
        print_table(("record", "value", "does not count"), rows)


def _tie(piece: Tie[bytes], name: _Name) -> str:
    weight = _bits(piece.weight) if isinstance(piece, Pair) else "a steward's decision"
    return f"{name(piece.left)} – {name(piece.right)} ({weight})"


def _signed(weight: int) -> str:
    """Write a weight for a column of sums, so that the points stand below each other."""
    return f"{round(bits(weight), 1) + 0.0:+7.1f}"


def _bits(weight: int) -> str:
    return f"{bits(weight):.1f} bits"


def _print_listed(lines: Iterable[str]) -> None:
    listed = list(lines)
    for line in listed[:_LISTED]:
        print(f"  {line}")
    if len(listed) > _LISTED:
        print(f"  and {len(listed) - _LISTED} more; --json lists all")
