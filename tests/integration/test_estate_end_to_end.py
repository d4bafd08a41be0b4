"""From a row that is committed in the shop or at the till to the answer of a served installation, with every part real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.freshness import Served, measure, served
from tests.estate.company import Company, new_company, phone
from tests.estate.connect import ConnectWorker
from tests.estate.kafka import KafkaBroker
from tests.estate.mariadb import MariaDb
from tests.estate.postgres import LogicalPostgres
from tests.estate.reader import reader_of, wait_for

QUERY = """
query Who($phone: String!) { profileByIdentifier(type: PHONE, value: $phone) {
  name { value } records { key { value } } orders(first: 9) { nodes { number channel total { amount currency } } } } }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("company")


@pytest.fixture
def answering(  # noqa: PLR0913, PLR0917 - fixtures
    folder: Path,
    logical_postgres: LogicalPostgres,
    mariadb: MariaDb,
    kafka: KafkaBroker,
    connect: ConnectWorker,
    postgres_url: str,
) -> Iterator[tuple[Company, Served]]:
    with (
        new_company(folder, postgres=logical_postgres, mariadb=mariadb, kafka=kafka, connect=connect) as company,
        reader_of(company, folder, postgres_url) as reader,
        served(reader.one.folder, postgres_url) as asked,
    ):
        reader.start(batch=500)
        reader.wait_until_read()
        yield company, asked


def test_a_customer_of_the_shop_and_a_member_at_the_till_are_one_profile_within_seconds(
    answering: tuple[Company, Served],
) -> None:
    company, asked = answering
    company.shop(f"INSERT INTO customers (id, phone, full_name) VALUES (1, '{phone(1)}', '陈小明')")
    company.till(f"INSERT INTO members (member_no, mobile, name) VALUES (2, '+86 {phone(1)}', '陈小明')")
    company.shop("INSERT INTO orders VALUES (3, 1, 10.50)")
    company.till("INSERT INTO receipts VALUES (4, 2, 99.90)")

    def orders() -> list[tuple[str, str, str]]:
        found = asked.ask(QUERY, phone=phone(1))["profileByIdentifier"]
        if found is None or len(found["records"]) < 2:
            return []
        assert found["name"]["value"] == "陈小明"
        nodes = found["orders"]["nodes"]
        return sorted((each["number"], each["channel"], each["total"]["amount"]) for each in nodes)

    wait_for(lambda: len(orders()) == 2, seconds=20)
    assert [order[1:] for order in orders()] == [("online", "10.50"), ("store", "99.90")]
    seconds = measure(company, asked, rows=100)
    assert seconds.percentile(99) < 10  # what to expect on a quiet machine is in docs/performance.md
