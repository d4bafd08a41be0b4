"""What to do about a change of a database server that nobody knows, for people.

Its place in time is not known and never will be by itself: the server wrote before another took over, and writes no more. A snapshot tells
what the source holds now. The event goes first: as long as it is parked, what the snapshot reads of its row waits behind it, and a complete
snapshot of which a row waits proves nothing about the rows that are gone.
"""

from typing import Final

from cdc.changes import FactChange, RecordChange, RowDelete, SnapshotTableDone, TableTruncate

_WHY: Final = (
    "a database server wrote it of which nothing was heard before another took over. It never becomes known by itself, and trying again does "
    "not help: forget this event with `onefold parked drop`, let what waits behind it go on with `onefold parked retry --all`, then"
)


def told(change: RecordChange | FactChange | RowDelete | TableTruncate | SnapshotTableDone) -> str:
    """Why the change cannot be applied, and the commands that bring what it said."""
    table = change.table if isinstance(change, (TableTruncate, SnapshotTableDone)) else change.row.table
    source = change.origin.source
    if isinstance(change, (RecordChange, FactChange)):
        mend = f"`onefold connector snapshot {source} {table}` reads what the table holds"
    else:
        mend = (
            f"`onefold connector apply {source} --fresh --wait` (without Kafka: `onefold ingest --from debezium --source {source} "
            "--read-anew`) reads all rows anew and ends those that are gone"
        )
    return f"table {table!r}: {_WHY} {mend}"
