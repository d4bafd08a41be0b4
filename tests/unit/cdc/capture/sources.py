"""Sources with a connector, from the text of their settings."""

from cdc.capture.connector import Connector
from cdc.capture.debezium import connector_of
from cdc.mapping import SourceMapping
from tests.unit.cdc.events import mapping_from

SHOP = """
[[source]]
name = "Shop-1"
topics = "shop.public.*"
[source.connector]
kind = "postgresql"
host = "db"
database = "shop"
user = "onefold"
password_env = "SHOP_PASSWORD"
{more}
[source.tables.customers]
kind = "person"
key = ["id"]
[source.tables."Web Visits"]
kind = "event"
[source.tables.staff]
kind = "ignore"
"""
TILL = """
[[source]]
name = "till"
topics = ["till.pos.*", "till.loyalty.*"]
[source.connector]
kind = "mariadb"
host = "db"
database = "pos"
user = "onefold"
password_file = "/run/secrets/till"
{more}
[source.tables.members]
kind = "person"
key = ["member_no"]
[source.tables."loyalty.points"]
kind = "loyalty"
"""


def shop(more: str = "") -> SourceMapping:
    """A PostgreSQL source with one table that is ignored and one with a name that needs quotes."""
    return mapping_from(SHOP.format(more=more)).sources[0]


def till(more: str = "") -> SourceMapping:
    """A MariaDB source with tables in two databases."""
    return mapping_from(TILL.format(more=more)).sources[0]


def mysql(more: str = "") -> SourceMapping:
    """The same in a MySQL."""
    return mapping_from(TILL.replace('kind = "mariadb"', 'kind = "mysql"').format(more=more)).sources[0]


def connector(source: SourceMapping) -> Connector:
    """Its connector, which is there."""
    return connector_of(source)
