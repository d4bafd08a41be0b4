"""The truth audit: what a source database holds at one position in its log, compared with what Onefold holds of it.

How the comparison is exact: docs/decisions/0016-parity.md.
"""

from cdc.parity.audit import Audit
from cdc.parity.comparison import IMPATIENT, Patience
from cdc.parity.connected import connected_source
from cdc.parity.differences import DIFFERENCE_KEY, DifferenceKeeper, StoredDifference, stored_differences
from cdc.parity.errors import ParityError, SourceBusy
from cdc.parity.findings import KINDS, STATES, Difference, TableParity
from cdc.parity.goals import Ends, StreamEnds
from cdc.parity.mysql import MySqlSource
from cdc.parity.postgres import PostgresSource
from cdc.parity.results import StoredParity, store_result, stored_results
from cdc.parity.snapshots import Address, LogPosition, Snapshot, SourceDatabase
from cdc.parity.sqlite import SqliteSource

__all__ = [
    "DIFFERENCE_KEY",
    "IMPATIENT",
    "KINDS",
    "STATES",
    "Address",
    "Audit",
    "Difference",
    "DifferenceKeeper",
    "Ends",
    "LogPosition",
    "MySqlSource",
    "ParityError",
    "Patience",
    "PostgresSource",
    "Snapshot",
    "SourceBusy",
    "SourceDatabase",
    "SqliteSource",
    "StoredDifference",
    "StoredParity",
    "StreamEnds",
    "TableParity",
    "connected_source",
    "store_result",
    "stored_differences",
    "stored_results",
]
