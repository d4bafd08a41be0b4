"""A source's database fails over to one that lacks its last transactions, and whose log begins anew or goes back.

Onefold then holds what the surviving database never had, and positions say nothing any more. It must be told loudly, and what is printed
must mend it: the end is that of the surviving source, by `onefold parity` and by comparison with its rows.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import server
from cli.app import application
from tests.conftest import unavailable
from tests.estate.company import TABLES, Company, new_company, phone
from tests.estate.estate import Estate
from tests.estate.killable_postgres import KillablePostgres
from tests.estate.mariadb import MariaDb
from tests.estate.reader import Reader, reader_of, wait_for
from tests.services.postgres import PostgresServer
from tests.services.process import ServiceUnavailableError, passing_folder

STEPS = 80


class Sources:
    """The databases of a shop and of tills, which nobody else uses."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.postgres = KillablePostgres(folder, "source")
        self.mariadb = MariaDb(folder)
        for service in (self.postgres, self.mariadb):
            stack.callback(service.kill)
            service.start()
        self.postgres.secure()

    def fail_over(self) -> None:
        """Both to what was copied before, promoted: PostgreSQL on a new timeline, MariaDB as another server with a new log."""
        self.postgres.promote_backup()
        self.mariadb.promote_backup()

    def go_back(self) -> None:
        """Both to what was copied before, as if their disks were: timeline and server are the same."""
        for service in (self.postgres, self.mariadb):
            service.restore()
            service.start()


@pytest.fixture
def sources() -> Iterator[Sources]:
    with passing_folder("onefold-sources-") as folder, ExitStack() as stack:
        try:
            yield Sources(folder, stack)
        except ServiceUnavailableError as reason:
            unavailable(str(reason))


@pytest.fixture
def reader(sources: Sources, estate: Estate, postgres: PostgresServer, tmp_path: Path) -> Iterator[Reader]:
    """An installation that reads them, its worker at work."""
    try:
        kafka, connect = estate.kafka, estate.connect
    except ServiceUnavailableError as reason:
        unavailable(str(reason))
    (tmp_path / "company").mkdir()
    shop, till = sources.postgres.logical, sources.mariadb
    with (
        new_company(tmp_path / "company", postgres=shop, mariadb=till, kafka=kafka, connect=connect) as company,
        postgres.new_database() as url,
        reader_of(company, tmp_path, url) as reader,
    ):
        reader.start()
        yield reader


CASES = [
    pytest.param(Sources.fail_over, id="new timeline and new binlog"),
    pytest.param(Sources.go_back, id="disks of before", marks=pytest.mark.long),
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", CASES)
def test_failover_to_a_server_without_the_last_transactions(
    reader: Reader, sources: Sources, fault: Callable[[Sources], None]
) -> None:
    company = reader.company
    with company.business(STEPS // 2):
        pass
    reader.wait_until_read()
    assert parity(reader)["exit"] == 0
    for service in (sources.postgres, sources.mariadb):
        service.back_up()
    company.revive()
    with company.business(STEPS, seed=2) as business:
        business.wait_for_half()
        lost = lose_some(reader)
        fault(sources)
        assert business.is_under_way, "it fell outside of the run"
        business.go_on()
    assert lost <= reader.persons()
    assert told_by_check(reader) == {"shop", "pos"}
    assert parity(reader)["exit"] == 2
    say_that_a_new_log_began(company, reader)
    for source in TABLES:
        company.apply(source, "--fresh")
    wait_for(lambda: not lost & reader.persons())
    reader.assert_is_as_undisturbed()
    assert told_by_check(reader) == set()
    found = parity(reader)
    assert found["exit"] == 0, found
    assert {table["state"] for table in found["tables"]} == {"equal"}


def lose_some(reader: Reader) -> set[str]:
    """Write persons into both databases that their copies do not have, and see that they were read."""
    company = reader.company
    one, two = company.next_person(), company.next_person()
    company.shop(f"INSERT INTO customers (id, phone) VALUES ({one}, '{phone(one)}')")
    company.till(f"INSERT INTO members (member_no, mobile) VALUES ({two}, '{phone(one)}')")
    for source, tables in TABLES.items():  # what it has beyond its copy is more than what comes soon after
        for table, key in tables.items():
            company.both(source, f"UPDATE {table} SET {key} = {key}")
    reader.wait_until_read()
    lost = {f"customers {one}", f"members {two}"}
    assert lost <= reader.persons()
    return lost


def say_that_a_new_log_began(company: Company, reader: Reader) -> None:
    """What is printed: the next `log`, here in the settings of the connectors and of the installation."""
    company.log = 2
    for folder, group in ((company.folder, company.name), (reader.one.folder, reader.one.parts.settings.kafka.group)):
        (folder / "onefold.toml").write_text(company.settings(group))


def told_by_check(reader: Reader) -> set[str]:
    """Of which sources `onefold check --sources` says that the log is not the one that was read."""
    found = json.loads(onefold(reader, "check", "--sources", "--json").stdout)["sources"]
    return {each["source"] for each in found if each["place"] == "log"}


def parity(reader: Reader) -> dict[str, Any]:
    """What `onefold parity` says, and its exit code."""
    done = onefold(reader, "parity", "--wait", "60", "--json")
    return {**json.loads(done.stdout or "{}"), "exit": done.exit_code, "stderr": done.stderr}


def onefold(reader: Reader, *arguments: str) -> Result:
    """Run a command with the installation's settings."""
    given = [*arguments, "--config", str(reader.one.folder / "onefold.toml")]
    return CliRunner().invoke(application(), given, obj=server.wiring({"ONEFOLD_DATABASE": reader.database}))
