"""What a source committed, and the partitions in which a log such as Kafka would hold it: all of it follows from one seed."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from cdc import RawEvent
from tests.change_log import ChangeLog

_KEYS: Final = range(1, 7)
_PHONES: Final = (None, "13812345670", "138 1234 5671", "13812345672", "000")
_EMAILS: Final = (None, "a@example.com", "B@example.com", "c@example.com")
_NAMES: Final = (None, "陈小美", "王伟")
_UPDATED: Final = (None, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
#: Kinds of changes, by how often each is wanted.
_KINDS: Final = {"put": 10, "put_partly": 2, "delete": 3, "move": 2, "truncate": 1, "read": 1, "broken": 1}


class Source:
    """A database that changes, and what is captured of it."""

    def __init__(self, chance: Random) -> None:
        """``chance`` decides everything."""
        self._chance = chance
        self.log = ChangeLog()

    def change(self, times: int) -> None:
        """Let so many things happen."""
        kinds, weights = list(_KINDS), list(_KINDS.values())
        for kind in self._chance.choices(kinds, weights, k=times):
            getattr(self, f"_{kind}")()

    def _key(self) -> int:
        return self._chance.choice(_KEYS)

    def _table(self) -> str:
        return self._chance.choice(("person", "receipt", "refund"))

    def _put(self) -> None:
        table = self._chance.choice(("person", "person", "receipt", "refund"))
        self.log.put(table, self._key(), self._row(table))

    def _row(self, table: str) -> dict[str, Any]:
        pick = self._chance.choice
        if table == "person":
            told = {"phone": pick(_PHONES), "email": pick(_EMAILS), "name": pick(_NAMES), "points": pick((None, 5, 7))}
            return {**told, "optin": pick((None, "yes", "no")), "updated_at": pick(_UPDATED)}
        if table == "receipt":
            return {"person": pick((None, *_KEYS)), "total": pick(("1.00", "2.50")), "note": pick((None, "gift"))}
        return {"receipt": pick((None, *_KEYS)), "total": "0.50", "at": pick((5, 30))}

    def _put_partly(self) -> None:
        self.log.put_partly("person", self._key(), {"city": "深圳"}, ["phone", "name", "points"])

    def _delete(self) -> None:
        self.log.delete(self._table(), self._key())

    def _move(self) -> None:
        self.log.move(self._table(), self._key(), self._key())

    def _truncate(self) -> None:
        self.log.truncate(self._chance.choice(("receipt", "person")))

    def _read(self) -> None:
        self.log.read(self._table())

    def _broken(self) -> None:
        """An event that no mapping can apply; it names no row, so that nothing queues behind it."""
        position = self.log.events[-1].offset + 1 if self.log.events else 1
        self.log.events.append(RawEvent("", position, "db.person", None, b"{broken %d" % position))


def partitions(events: Sequence[RawEvent], count: int, chance: Random) -> list[list[RawEvent]]:
    """The events by partition: a row's always in the same one, in order; those without a key anywhere."""
    parts: list[list[RawEvent]] = [[] for _ in range(count)]
    places: dict[bytes, int] = {}
    for event in events:
        place = chance.randrange(count)
        if event.key is not None:
            place = places.setdefault(event.topic.encode() + event.key, place)
        parts[place].append(replace(event, stream=f"partition {place}", offset=len(parts[place]) + 1))
    return parts
