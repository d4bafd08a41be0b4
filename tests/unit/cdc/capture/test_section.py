"""`[source.connector]`: names follow from the source's, and every mistake is told with its line."""

import pytest

from cdc.mapping_file import read_mapping
from storage import ConfigError, ConfigErrors
from storage.config import ConfigDocument
from tests.unit.cdc.capture.sources import SHOP, TILL, connector, shop, till


def errors_of(text: str) -> tuple[ConfigError, ...]:
    with pytest.raises(ConfigErrors) as caught:
        read_mapping(ConfigDocument.parse(text, "onefold.toml"))
    return caught.value.errors


def test_names_follow_from_the_sources_name_and_are_valid_in_the_database() -> None:
    found = connector(shop())
    assert (found.name, found.prefix, found.slot, found.publication) == (
        "Shop-1", "shop", "onefold_shop_1", "onefold_shop_1",
    )  # fmt: skip
    assert (found.port, found.namespace, found.snapshot) == (5432, "public", "initial")
    assert connector(till()).port == 3306
    assert connector(till()).namespace == "pos"


def test_two_sources_read_one_binary_log_under_different_numbers() -> None:
    other = connector(
        read_mapping(ConfigDocument.parse(TILL.format(more="").replace('"till"', '"till2"', 1), "x")).sources[0]
    )
    assert connector(till()).server_id == connector(till()).server_id
    assert connector(till()).server_id != other.server_id
    assert 0 < other.server_id < 2**32


def test_what_is_said_stands_above_what_follows() -> None:
    found = connector(shop('slot = "a"\npublication = "b"\nname = "c"\nport = 6000\nsnapshot = "when_needed"\n'))
    assert (found.slot, found.publication, found.name, found.port, found.snapshot) == (
        "a",
        "b",
        "c",
        6000,
        "when_needed",
    )


def test_a_table_of_another_schema_is_named_with_it() -> None:
    found = connector(till())
    assert [found.qualified(table) for table in ("members", "loyalty.points")] == [
        ("pos", "members"),
        ("loyalty", "points"),
    ]
    assert found.topic("loyalty.points") == "till.loyalty.points"


def test_a_topic_has_underscores_for_what_topics_may_not_hold() -> None:
    assert connector(shop()).topic("Web Visits") == "shop.public.Web_Visits"


def test_rows_of_the_signal_table_are_ignored_unless_somebody_maps_it() -> None:
    assert shop('signal_table = "signals"').tables["signals"].kind == "ignore"
    assert shop('signal_table = "customers"').tables["customers"].kind == "person"


LINE = 11  # of what is put in


@pytest.mark.parametrize(
    ("more", "line", "words"),
    [
        ('password = "x"', LINE, "never stands in this file"),
        ('password_file = "/x"', 5, "one of `password_env` and `password_file`"),
        ("port = 70000", LINE, "1 to 65535"),
        ("port = true", LINE, "1 to 65535"),
        ("server_id = 7", LINE, "does not belong to kind 'postgresql'"),
        ('slot = "Upper"', LINE, "lower-case"),
        ('publication = ""', LINE, "lower-case"),
        ('snapshot = "never"', LINE, "is not known"),
        ('prefix = "other"', LINE, "no pattern in `topics`"),
        ('prefix = "sh op"', LINE, "letters, digits"),
        ('notifications = "elsewhere"', 5, "add it to `topics`"),
        ('schema = "shop2"', 12, "topic 'shop.shop2.customers'"),
        ("settings = { a = 1 }", LINE, "table of texts"),
        ('settings = { "signal.consumer.sasl.jaas.config" = "x" }', LINE, "refer to it, such as ${env:NAME}"),
        ('hots = "x"', LINE, "did you mean 'host'"),
    ],
)
def test_a_mistake_is_told_with_its_line(more: str, line: int, words: str) -> None:
    errors = errors_of(SHOP.format(more=more))
    assert any(error.line == line and words in str(error) for error in errors), [str(error) for error in errors]


@pytest.mark.parametrize("key", ["kind", "host", "database", "user"])
def test_what_is_needed_is_asked_for(key: str) -> None:
    text = "\n".join(
        line for line in SHOP.format(more="").splitlines() if not line.startswith(f"{key} = ") or "person" in line
    )
    assert any(f"needs `{key}`" in str(error) for error in errors_of(text))


@pytest.mark.parametrize(
    ("more", "words"),
    [('slot = "a"', "does not belong"), ('schema = "a"', "does not belong"), ("server_id = 0", "1 to 4294967295")],
)
def test_a_till_takes_no_settings_of_a_shop(more: str, words: str) -> None:
    assert words in str(errors_of(TILL.format(more=more))[0])


def test_a_secret_of_kafkas_is_referred_to() -> None:
    given = 'settings = { "signal.consumer.sasl.jaas.config" = "${env:JAAS}" }'
    assert connector(shop(given)).settings["signal.consumer.sasl.jaas.config"] == "${env:JAAS}"


def test_a_relative_password_file_is_refused_for_connect_reads_it_too() -> None:
    errors = errors_of(TILL.format(more="").replace("/run/secrets/till", "till"))
    assert "absolute path" in str(errors[0])


def test_patterns_that_begin_differently_need_a_prefix() -> None:
    text = SHOP.format(more="").replace('"shop.public.*"', '["shop.public.*", "s*"]')
    assert "`prefix` does not follow" in str(errors_of(text)[0])
