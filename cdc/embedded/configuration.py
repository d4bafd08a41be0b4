"""What the embedded engine is told: the connector's configuration, less what belongs to Kafka.

Source: Debezium 3.6 documentation, "Debezium Engine".
"""

from pathlib import Path
from typing import Final
from urllib.parse import quote

from cdc.capture.debezium import connector_of, debezium_configuration
from cdc.mapping import SourceMapping

#: Stands for brokers where the shared configuration wants some; nothing of it stays.
_NO_BROKERS: Final = "none"
_OF_KAFKA: Final = (
    "schema.history.internal.kafka.",
    "signal.kafka.",
    "topic.creation.",
    "signal.enabled.",
    "read.only",
)
#: How the names of all streams begin that an engine reads.
ENGINE_STREAMS: Final = "debezium:"
#: What `settings` in [source.connector] may say otherwise.
_DEFAULTS: Final = {"poll.interval.ms": "100", "max.batch.size": "2000", "max.queue.size": "8000"}
_OWN: Final = {
    # Asked for by Kafka Connect's settings (Debezium before 3.6), never called.
    "bootstrap.servers": "localhost:9092",
    "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
    # Tell the source after each batch: then its log before it can go.
    "offset.flush.interval.ms": "0",
    # Debezium, left to itself, would make a slot that vanished anew and go on behind the gap: it ends instead, and each start checks.
    "errors.max.retries": "0",
}


def stream_of(source: SourceMapping) -> str:
    """Name the stream of a source that is captured so."""
    return f"{ENGINE_STREAMS}{source.name}"


def history_file(source: SourceMapping, folder: Path) -> Path:
    """The file in which the engine keeps how the tables' columns changed (MySQL, MariaDB)."""
    return folder / f"{quote(source.name, safe='')}.history"


def log_file(source: SourceMapping, folder: Path) -> Path:
    """The file into which the engine of a source logs."""
    return folder / f"{quote(source.name, safe='')}.log"


def passing_folder(source: SourceMapping, folder: Path) -> Path:
    """The folder of what belongs to one run of an engine, its store of offsets among it."""
    return folder / f"{quote(source.name, safe='')}.run"


def engine_configuration(source: SourceMapping, *, password: str, folder: Path, offsets: Path) -> dict[str, str]:
    """Make the settings of the engine; ``folder`` is kept between starts, ``offsets`` is not.

    :class:`CaptureError` when the source has no connector, or settings that must not be changed.
    """
    connector = connector_of(source)
    shared = debezium_configuration(source, bootstrap_servers=_NO_BROKERS)
    kept = {key: value for key, value in shared.items() if not key.startswith(_OF_KAFKA)}
    return {
        **_DEFAULTS,
        **kept,
        **_OWN,
        **({} if connector.is_postgresql else _history(source, folder)),
        # Signals come from the table alone; without one there are none.
        **({"signal.enabled.channels": "source"} if connector.signal_table else {}),
        "name": engine_name(source),
        "offset.storage.file.filename": str(offsets),
        "database.password": password,
    }


def engine_name(source: SourceMapping) -> str:
    """The engine's name, by which it finds its offset."""
    return f"onefold-{source.name}"


def _history(source: SourceMapping, folder: Path) -> dict[str, str]:
    return {
        "schema.history.internal": "io.debezium.storage.file.history.FileSchemaHistory",
        "schema.history.internal.file.filename": str(history_file(source, folder)),
    }
