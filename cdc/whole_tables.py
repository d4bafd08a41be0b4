"""Apply what concerns a whole table, or park it: its place in time may be one that nobody knows.

It names no row, so nothing queues behind it. Tried again later it does what it would have done in its turn: what came after it
lies above the floor that it raises.
"""

from collections.abc import Callable, Sequence

from sqlalchemy.engine import Connection

from cdc import floors, parking, store, unknown_server
from cdc.breaker import Breaker
from cdc.changes import SnapshotTableDone, TableTruncate
from cdc.epochs import EpochBook
from cdc.floors import WholeTable
from cdc.fold import Life
from cdc.parking import Parking, ParkingLot
from cdc.plan import Event, Translate
from cdc.problems import EventError
from cdc.sealing import Writes
from cdc.store import TableIds
from cdc.tracing import contexts_of
from cdc.writing import Report, Writer
from storage import link

#: What became of an event, and the lives that it ended, whose keys can go when that is committed.
Done = tuple[Report, Sequence[Life]]


def is_of_table(change: object) -> bool:
    """Whether a change concerns a whole table."""
    return isinstance(change, (TableTruncate, SnapshotTableDone))


class WholeTables:
    """Writes such events of one installation, in transactions that hold all locks."""

    def __init__(  # noqa: PLR0913 - the parts of the pipeline, each named
        self,
        tables: TableIds,
        writer: Writer,
        *,
        breaker: Breaker,
        lot: ParkingLot,
        translate: Translate,
        clock: Callable[[], int],
    ) -> None:
        """``clock`` gives wall time in microseconds."""
        self._tables = tables
        self._writer = writer
        self._breaker = breaker
        self._lot = lot
        self._translate = translate
        self._clock = clock

    def apply(self, connection: Connection, event: Event) -> Done:
        """Raise the table's floor and end the rows below it that no snapshot confirmed; park the event if that cannot be told."""
        change = event.change
        assert isinstance(change, WholeTable)  # noqa: S101 - as is_of_table says
        try:
            return self._apply(connection, change, Report(events=1))
        except EventError as problem:
            parked = self._lot.park(connection, [_parking(event, change, problem)], at=self._clock())
            return Report(events=1, parked=parked, seen=1 - parked), ()

    def retry(self, connection: Connection, number: int) -> Done:
        """Try a parked event again, by its id; it stays parked if it still cannot be applied."""
        for taken in self._lot.open(connection, [number]):  # else somebody else did meanwhile
            link(contexts_of([taken.raw]))
            event = Event(taken.raw, self._translate(taken.raw))
            change = event.change
            assert isinstance(change, WholeTable)  # noqa: S101 - as is_of_table said of the same bytes
            try:
                done = self._apply(connection, change, Report(released=1))
            except EventError as problem:
                self._lot.repark(connection, {number: _parking(event, change, problem)})
                return Report(), ()
            parking.drop_parked(connection, [number])
            return done
        return Report(), ()

    def _apply(self, connection: Connection, change: WholeTable, report: Report) -> Done:
        epochs, ended = EpochBook.load(connection), list[Life]()
        guard = floors.floor_of(connection, change, epochs, self._tables)
        epochs.save(connection)
        if guard is None or not floors.raises_floor(connection, change, guard, self._tables):
            report.seen = 1
            return report, ended
        rows = floors.rows_below(connection, change, guard, self._tables)
        ended = floors.end_all(rows, change)
        report.add(self._writer.write(connection, (), Writes(), ended=ended, breaker=self._breaker, alone=True))
        store.write_rows(connection, rows, self._tables, stored=[row.token for row in rows])
        # Also of rows that were never held, and are gone now.
        store.forget_differences(connection, change.origin.source, change.table)
        report.applied = 1
        return report, ended


def _parking(event: Event, change: WholeTable, problem: EventError) -> Parking:
    return Parking(event.raw, problem.code, unknown_server.told(change), change.origin.source, change.table)
