"""What Prometheus is told of an installation's databases, asked for at each scrape (docs/operations.md)."""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from cdc import FILE_STREAMS, count_parked, list_pauses, stream_positions
from privacy import destroy_pending
from storage import Database, waiting

UP: Final = "onefold_database_up"
POSITION: Final = "onefold_stream_position"
PAUSED: Final = "onefold_streams_paused"
PARKED: Final = "onefold_parked_events"
OWED: Final = "onefold_key_destructions_pending"
UNPUBLISHED: Final = "onefold_outbox_unpublished"
#: Every gauge that is made here.
GAUGES: Final = (UP, POSITION, PAUSED, PARKED, OWED, UNPUBLISHED)


class InstallationCollector(Collector):
    """Asks the main database; when it does not answer, says only that."""

    def __init__(self, database: Database, *, publishing: str) -> None:
        """``publishing`` is the name of the publisher's position."""
        self._database = database
        self._publishing = publishing

    def collect(self) -> Iterator[Metric]:
        """The gauges now."""
        try:
            with self._database.read() as connection:
                found = list(self._gauges(connection))
        except SQLAlchemyError:
            found = []
        yield GaugeMetricFamily(UP, "Whether the main database answers", value=bool(found))
        yield from found

    def _gauges(self, connection: Connection) -> Iterator[Metric]:
        positions = {at.stream: at.next_offset for at in stream_positions(connection)}
        parked = GaugeMetricFamily(PARKED, "Events that are parked, by reason", labels=["code"])
        for code, events in count_parked(connection).items():
            parked.add_metric([code], events)
        yield parked
        position = GaugeMetricFamily(POSITION, "Up to where a stream was read or published", labels=["stream"])
        for stream, offset in positions.items():
            if not stream.startswith(FILE_STREAMS):  # a path each, and any number of them
                position.add_metric([stream], offset)
        yield position
        yield GaugeMetricFamily(PAUSED, "Streams that wait for a person's word", value=len(list_pauses(connection)))
        owed = connection.execute(sa.select(sa.func.count()).select_from(destroy_pending)).scalar_one()
        yield GaugeMetricFamily(OWED, "Keys whose destruction is not finished", value=owed)
        first = positions.get(self._publishing, 0)
        yield GaugeMetricFamily(
            UNPUBLISHED, "Outbox entries that no publisher has published", value=waiting(connection, first)
        )
