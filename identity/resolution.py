"""What a resolution changed: which profiles were created, joined, merged, split, moved or ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Resolution:
    """What resolving changed. Ids are 16 bytes.

    ``clusters``: every profile that was recomputed, with its member records. ``placed``: where new records belong,
    ``(component, profile id, arrival)``. ``heirs``: for each ended record the live record that inherits its id, or None.
    ``created`` and ``ended`` are profile ids; ``merged`` pairs (absorbed, into); ``split`` pairs (from, new);
    ``moved`` pairs (ended id, id shown now). ``joined`` pairs (profile, the profile that its new member left, or None for a
    record that is new itself).
    """

    clusters: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    placed: dict[bytes, tuple[bytes, bytes, int]] = field(default_factory=dict)
    heirs: dict[bytes, bytes | None] = field(default_factory=dict)
    created: list[bytes] = field(default_factory=list)
    ended: list[bytes] = field(default_factory=list)
    merged: list[tuple[bytes, bytes]] = field(default_factory=list)
    split: list[tuple[bytes, bytes]] = field(default_factory=list)
    moved: list[tuple[bytes, bytes]] = field(default_factory=list)
    joined: list[tuple[bytes, bytes | None]] = field(default_factory=list)


def compare(
    resolution: Resolution, before: Mapping[bytes, bytes], arrivals: Mapping[bytes, int], ended: set[bytes]
) -> None:
    """Say what became of the profiles shown before, and give ended records their heirs."""
    now_in = {record: profile for profile, members in resolution.clusters.items() for record in members}
    heir_of: dict[bytes, bytes] = {}
    for record in sorted(arrivals.keys() & before.keys(), key=arrivals.__getitem__):
        heir_of.setdefault(before[record], record)
    resolution.heirs |= {record: heir_of.get(before[record]) for record in ended & before.keys()}
    shown_before, shown_now = set(before.values()), resolution.clusters.keys()
    for profile in shown_before - shown_now:
        if profile in now_in:
            resolution.merged.append((profile, now_in[profile]))
        elif (heir := resolution.heirs[profile]) is None:
            resolution.ended.append(profile)
        else:
            resolution.moved.append((profile, now_in[heir]))
    inherited = {profile for _, profile in resolution.moved}
    for profile in shown_now - shown_before:
        if profile not in before:
            resolution.created.append(profile)
        elif profile not in inherited:
            resolution.split.append((before[profile], profile))
    resolution.joined = _joined(resolution, before, now_in, shown_before)


def _joined(
    resolution: Resolution, before: Mapping[bytes, bytes], now_in: Mapping[bytes, bytes], shown_before: set[bytes]
) -> list[tuple[bytes, bytes | None]]:
    """Records that came to a profile that was there before, other than by a merge, a split or an inherited id."""
    explained = {(old, new) for pairs in (resolution.merged, resolution.split, resolution.moved) for old, new in pairs}
    found = {
        (now, before.get(record)): None
        for record, now in now_in.items()
        if now in shown_before and before.get(record) != now and (before.get(record), now) not in explained
    }
    return list(found)
