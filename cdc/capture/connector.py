"""How one source database is captured, as ``[source.connector]`` says, and the names that follow from it."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

POSTGRESQL: Final = "postgresql"
MYSQL: Final = "mysql"
MARIADB: Final = "mariadb"
#: The databases that can be captured, with the port that each listens on by default.
PORTS: Final = {POSTGRESQL: 5432, MYSQL: 3306, MARIADB: 3306}
#: When the connector reads all rows: Debezium's names.
SNAPSHOTS: Final = ("initial", "when_needed", "no_data", "always")

_LONGEST_NAME: Final = 63
_FIRST_SERVER_ID: Final = 100_000
_SERVER_IDS: Final = 1_000_000_000
#: What may stand in the name of a topic; Debezium puts an underscore for anything else.
_NO_TOPIC: Final = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class PasswordPlace:
    """Where the password is, never the password: the variable ``env`` or the file ``file``, whose whole content it is."""

    env: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """How a source is captured.

    ``namespace`` is the schema (PostgreSQL) or database (MySQL, MariaDB) of tables that are mapped without one; ``prefix`` begins
    the name of each topic; ``name`` is the connector's in Kafka Connect; ``notifications`` is the topic that tells of snapshots;
    ``signal_table`` "" leaves signals to Kafka (MariaDB) or to nobody; ``log`` counts the source's logs from 0; ``settings`` are further settings of Debezium.
    """

    kind: str
    host: str
    port: int
    database: str
    namespace: str
    user: str
    password: PasswordPlace
    name: str
    prefix: str
    slot: str
    publication: str
    server_id: int
    notifications: str
    signal_table: str = ""
    snapshot: str = SNAPSHOTS[0]
    log: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL; the others have a binary log."""
        return self.kind == POSTGRESQL

    @property
    def hears_kafka_alone(self) -> bool:
        """Whether it takes signals without a signal table.

        PostgreSQL's ends at the first one, MySQL's does not even start where the server writes no GTIDs, as by default.
        """
        return self.kind == MARIADB

    @property
    def signal_topic(self) -> str:
        """The Kafka topic of signals to this connector; no pattern that begins with the prefix reads it."""
        return f"onefold-signals.{self.prefix}"

    @property
    def history_topic(self) -> str:
        """The Kafka topic in which the connector keeps how the tables' columns changed (MySQL, MariaDB)."""
        return f"onefold-schema-history.{self.prefix}"

    def qualified(self, table: str) -> tuple[str, str]:
        """Split a table's name as mapped into schema or database, and name."""
        qualifier, _, name = table.rpartition(".")
        return qualifier or self.namespace, name

    def topic(self, table: str) -> str:
        """Name the topic of a table's changes."""
        return topic_of(self.prefix, *self.qualified(table))


def topic_of(*parts: str) -> str:
    """Name a topic as Debezium does."""
    return _NO_TOPIC.sub("_", ".".join(parts))


def database_name(source: str) -> str:
    """Make a valid name for a slot or publication of a source: lower-case letters, digits, underscores, at most 63."""
    return f"onefold_{re.sub('[^a-z0-9]+', '_', source.lower()).strip('_')}"[:_LONGEST_NAME]


def default_server_id(source: str) -> int:
    """Make a replica's number from a source's name: each reader of a binary log needs one of its own."""
    return _FIRST_SERVER_ID + zlib.crc32(source.encode()) % _SERVER_IDS
