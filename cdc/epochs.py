"""Source epochs: positions are comparable only inside one; a failover to another server opens the next.

The server that wrote a change shows in its GTID, the number of the log in a header (:mod:`cdc.log_names`). Where a stream first
shows another server or a further log, the next epoch begins: that place is recorded by stream and offset, so a replay counts the
same epochs, and other streams of the source join the epoch of the same server or log.

What epoch a change is in follows from the epochs of its own stream and from which numbers the source has given to which servers, and
from nothing else. So a stream that only joins, as each of many new partitions does, changes nothing for any other stream.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cdc.changes import Origin
from cdc.log_names import split
from cdc.problems import EventError
from cdc.tables import source_epoch
from storage import upsert

_EPOCH_BYTES = 4


@dataclass(frozen=True, slots=True, order=True)
class Epoch:
    """From ``from_offset`` on, the stream's changes belong to ``number``; ``server`` is as in :mod:`cdc.log_names`."""

    from_offset: int
    number: int
    server: str


@dataclass(slots=True)
class EpochBook:
    """The epochs of all streams; ``fresh`` holds those opened since the last commit.

    ``opens``: one of those is more than another stream that joins the epoch of its very server.
    """

    _streams: dict[tuple[str, str], list[Epoch]] = field(default_factory=dict)
    fresh: list[tuple[str, str, Epoch]] = field(default_factory=list)
    opens: bool = False

    @classmethod
    def load(cls, connection: Connection) -> "EpochBook":
        """Read what is recorded."""
        book = cls()
        for row in connection.execute(sa.select(source_epoch).order_by(source_epoch.c.from_offset)):
            epoch = Epoch(row.from_offset, row.epoch, row.server)
            book._streams.setdefault((row.source, row.stream), []).append(epoch)
        return book

    def is_whole(self, connection: Connection) -> bool:
        """Whether nobody recorded an epoch since: then those opened here have the numbers that they would have now."""
        (recorded,) = connection.execute(sa.select(sa.func.count()).select_from(source_epoch)).one()
        known = sum(len(epochs) for epochs in self._streams.values())
        return bool(recorded == known - len(self.fresh))

    def joins_only(self, stream: str | None) -> bool:
        """Whether nothing was opened but that this stream, which the asker holds, joined epochs that were recorded before."""
        return not self.opens and all(name == stream for _, name, _ in self.fresh)

    def is_as_it_was(self, connection: Connection, *, opens: bool) -> bool:
        """Whether all that the fresh epochs follow from is recorded as it was; ``opens``: they are more than :meth:`joins_only` tells."""
        if not self.fresh or opens:
            return not self.fresh or self.is_whole(connection)
        now, joined = EpochBook.load(connection), {(source, stream) for source, stream, _ in self.fresh}
        return all(now.recorded(*at) == self.recorded(*at) and now.given(at[0]) == self.given(at[0]) for at in joined)

    def recorded(self, source: str, stream: str) -> list[Epoch]:
        """The epochs of a stream without those opened since the last commit."""
        fresh = [epoch for name, of, epoch in self.fresh if (name, of) == (source, stream)]
        return [epoch for epoch in self._streams.get((source, stream), ()) if epoch not in fresh]

    def given(self, source: str) -> set[tuple[int, str]]:
        """Which numbers are recorded to have been given to which of a source's servers."""
        streams = [stream for name, stream in self._streams if name == source]
        return {(epoch.number, epoch.server) for stream in streams for epoch in self.recorded(source, stream)}

    def guard(self, origin: Origin) -> bytes:
        """The row guard of a change: its epoch and its position, as bytes that compare.

        :class:`EventError` for one that could not be read when it came, if that hid a failover and another came after it: which of
        the epochs it would belong to is not known, and a new one would put it above what is newer.
        """
        return self._number(origin).to_bytes(_EPOCH_BYTES, "big") + origin.position

    def announce(self, source: str, stream: str, from_offset: int) -> None:
        """Open an epoch where somebody says that positions may begin anew; who wrote before is taken to write on."""
        known = self._streams.setdefault((source, stream), [])
        if known and known[-1].from_offset >= from_offset:
            return
        number = max((epoch.number for epoch in self._of_source(source)), default=0) + 1
        opened = Epoch(from_offset, number, known[-1].server if known else "")
        self.opens = True
        known.append(opened)
        self.fresh.append((source, stream, opened))

    def save(self, connection: Connection) -> None:
        """Record the epochs opened since the last commit; one that was announced holds nothing where another begins at once."""
        rows = [
            {"source": source, "stream": stream, "from_offset": e.from_offset, "epoch": e.number, "server": e.server}
            for source, stream, e in self.fresh
        ]
        upsert(connection, source_epoch, rows)

    def _number(self, origin: Origin) -> int:
        known = self._streams.setdefault((origin.source, origin.stream), [])
        at = bisect_right(known, origin.offset, key=lambda epoch: epoch.from_offset)
        current = known[at - 1] if at else None
        if origin.server == (current.server if current else ""):
            return current.number if current else 0
        (log, server), (current_log, _) = split(origin.server), split(current.server if current else "")
        if log < current_log:
            return _newest_of(known[:at], log)
        if log == current_log and not server:
            return current.number if current else 0
        opened = Epoch(origin.offset, self._join_or_open(origin, current), origin.server)
        following = known[at] if at < len(known) else None
        if following and opened.number > following.number:
            raise _unknown_server()
        takes_place = current is not None and current.from_offset == origin.offset
        self.opens = self.opens or takes_place or (opened.number, opened.server) not in self.given(origin.source)
        known.insert(at, opened)
        self.fresh.append((origin.source, origin.stream, opened))
        return opened.number

    def _join_or_open(self, origin: Origin, current: Epoch | None) -> int:
        others = list(self._of_source(origin.source))
        log, server = split(origin.server)
        lowest = _lowest(log, current)
        of_log = [epoch for epoch in others if split(epoch.server)[0] == log and epoch.number >= lowest]
        same = [epoch.number for epoch in of_log if epoch.server == origin.server]
        if not same and log and not (server and any(split(epoch.server)[1] for epoch in of_log)):
            same = [epoch.number for epoch in of_log]  # one of both names no server: the log alone decides
        return min(same) if same else max(lowest, max((epoch.number for epoch in others), default=-1) + 1)

    def _of_source(self, source: str) -> Iterable[Epoch]:
        return (epoch for (name, _), epochs in self._streams.items() if name == source for epoch in epochs)


def _unknown_server() -> EventError:
    message = "a database server wrote it of which nothing was heard before another took over"
    return EventError("unknown_server", message)  # what to do about it depends on the change: cdc.unknown_server


def _lowest(log: int, current: Epoch | None) -> int:
    """The first epoch that a change may open or join; what was read before without a number is in epoch 0."""
    if current is None:
        return 1 if log else 0
    current_log, current_server = split(current.server)
    names_it = log == current_log and log > 0 and not current_server  # the log is the same, and now shows its server
    return current.number if names_it else current.number + 1


def _newest_of(epochs: Iterable[Epoch], log: int) -> int:
    """The epoch of what a connector still sends that was given up for another."""
    return max((epoch.number for epoch in epochs if split(epoch.server)[0] == log), default=0)
