"""That a snapshot has read a whole table is told before the table's last row, which the engine holds back: told after it, it is a proof.

Source: Debezium 3.6, ``ChangeEventQueue`` (its buffer of one event), "notifications".
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from cdc.embedded.engine import EngineEvent

_SCANNED: Final = '"TABLE_SCAN_COMPLETED"'


class ScansLast:
    """Puts what tells of whole tables behind the last row of the snapshot."""

    def __init__(self, notifications: str) -> None:
        """``notifications`` is the topic that tells of snapshots."""
        self._topic = notifications
        self._held: list[EngineEvent] = []

    def order(self, events: Iterable[EngineEvent]) -> Iterator[EngineEvent]:
        """Give the events of a batch; what is held when it ends comes in a later one.

        A process that ends meanwhile loses none: until the snapshot is complete, each start begins it anew.
        """
        for event in events:
            if self._is_early(event):
                self._held.append(event)
                continue
            yield event
            if self._held and event.place.is_behind_snapshot:
                yield from (replace(held, place=event.place, safe=event.safe) for held in self._held)
                self._held = []

    def _is_early(self, event: EngineEvent) -> bool:
        is_scan = event.topic == self._topic and _SCANNED in (event.value or "")
        return is_scan and not event.place.is_behind_snapshot
