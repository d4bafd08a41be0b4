"""What a connector is told: each promise of the change stream, by the setting that keeps it."""

import re
from dataclasses import replace
from typing import Any

import pytest

from cdc.capture.debezium import captured_tables, debezium_configuration
from cdc.capture.errors import CaptureError
from cdc.capture.password import provider, read_password, reference
from cdc.capture.statements import database_statements, next_steps
from cdc.values import is_unavailable
from tests.unit.cdc.capture.sources import SHOP, connector, mysql, shop, till
from tests.unit.cdc.events import mapping_from

BROKERS = "kafka:9092"


def configured(source: Any, bootstrap_servers: str = BROKERS) -> dict[str, str]:
    return debezium_configuration(source, bootstrap_servers=bootstrap_servers)


@pytest.fixture(params=[shop, till])
def source(request: pytest.FixtureRequest) -> Any:
    return request.param()


def test_only_mapped_tables_are_captured_and_each_by_exactly_its_name() -> None:
    patterns = configured(shop())["table.include.list"].split(",")
    names = ["public.customers", "public.Web Visits", "public.staff", "publicXcustomers", "public.customers2"]
    taken = [name for name in names if any(re.fullmatch(pattern, name) for pattern in patterns)]
    assert taken == ["public.customers", "public.Web Visits"]
    assert captured_tables(till()) == ("members", "loyalty.points")
    assert "loyalty\\.points" in configured(till())["table.include.list"]


def test_signs_in_a_tables_name_mean_themselves() -> None:
    text = SHOP.format(more="").replace("Web Visits", "Web+, Visits")
    customers, found = configured(mapping_from(text).sources[0])["table.include.list"].split(",", 1)
    assert customers == "public\\.customers"
    assert re.fullmatch(found, "public.Web+, Visits")
    assert "\\," in found, "a comma parts tables unless it is escaped"


def test_nothing_is_lost_or_changed_on_the_way(source: Any) -> None:
    found = configured(source)
    assert found["skipped.operations"] == "none"
    assert found["tombstones.on.delete"] == "true"
    assert found["decimal.handling.mode"] == "string"
    assert found["provide.transaction.metadata"] == "true"
    assert is_unavailable(found["unavailable.value.placeholder"])


def test_key_value_and_headers_are_json_without_a_schema(source: Any) -> None:
    found = configured(source)
    for part in ("key", "value", "header"):
        assert found[f"{part}.converter"].endswith("JsonConverter")
        assert found[f"{part}.converter.schemas.enable"] == "false"
    assert found["extended.headers.enabled"] == "false"


def test_its_topics_are_those_that_the_source_reads(source: Any) -> None:
    found = configured(source)
    topics = [
        f"{found['topic.prefix']}.{'.'.join(connector(source).qualified(table))}" for table in captured_tables(source)
    ]
    assert all(source.reads(topic.replace(" ", "_")) for topic in topics)
    assert source.reads(found["notification.sink.topic.name"])
    assert found["notification.enabled.channels"] == "sink"


def test_connectors_own_topics_are_read_as_no_source(source: Any) -> None:
    found = configured(source)
    own = [found[key] for key in ("signal.kafka.topic", "schema.history.internal.kafka.topic") if key in found]
    assert not any(source.reads(topic) for topic in own)


def test_a_shop_has_a_publication_of_its_tables_and_a_heartbeat_that_moves_its_slot() -> None:
    found = configured(shop())
    assert found["plugin.name"] == "pgoutput"
    assert found["publication.autocreate.mode"] == "filtered"
    assert (found["slot.name"], found["publication.name"]) == ("onefold_shop_1", "onefold_shop_1")
    assert found["message.prefix.exclude.list"] in found["heartbeat.action.query"]
    assert int(found["heartbeat.interval.ms"]) > 0


def test_a_till_keeps_its_schema_history_on_kafka_and_cannot_without() -> None:
    found = configured(till())
    assert found["schema.history.internal.kafka.bootstrap.servers"] == BROKERS
    assert found["database.include.list"] == "pos,loyalty"
    with pytest.raises(CaptureError, match="set `bootstrap_servers` in"):
        configured(till(), bootstrap_servers="")


def test_a_till_whose_database_died_is_read_again_within_seconds() -> None:
    found = configured(till())
    assert found["connect.keep.alive.interval.ms"] == "5000"


@pytest.mark.parametrize(
    ("source", "bootstrap_servers", "channels"),
    [
        (shop(), BROKERS, None),  # a signal would end the task
        (shop('signal_table = "signals"'), BROKERS, "source,kafka"),
        (shop('signal_table = "signals"'), "", "source"),
        (till(), BROKERS, "kafka"),
        (mysql(), BROKERS, None),  # it would not start without GTIDs
        (mysql('signal_table = "signals"'), BROKERS, "source,kafka"),
        (till('signal_table = "signals"'), BROKERS, "source,kafka"),
    ],
)
def test_signals_come_by_the_table_and_by_kafka_where_each_can(
    source: Any, bootstrap_servers: str, channels: str | None
) -> None:
    found = configured(source, bootstrap_servers)
    assert found.get("signal.enabled.channels") == channels
    assert ("signal.data.collection" in found) == ("signals" in source.tables)
    assert ("read.only" in found) == (channels == "kafka")
    assert ("signal.kafka.topic" in found) == ("kafka" in (channels or ""))


def test_the_password_is_a_reference() -> None:
    assert configured(shop())["database.password"] == "${env:SHOP_PASSWORD}"
    assert configured(till())["database.password"] == "${directory:/run/secrets:till}"
    assert provider(connector(shop()).password)[0] == "env"
    assert provider(connector(till()).password)[1].endswith(".DirectoryConfigProvider")
    assert reference(connector(shop()).password) == "${env:SHOP_PASSWORD}"


def test_a_variable_without_a_password_is_named() -> None:
    assert read_password(connector(shop()), {"SHOP_PASSWORD": "x"}) == "x"
    with pytest.raises(CaptureError, match="SHOP_PASSWORD"):
        read_password(connector(shop()), {})


def test_further_settings_are_added_and_change_none_of_ours() -> None:
    assert configured(shop('settings = { "database.sslmode" = "require" }'))["database.sslmode"] == "require"
    with pytest.raises(CaptureError, match=r"'skipped\.operations'.*take it out"):
        configured(shop('settings = { "skipped.operations" = "t" }'))


def test_a_source_without_a_connector_is_told_what_to_add() -> None:
    text = '[[source]]\nname = "a"\ntopics = "a.*"\n[source.tables.t]\nkind = "ignore"\n'
    with pytest.raises(CaptureError, match=r"\[source\.connector\]"):
        configured(mapping_from(text).sources[0])


def test_statements_name_mapped_tables_alone_and_hold_no_password() -> None:
    said = "; ".join(database_statements(shop()))
    assert '"public"."Web Visits"' in said
    assert "staff" not in said
    assert "PASSWORD" not in said
    told = "; ".join((*database_statements(till()), *next_steps(connector(till()))))
    assert "`loyalty`.`points`" in told
    assert "IDENTIFIED BY '…'" in told


def test_a_name_cannot_leave_its_quotes() -> None:
    in_shop = replace(shop(), connector=replace(connector(shop()), user="a\"b'c"))
    said = "; ".join(database_statements(in_shop))
    assert "rolname = 'a\"b''c'" in said
    assert said.count('"a""b\'c"') > 1
    in_till = replace(till(), connector=replace(connector(till()), user="x\\'; DROP TABLE t; --"))
    assert "'x\\\\''; DROP TABLE t; --'@'%'" in "; ".join(database_statements(in_till))


def test_a_name_cannot_end_a_block() -> None:
    evil = replace(shop(), connector=replace(connector(shop()), user="x$onefold$; DROP TABLE t; --"))
    blocks = [said for said in database_statements(evil) if said.startswith("DO ")]
    marks = [block.split()[1] for block in blocks]
    assert [(block.count(mark), block.endswith(mark)) for block, mark in zip(blocks, marks, strict=True)] == [
        (2, True)
    ] * 2
    assert len(marks) == 2
