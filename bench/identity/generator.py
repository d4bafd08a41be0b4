"""Makes data sets: a stream of row changes of two sources, and the truth about the rows that are left at its end.

The rows that are left follow `noise`. On top of them the stream holds what happens on the way: rows entered wrongly and mended
later (some with another customer's phone or mailbox, so that a link must be undone), numbers and homes that change, rows that
are deleted (some of which tied two persons together), rows deleted and entered again. Nothing of that is left in the live rows,
so that what resolves each change ends with the same evidence as what reads the live rows in batch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.identity.chance import Chance
from bench.identity.chinese import Chinese
from bench.identity.latin import Latin
from bench.identity.noise import CHINESE, LATIN, Noise
from bench.identity.people import DAY_MS, END_MS, Person, World
from bench.identity.rows import RowWriter, Stores, Values, Writer
from bench.identity.stream import Dataset, Key, Row, RowEvent, Source, Stream, retail_mapping

#: Languages by name: how values are written, and how often they are wrong.
LANGUAGES: Mapping[str, tuple[Writer, Noise]] = {"chinese": (Chinese(), CHINESE), "latin": (Latin(), LATIN)}

_COLUMNS: Mapping[Source, Mapping[str, str]] = {
    "shop": {
        "email": "email",
        "phone": "phone",
        "name": "full_name",
        "birthday": "birthday",
        "gender": "gender",
        "city": "city",
        "address": "address",
        "unionid": "wechat_unionid",
        "openid": "wechat_openid",
        "card": "loyalty_card",
    },
    "pos": {
        "name": "name",
        "phone": "mobile",
        "email": "email",
        "birthday": "birth_date",
        "gender": "gender",
        "city": "city",
        "address": "address",
        "unionid": "wechat_unionid",
        "openid": "wechat_openid",
        "card": "card_no",
        "store": "store_id",
    },
}


def generate(language: str, seed: int, *, records: int = 10_000, noise: Noise | None = None) -> Dataset:
    """A data set with so many live rows at its end; the same arguments give the same data set."""
    writer, usual = LANGUAGES[language]
    made = _Stream(writer, noise or usual, f"{language}-{seed}", records)
    events = sorted(made.events, key=lambda event: event.at_ms)
    return Dataset(language, seed, Stream(_spaced(events), retail_mapping(writer.region)), made.truth)


def _spaced(events: list[RowEvent]) -> list[RowEvent]:
    """No two events at one time: a database commits them one after the other."""
    last, spaced = 0, []
    for event in events:
        last = max(last + 1, event.at_ms)
        spaced.append(RowEvent(event.op, event.key, event.row, last))
    return spaced


@dataclass(slots=True)
class _History:
    """The versions of one row, in order; None is a delete."""

    source: Source
    versions: list[tuple[int, Values | None]] = field(default_factory=list)


class _Stream:
    def __init__(self, language: Writer, noise: Noise, seed: str, records: int) -> None:
        self._chance = Chance(seed)
        self._noise = noise
        self._people = World(language, noise, self._chance, records).people
        stores = Stores.open(language, self._chance, noise.stores)
        self._writers: Mapping[Source, RowWriter] = {
            "shop": RowWriter(language, noise.shop, stores, self._chance),
            "pos": RowWriter(language, noise.pos, stores, self._chance),
        }
        self._numbers = {"shop": 0, "pos": 0}
        self.events: list[RowEvent] = []
        self.truth: dict[Key, int] = {}
        for number, person in enumerate(self._people):
            for _ in range(person.rows):
                self.truth[self._emit(self._lasting(person))] = number
            if self._chance.hit(noise.deleted * records / len(self._people)):
                self._emit(self._deleted(person))

    def _emit(self, history: _History) -> Key:
        self._numbers[history.source] += 1
        number = self._numbers[history.source]
        key = Key(history.source, str(number) if history.source == "shop" else f"M{number:08d}")
        is_live = False
        for at_ms, values in history.versions:
            row = None if values is None else _row(history.source, values)
            op: Literal["c", "u", "d"] = "d" if row is None else "u" if is_live else "c"
            self.events.append(RowEvent(op, key, row, at_ms))
            is_live = row is not None
        return key

    def _lasting(self, person: Person) -> _History:
        """A row that is left at the end."""
        chance = self._chance
        source: Source = "shop" if chance.hit(0.5) else "pos"
        at_ms = chance.between(person.joined_ms, END_MS - 100 * DAY_MS)
        values = self._writers[source].write(person, at_ms)
        history = _History(source)
        if chance.hit(self._noise.reinserted):
            history.versions += [
                (at_ms - 20 * DAY_MS, self._spoilt(source, values, at_ms)),
                (at_ms - 10 * DAY_MS, None),
            ]
        if chance.hit(self._noise.corrected):
            history.versions.append((at_ms - chance.between(1, 9) * DAY_MS, self._spoilt(source, values, at_ms)))
        history.versions.append((at_ms, values))
        history.versions += self._later(source, person, at_ms, values)
        return history

    def _spoilt(self, source: Source, values: Values, at_ms: int) -> Values:
        """The row as it was first entered: with another customer's phone or mailbox, or another name or birthday."""
        other = self._writers[source].write(self._chance.pick(self._people), at_ms)
        column = self._chance.pick(("phone", "phone", "email", "name", "birthday"))
        return {**values, column: other[column]}

    def _later(self, source: Source, person: Person, at_ms: int, values: Values) -> Iterator[tuple[int, Values]]:
        """What becomes of a row when its person moves, marries or gets another number, if anybody tells the source."""
        writer = self._writers[source]
        changes: list[tuple[int, str]] = [(held.at_ms, "phone") for held in person.phones]
        changes += [(held.at_ms, "place") for held in person.homes]
        changes += [(held.at_ms, "name") for held in person.names]
        for changed_ms, what in sorted(changes):
            told_ms = changed_ms + self._chance.between(1, 90) * DAY_MS
            if changed_ms > at_ms and told_ms < END_MS and self._chance.hit(self._follows(source)):
                values = {**values, **self._rewritten(writer, person, told_ms, what)}
                at_ms = told_ms
                yield told_ms, values

    def _follows(self, source: Source) -> float:
        return (self._noise.shop if source == "shop" else self._noise.pos).follows_changes

    def _rewritten(self, writer: RowWriter, person: Person, at_ms: int, what: str) -> Values:
        if what == "place":
            return writer.place(person, at_ms)
        return {what: writer.phone(person, at_ms) if what == "phone" else writer.name(person, at_ms)}

    def _deleted(self, person: Person) -> _History:
        """A row that is gone at the end; one in three held values of two persons."""
        chance = self._chance
        source: Source = "shop" if chance.hit(0.5) else "pos"
        at_ms = chance.between(person.joined_ms, END_MS - 100 * DAY_MS)
        values = self._writers[source].write(person, at_ms)
        if chance.hit(1 / 3):
            values = self._spoilt(source, values, at_ms)
        return _History(source, [(at_ms, values), (chance.between(at_ms + DAY_MS, END_MS), None)])


def _row(source: Source, values: Values) -> Row:
    return {column: values.get(what) for what, column in _COLUMNS[source].items()}
