"""The number of a source's log: configured, told by the connector in each record, and the start of an epoch."""

import pytest

from cdc.capture.debezium import debezium_configuration
from cdc.log_names import LOG_HEADER, joined, split
from storage import ConfigErrors
from tests.unit.cdc.capture.sources import shop, till
from tests.unit.cdc.events import row_event
from tests.unit.cdc.test_translate import CUSTOMER, record


def test_the_first_log_has_no_number_and_a_name_gives_back_its_parts() -> None:
    assert joined(0, "0-5401") == "0-5401"
    for name in (joined(2, "0-5401"), joined(2, ""), joined(0, ""), joined(0, "x")):
        assert joined(*split(name)) == name
    assert split("12/0-5401") == (12, "0-5401")


def test_each_record_of_a_further_log_says_so() -> None:
    told = debezium_configuration(till("log = 3"), bootstrap_servers="kafka:9092")
    (name,) = told["transforms"].split(",")
    assert told[f"transforms.{name}.type"] == "org.apache.kafka.connect.transforms.InsertHeader"
    assert (told[f"transforms.{name}.header"], told[f"transforms.{name}.value.literal"]) == (LOG_HEADER, "3")
    assert "transforms" not in debezium_configuration(shop(), bootstrap_servers="kafka:9092")


@pytest.mark.parametrize("wrong", ["1", "0", "-2", '"2"', "true", "10000"])
def test_a_log_that_is_no_further_one_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigErrors, match="whole number from 2"):
        shop(f"log = {wrong}")


@pytest.mark.parametrize(
    ("header", "server"),
    [(2, "2/"), ({"schema": {"type": "int8"}, "payload": 2}, "2/"), ("second", ""), (0, ""), (-1, ""), (True, "")],
)
def test_the_connectors_header_stands_before_the_server(header: object, server: str) -> None:
    event = row_event("customers", CUSTOMER, key={"id": 900}, headers={LOG_HEADER: header})
    assert record(event).origin.server == server
