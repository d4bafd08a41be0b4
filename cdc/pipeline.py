"""Run events from a transport through the mapping into :mod:`cdc.apply`, in micro-batches.

A batch is at most ``BATCH_EVENTS`` events of one stream, or ``BATCH_BYTES``; a batch of one is the same code. An event that concerns a whole table
is a batch of its own. The stream's position moves in the transaction of the batch.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from functools import partial
from typing import Final

from sqlalchemy.engine import Connection

from cdc import in_force, store
from cdc.apply import Advance, Applier
from cdc.changes import Read
from cdc.overlap import AHEAD, Overlap, overlapping
from cdc.pauses import forget_pause
from cdc.plan import Translate
from cdc.preparing import Ask, Preparer, PreparerHere
from cdc.store import Position
from cdc.writing import Report
from storage import Database

#: What is waiting is committed together up to here, and a batch of one waits for nobody. Larger ones gain little more and hold the identity lock longer
#: (docs/decisions/0024-batches-of-a-backlog.md).
BATCH_EVENTS: Final = 2_000
#: A batch that holds so much takes no other event.
BATCH_BYTES: Final = 16 * 1024 * 1024

Digest = Callable[[int], bytes]
#: Writes what belongs to an offset, in the transaction that moves the stream there.
Beside = Callable[[int, Connection], None]


class Pipeline:
    """Feeds one installation; used by one thread at a time."""

    def __init__(
        self, database: Database, applier: Applier, translate: Translate, *, rules: AnyMapping[str, bytes]
    ) -> None:
        """``translate`` gives the change that a raw event means; ``rules`` are the fingerprints of the rules in force."""
        self._rules = rules
        self._database = database
        self._applier = applier
        #: Prepares here and alone; somebody else may set what does it with help.
        self.preparer: Preparer = PreparerHere(applier, translate)

    def claim(self, stream: str) -> Position:
        """Become the reader of a stream and learn where to go on.

        :class:`cdc.RulesChanged` when the rules are not those that the stored state was made with.
        """
        with self._database.write() as connection:
            in_force.check_rules(connection, self._rules)
            return store.claim(connection, stream)

    def restart(self, held: Position) -> Position:
        """Go back to the start of a stream whose content is not what was read; row guards keep everything from doubling."""
        with self._database.write() as connection:
            return store.advance(connection, held, 0, None)

    def skip(self, held: Position, next_offset: int, digest: bytes | None) -> Position:
        """Move past what holds no event."""
        with self._database.write() as connection:
            return store.advance(connection, held, next_offset, digest)

    def leave(self, held: Position) -> None:
        """Forget that a stream is paused: what was read there is not there any more."""
        with self._database.write() as connection:
            forget_pause(connection, held.stream)

    def ingest(  # noqa: PLR0913 - each named
        self,
        held: Position,
        reads: Iterable[Read],
        *,
        digest: Digest | None = None,
        beside: Beside | None = None,
        batch_events: int = BATCH_EVENTS,
        is_over: Callable[[], bool] = lambda: False,
        total: Report | None = None,
    ) -> tuple[Report, Position]:
        """Apply events of one stream in their order and commit them with the position; on an error, those of the batches before.

        ``is_over`` is asked between two batches. What became of the events is added to ``total``, where one is given; it tells
        of the batches before an error, too.

        A transport that could not read an event itself gives it together with what is wrong. ``digest`` maps an offset to the
        proof that is stored with it; ``beside`` writes what else belongs to an offset, in the transaction of its batch.
        """
        total = Report() if total is None else total
        with overlapping(self._applier, self.preparer) as overlap:
            for begun in _ahead(overlap.begin(chunk) for chunk in _chunks(reads, batch_events)):
                if is_over():
                    break
                ask = begun
                while ask.reads:
                    batch = overlap.prepare(ask)
                    total.add(overlap.wait())
                    end = batch.raws[-1].offset
                    advance = Advance(
                        held, end, digest(end) if digest else None, beside=partial(beside, end) if beside else None
                    )
                    overlap.write(batch, advance)
                    held, ask = advance.moved, ask.after(batch)
            total.add(overlap.wait())
        return total, held

    def overlap(self) -> Overlap:
        """What applies batches of several streams, one after another; the caller closes it."""
        return Overlap(self._applier, self.preparer)


def _ahead(asks: Iterator[Ask]) -> Iterator[Ask]:
    """The same, some of them begun before they are needed; where reading fails, what was read before is not lost for it."""
    begun: deque[Ask] = deque()
    failed: Exception | None = None
    try:
        for ask in asks:
            begun.append(ask)
            if len(begun) == AHEAD:
                yield begun.popleft()
    except Exception as error:  # noqa: BLE001 - raised below
        failed = error
    yield from begun
    if failed is not None:
        raise failed


def _chunks(reads: Iterable[Read], size: int) -> Iterator[Sequence[Read]]:
    chunk: list[Read] = []
    held = 0
    for read in reads:
        raw = read[0] if isinstance(read, tuple) else read
        chunk.append(read)
        held += len(raw.key or b"") + len(raw.value or b"")
        if len(chunk) == size or held >= BATCH_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk
