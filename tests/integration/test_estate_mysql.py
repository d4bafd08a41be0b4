"""MySQL's connector as `onefold connector` sets it up: its changes become profiles, and the audit finds them equal.

The server is MariaDB in disguise, since no package of MySQL itself can be expected here: it says that it is MySQL 5.7, without GTIDs.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import pytest

from cdc import Reading
from cli.ingest_kafka import ingest_kafka
from cli.interrupts import Interrupt
from profiles import fact
from tests.conftest import unavailable
from tests.estate.connect import ConnectWorker
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.reader import wait_for
from tests.installation import Installation, installation
from tests.integration.captured import PASSWORD, TILL, TILL_TABLES, Captured, write_settings
from tests.services.process import ServiceUnavailableError, passing_folder

#: As itself, the connector takes it for a MySQL that is newer than 8.4, and asks it what MariaDB does not know.
DISGUISE = "version=5.7.19-10.11-MariaDB-log\n"
SET_PASSWORD = "ALTER USER '{}'@'%' IDENTIFIED BY '{}' ACCOUNT UNLOCK"


@pytest.fixture
def mysql() -> Iterator[MariaDb]:
    with passing_folder("onefold-mysql-") as folder, ExitStack() as stack:
        try:
            server = MariaDb(folder)
        except ServiceUnavailableError as reason:
            unavailable(str(reason))
        stack.callback(server.kill)
        settings = server.folder / "my.cnf"
        settings.write_text(settings.read_text() + DISGUISE)
        server.start()
        yield server


@pytest.fixture
def till(mysql: MariaDb, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path) -> Iterator[Captured]:
    """A source of that kind, set up by what is printed, with the connector that is applied."""
    name = f"mysql_{uuid4().hex[:12]}"
    with (
        mysql.new_database() as database,
        closing(mysql.connect(database)) as connection,
        connection.cursor() as cursor,
    ):
        found = Captured(tmp_path, name, name, cursor.execute)
        text = (
            f'{TILL.replace("mariadb", "mysql")}\n[kafka]\nbootstrap_servers = "{kafka.bootstrap}"\ngroup = "{name}"\n'
        )
        given = {"name": name, "user": name, "database": database, "port": mysql.port}
        write_settings(tmp_path, text, url=connect.url, bootstrap_servers=kafka.bootstrap, **given)
        for statement in (*TILL_TABLES, *found.statements()):
            found.execute(statement)
        found.execute(SET_PASSWORD.format(name, PASSWORD.replace("'", "''")))
        found.execute("INSERT INTO members VALUES ('M1', 'Chen', '13800000001'), ('M2', 'Wang', '13800000002')")
        try:
            yield found
        finally:
            if connect.status(name) is not None:
                connect.delete(name)


def test_changes_of_a_mysql_become_profiles_and_the_audit_finds_them_equal(till: Captured) -> None:
    """Rows of the snapshot, a new key, a row that goes, a receipt."""
    assert till.findings() == []
    applied = till.run("connector", "apply", till.name, "--wait")
    assert applied.exit_code == 0, applied.output
    config = json.loads(till.run("connector", "config", till.name, "--json").stdout)["config"]
    assert config["connector.class"] == "io.debezium.connector.mysql.MySqlConnector"
    with installation(till.folder, (till.folder / "onefold.toml").read_text()) as one:
        wait_for(lambda: persons(one) == {"members M1", "members M2"})
        till.execute("UPDATE members SET member_no = 'M3' WHERE member_no = 'M1'")
        till.execute("DELETE FROM members WHERE member_no = 'M2'")
        till.execute("INSERT INTO receipts VALUES (7, 'M3', 12.50)")
        wait_for(lambda: persons(one) == {"members M3"} and len(one.rows(fact)) == 1)
        assert one.parked() == []
    audited = till.run("parity", "--settled", "--json")
    assert [(each["table"], each["state"]) for each in json.loads(audited.stdout)["tables"]] == [
        ("members", "equal"),
        ("receipts", "equal"),
    ], audited.output


def persons(one: Installation) -> set[str]:
    """The live persons, when all is read that there is."""
    ingest_kafka(one.parts, Interrupt(), Reading(), until_end=True)
    return set(one.shown())
