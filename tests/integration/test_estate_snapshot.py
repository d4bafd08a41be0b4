"""`onefold connector snapshot`: rows from before the capture come while business goes on, and Onefold holds what the sources hold."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from tests.estate.company import PEOPLE, TABLES, Company, Session, new_company
from tests.estate.connect import ConnectWorker
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.estate.reader import Reader, reader_of, wait_for

#: Keys of rows that are there before anything is captured.
EARLY = range(9_000_001, 9_000_041)
STEPS = 200


@pytest.fixture
def company(
    logical_postgres: LogicalPostgres, mariadb: MariaDb, kafka: KafkaBroker, connect: ConnectWorker, tmp_path: Path
) -> Iterator[Company]:
    """Both connectors began after the early rows, and read no snapshot."""
    folder = tmp_path / "company"
    folder.mkdir()
    with new_company(
        folder, postgres=logical_postgres, mariadb=mariadb, kafka=kafka, connect=connect, early=EARLY
    ) as company:
        yield company


@pytest.fixture
def reader(company: Company, postgres_url: str, tmp_path: Path) -> Iterator[Reader]:
    with reader_of(company, tmp_path, postgres_url) as reader:
        reader.start()
        yield reader


def early(reader: Reader) -> set[str]:
    """The early persons that Onefold holds."""
    return {name for name in reader.persons() if int(name.split()[-1]) in EARLY}


def snapshot(company: Company, source: str, *arguments: str) -> Result:
    return company.onefold("connector", "snapshot", source, *arguments)


def test_early_rows_come_while_business_goes_on_and_parity_is_equal(reader: Reader) -> None:
    """They are changed and deleted meanwhile; a second snapshot changes nothing."""
    company = reader.company
    reader.wait_until_read()
    assert early(reader) == set()
    asked = snapshot(company, "shop", "customers", "--where", f"id <= {EARLY[1]}", "--json")
    assert asked.exit_code == 0, asked.output
    assert json.loads(asked.stdout)["channel"] == "signal table signals"
    wanted = {f"customers {key}" for key in EARLY[:2]}
    wait_for(lambda: early(reader) >= wanted)
    reader.wait_until_read()
    assert early(reader) == wanted
    with company.business(STEPS, seed=5) as business:
        business.wait_for_half()
        for source, tables in TABLES.items():
            asked = snapshot(company, source, *tables)
            assert asked.exit_code == 0, asked.output
        business.go_on()
        with closing(Session(company)) as session:
            for source, table in PEOPLE.items():
                key = TABLES[source][table]
                for number in EARLY[::4]:
                    session.execute(source, f"UPDATE {table} SET email = 'new@example.com' WHERE {key} = {number}")
                    session.execute(source, f"DELETE FROM {table} WHERE {key} = {number + 1}")
        assert business.is_under_way, "it fell outside of the run"
    gone = {number + 1 for number in EARLY[::4]}
    here = {f"{table} {number}" for table in PEOPLE.values() for number in EARLY if number not in gone}
    wait_for(lambda: early(reader) == here, seconds=120)
    reader.assert_is_as_undisturbed()
    assert_parity(reader)
    before = reader.one.lines()
    for source, tables in TABLES.items():
        assert snapshot(company, source, *tables).exit_code == 0
    read = reader.read_so_far()
    wait_for(lambda: reader.read_so_far() > read + len(here))
    reader.stop()
    assert reader.one.lines() == before


def assert_parity(reader: Reader) -> None:
    """Compare with the databases themselves, as a person does."""
    result = reader.onefold("parity", "--wait", "60", "--settled", "--json")
    found = json.loads(result.stdout)["tables"]
    assert {(each["table"], each["state"]) for each in found} == {
        (table, "equal") for tables in TABLES.values() for table in tables
    }, result.output


def test_what_stands_in_the_way_is_told_before_anything_is_asked(company: Company) -> None:
    unknown = snapshot(company, "shop", "customer")
    assert unknown.exit_code == 2
    assert "it captures customers, orders" in unknown.stderr
    company.shop(f"REVOKE INSERT ON signals FROM {company.name}_shop")
    refused = snapshot(company, "shop", "customers")
    assert refused.exit_code == 2
    assert "signal table signals" in refused.stderr
    for statement in refused.stdout.splitlines():
        company.shop(statement)
    settings = company.folder / "onefold.toml"
    text = settings.read_text()
    settings.write_text(text.replace('signal_table = "signals"', 'signal_table = "others"'))
    company.shop("CREATE TABLE others (id VARCHAR(64) PRIMARY KEY, type VARCHAR(32), data VARCHAR(2048))")
    company.shop(f"GRANT SELECT, INSERT ON others TO {company.name}_shop")
    company.shop(f"ALTER PUBLICATION {company.name}_shop ADD TABLE others")
    otherwise = snapshot(company, "shop", "customers")
    assert otherwise.exit_code == 2
    assert "was told otherwise (signal.data.collection)" in otherwise.stderr
    assert "onefold connector apply shop --wait" in otherwise.stderr
    settings.write_text(text)
    assert snapshot(company, "shop", "customers").exit_code == 0
    company.connect.delete(company.connector("pos").name)
    missing = snapshot(company, "pos", "members")
    assert missing.exit_code == 2
    assert "is missing: it hears nothing" in missing.stderr
