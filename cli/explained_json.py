"""An explanation for programs: ids as text, weights in bits."""

from collections.abc import Iterable
from typing import Any

from cli.reasons import bits, in_words, kinds_ignored, why_ignored
from cli.record_names import NamedRecord, id_text
from identity import Apart, Comparison, Cut, Explained, ExplainedStep, Pair, Tie


def explained_json(found: Explained, ends: tuple[NamedRecord, NamedRecord]) -> dict[str, Any]:
    """Put all that an explanation says into plain values."""
    return {
        "one_profile": found.apart is None,
        "left": _end(ends[0], found),
        "right": _end(ends[1], found),
        "threshold": bits(found.threshold),
        "comparison": _comparison(found.comparison),
        "path": [_step(step) for step in found.path],
        "weakest": found.weakest and _step(found.weakest),
        "cut": found.cut and _cut(found.cut),
        "apart": found.apart and _apart(found.apart),
    }


def _end(named: NamedRecord, found: Explained) -> dict[str, Any]:
    return {
        "name": named.name,
        "record": id_text(named.record),
        "profile": id_text(named.profile_id),
        "ignored": [
            {"kind": kind, "reason": reason, "means": why_ignored(reason)}
            for kind, reason in kinds_ignored(found.ignored[named.record])
        ],
    }


def _comparison(found: Comparison | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "left": id_text(found.left),
        "right": id_text(found.right),
        "weight": bits(found.weight),
        "with_claims": bits(found.suggestion),
        "takes_part": found.is_stored,
        "levels": [{"comparison": e.comparison, "level": e.level, "weight": bits(e.weight)} for e in found.levels],
    }


def _step(step: ExplainedStep) -> dict[str, Any]:
    return {
        "from": id_text(step.start),
        "to": id_text(step.end),
        "decided_by_steward": step.comparison is None,
        "bridge": step.is_bridge,
        "comparison": _comparison(step.comparison),
    }


def _cut(cut: Cut[bytes]) -> dict[str, Any]:
    return {
        "evidence": [_tie(piece) for piece in cut.evidence],
        "parts": [_ids(part) for part in cut.parts],
        "is_proven_minimal": cut.is_proven_minimal,
    }


def _tie(piece: Tie[bytes]) -> dict[str, Any]:
    weight = bits(piece.weight) if isinstance(piece, Pair) else None
    return {"left": id_text(piece.left), "right": id_text(piece.right), "weight": weight}


def _apart(apart: Apart[bytes]) -> dict[str, Any]:
    return {
        "reason": apart.reason,
        "means": in_words(apart.reason),
        "pair": apart.pair and _tie(apart.pair),
        "missing": bits(apart.missing),
        "cannot_link": apart.cannot_link and _ids(apart.cannot_link),
        "refused": [{**_tie(each.pair), "reason": each.rule, "means": in_words(each.rule)} for each in apart.refused],
        "against": [_tie(pair) for pair in apart.against],
    }


def _ids(records: Iterable[bytes]) -> list[str]:
    return sorted(map(id_text, records))
