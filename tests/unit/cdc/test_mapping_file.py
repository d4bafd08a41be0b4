"""The mapping: what loads, what is looked up, and that every mistake is named with its place."""

from pathlib import Path

import pytest

from cdc import vocabulary
from cdc.encodings import ColumnHint
from cdc.mapping import Mapping
from cdc.mapping_file import read_mapping
from storage import ConfigError, ConfigErrors
from storage.config import ConfigDocument
from tests.unit.cdc.events import mapping_at, mapping_from, shop_mapping
from tests.unit.cdc.seeded import MAPPINGS


def errors_of(text: str) -> tuple[ConfigError, ...]:
    with pytest.raises(ConfigErrors) as caught:
        read_mapping(ConfigDocument.parse(text, "onefold.toml"))
    return caught.value.errors


def error_of(tables: str) -> ConfigError:
    """Return the only mistake of a mapping with one source whose tables begin on line 5."""
    head = '[[source]]\nname = "shop"\ntopics = "shop.*"\ncurrency = "CNY"\n'
    errors = errors_of(head + tables.replace("[tables.", "[source.tables."))
    assert len(errors) == 1, [str(error) for error in errors]
    return errors[0]


PERSON = '[tables.customers]\nkind = "person"\nkey = ["id"]\n'


@pytest.mark.parametrize("name", ["shop.toml", "pos.toml"])
def test_the_mappings_of_the_samples_load(name: str) -> None:
    assert mapping_at(MAPPINGS / name).sources


def test_a_column_keeps_all_that_the_file_says_of_it() -> None:
    mapping = shop_mapping(
        PERSON + "[tables.customers.columns]\n"
        'a = { is = "email", verified_by = "b" }\n'
        'c = { is = "wechat_openid", app = "wx1" }\n'
        'd = { is = "phone", verified = true }\n'
        'e = { is = "phone" }\n'
        'f = { is = "consent", purpose = "marketing", at = "g", values = { J = "granted", N = "withdrawn" } }\n'
        'g = { unit = "ms", timezone = "Asia/Tokyo" }\n'
        'h = { is = "birthday", date_order = "dmy" }\n'
    )
    table = mapping.sources[0].tables["customers"]
    email, openid, phone, other, consent, birthday = table.columns
    assert birthday.hint == ColumnHint("date", is_implied=True, date_order="dmy")
    assert (email.attribute, email.verified_by, openid.app) == ("email", "b", "wx1")
    assert (phone.slot, phone.verified, other.slot, other.verified) == (0, True, 1, None)
    assert (consent.purpose, consent.at, dict(consent.values)) == ("marketing", "g", {"J": "granted", "N": "withdrawn"})
    assert table.hints["g"] == ColumnHint("timestamp", None, "ms", "Asia/Tokyo", is_implied=True)


def test_defaults_come_from_the_source_and_a_table_may_differ() -> None:
    mapping = shop_mapping(
        PERSON
        + '[tables.orders]\nkind = "order"\nkey = ["id"]\ncurrency = "JPY"\ntimezone = "Asia/Tokyo"\nstore = "S1"\n'
    )
    source = mapping.sources[0]
    assert source.channel == "shop"
    customers, orders = source.tables["customers"], source.tables["orders"]
    assert (customers.currency, customers.timezone) == ("CNY", "Asia/Shanghai")
    assert (orders.currency, orders.timezone, orders.store) == ("JPY", "Asia/Tokyo", "S1")


def test_the_tables_time_columns_may_be_named_either_way() -> None:
    by_table = shop_mapping(PERSON + 'updated_at = "u"\ncreated_at = "c"\n').sources[0].tables["customers"]
    columns = '[tables.customers.columns]\nu = { is = "updated_at" }\nc = { is = "created_at" }\n'
    by_column = shop_mapping(PERSON + columns).sources[0].tables["customers"]
    assert (by_table.updated_at, by_table.created_at) == (by_column.updated_at, by_column.created_at) == ("u", "c")
    assert by_table.hints["u"].type == by_column.hints["u"].type == "timestamp"


def test_a_reference_means_the_only_table_of_its_kind() -> None:
    mapping = shop_mapping(
        PERSON + '[tables.orders]\nkind = "order"\nkey = ["id"]\n[tables.orders.columns]\nc = { is = "person" }\n'
    )
    assert mapping.sources[0].tables["orders"].of("person")[0].table == "customers"


def test_a_keyed_identifier_makes_the_key_personal() -> None:
    table = '[tables.visits]\nkind = "event"\nkey = ["device"]\npersonal_key = false\n[tables.visits.columns]\n'
    mapping = shop_mapping(table + 'device = { is = "anonymous_id" }\n')
    assert mapping.sources[0].tables["visits"].personal_key is True


def test_personal_key_is_none_until_somebody_says() -> None:
    tables = shop_mapping(
        '[tables.a]\nkind = "event"\nkey = ["x"]\n[tables.b]\nkind = "event"\nkey = ["x"]\npersonal_key = false\n'
    )
    found = tables.sources[0].tables
    assert (found["a"].personal_key, found["b"].personal_key) == (None, False)


def test_tables_are_found_by_the_longest_name() -> None:
    mapping = shop_mapping(
        '[tables."archive.orders"]\nkind = "ignore"\n[tables.orders]\nkind = "order"\nkey = ["id"]\n'
    )

    def found(schema: str) -> str:
        _, table = mapping.find("shop.public.orders", schema, "db", table="orders")
        return table.name if table else ""

    assert (found("archive"), found("public")) == ("archive.orders", "orders")
    assert mapping.find("other.orders", table="orders") == (None, None)
    assert mapping.find("shop.public.x", table="x") == (mapping.sources[0], None)


def test_a_source_is_found_by_its_topic_prefix() -> None:
    text = '[[source]]\nname = "a"\ntopics = ["cn.shop.public.*"]\n[source.tables.t]\nkind = "ignore"\n'
    mapping = mapping_from(text)
    assert mapping.source_of_prefix("cn.shop") is mapping.sources[0]
    assert mapping.source_of_prefix("cn.sho") is None
    assert mapping.source_of_prefix("") is None


def test_a_file_without_sources_is_an_empty_mapping() -> None:
    assert mapping_from("[other]\nx = 1\n") == Mapping(())


def test_an_error_names_file_line_place_and_the_valid_names() -> None:
    error = error_of(PERSON + '[tables.customers.columns]\nmail = { is = "emial" }\n')
    assert (error.file, error.line) == ("onefold.toml", 9)
    assert error.where == "source.shop.tables.customers.columns.mail"
    assert "did you mean 'email'" in str(error)
    assert {"email", "phone", "trait.<name>"} <= set(error.valid)
    assert str(error).startswith("onefold.toml:9: source.shop.tables.customers.columns.mail: ")


def test_a_postcode_is_a_trait_and_the_hint_says_so() -> None:
    error = error_of(PERSON + '[tables.customers.columns]\nzip = { is = "postcode" }\n')
    assert "did you mean 'trait.postcode'" in str(error)
    mapping_from(PERSON + '[tables.customers.columns]\nzip = { is = "trait.postcode" }\n')
    assert "trait.postcode" not in vocabulary.names_for("order")


def test_all_mistakes_are_shown_together_in_the_files_order() -> None:
    text = (
        '[[source]]\ntopics = []\nnmae = "x"\n[source.tables.a]\nkind = "persn"\n'
        '[source.tables.b]\nkind = "person"\n[[source]]\nname = "y"\ntopics = "y.*"\n'
    )
    errors = errors_of(text)
    assert [error.line for error in errors] == [1, 2, 3, 5, 6, 8]
    shown = str(ConfigErrors(errors))
    assert len(shown.splitlines()) == 6
    assert "did you mean 'name'" in shown
    assert "did you mean 'person'" in shown


ORDER = '[tables.orders]\nkind = "order"\nkey = ["id"]\n'


@pytest.mark.parametrize(
    ("tables", "line", "part"),
    [
        ('[tables.a]\nkey = ["id"]\n', 5, "needs a `kind`"),
        ("[tables.a]\nkind = 7\n", 6, "must be text"),
        ('[tables.customers]\nkind = "person"\n', 5, "needs its `key`"),
        ('[tables.customers]\nkind = "person"\nkey = []\n', 7, "needs its `key`"),
        ('[tables.customers]\nkind = "person"\nkey = [7]\n', 7, "must be a list of texts"),
        ('[tables.orders]\nkind = "order"\nkey = ["a", "a"]\n', 7, "twice"),
        (ORDER + 'updated_at = "u"\n', 8, "for person tables"),
        (PERSON + 'updated_at = "u"\n[tables.customers.columns]\nv = { is = "updated_at" }\n', 8, "given twice"),
        (PERSON + 'event = "x"\n', 8, "fact table"),
        (ORDER + 'purpose = "x"\n', 8, "kind consent"),
        (ORDER + 'personal_key = "yes"\n', 8, "true or false"),
        (ORDER + 'currency = "RMB"\n', 8, "ISO 4217"),
        (ORDER + 'timezone = "Beijing"\n', 8, "time zone 'Beijing' is not known"),
        (ORDER + "columns = 7\n", 8, "must be a table"),
        (ORDER + "[tables.orders.columns]\na = 7\n", 9, "must be a table"),
        (ORDER + '[tables.orders.columns]\na = { is = "email" }\n', 9, "not a standard name of kind 'order'"),
        (ORDER + '[tables.orders.columns]\na = { is = "trait." }\n', 9, "not a standard name"),
        (ORDER + '[tables.orders.columns]\na = { si = "amount" }\n', 9, "'si' is not known here"),
        (ORDER + '[tables.orders.columns]\na = { is = "status", unit = "ms" }\n', 9, "`unit` is for times and amounts"),
        (ORDER + '[tables.orders.columns]\na = { is = "amount", unit = "ms" }\n', 9, "'ms' is not known"),
        (ORDER + '[tables.orders.columns]\na = { is = "occurred_at", unit = "days" }\n', 9, "'days' is not known"),
        (ORDER + '[tables.orders.columns]\na = { is = "amount", scale = "2" }\n', 9, "whole number"),
        (ORDER + '[tables.orders.columns]\na = { is = "amount", type = "money" }\n', 9, "'money' is not known"),
        (ORDER + '[tables.orders.columns]\na = { is = "status", app = "x" }\n', 9, "`app` does not belong"),
        (ORDER + '[tables.orders.columns]\na = { is = "status", verified = true }\n', 9, "`verified` does not belong"),
        (ORDER + '[tables.orders.columns]\na = { is = "status", values = { x = 1 } }\n', 9, "table of texts"),
        (ORDER + '[tables.orders.columns]\na = { is = "person" }\n', 9, "which person table"),
        (PERSON + '[tables.customers.columns]\na = { is = "wechat_openid" }\n', 9, "needs the app"),
        (PERSON + '[tables.customers.columns]\na = { is = "consent" }\n', 9, "needs a `purpose`"),
        (PERSON + '[tables.customers.columns]\na = { is = "consent", purpose = "m", values = { x = "ok" } }\n', 9, "cannot be 'ok'"),
        (PERSON + '[tables.customers.columns]\na = { is = "birthday", date_order = "ymd" }\n', 9, "'ymd' is not known"),
        (PERSON + '[tables.customers.columns]\na = { is = "birthday", type = "text", date_order = "dmy" }\n', 9, 'of type "date"'),
        (PERSON + '[tables.customers.columns]\nid = { type = "date", date_order = "dmy" }\n', 9, 'is = "birthday"'),
        (PERSON + '[tables.customers.columns]\na = { is = "trait.day", type = "date", date_order = "dmy" }\n', 9, "`date_order` does not belong"),
        ('[tables.l]\nkind = "order_line"\nkey = ["id"]\n', 5, 'is = "order"'),
        ('[tables.c]\nkind = "consent"\nkey = ["id"]\npurpose = "m"\n', 5, 'is = "state"'),
        ('[tables.c]\nkind = "consent"\nkey = ["id"]\n[tables.c.columns]\ns = { is = "state" }\n', 5, "needs `purpose`"),
    ],
)  # fmt: skip
def test_each_mistake_is_found_where_it_stands(tables: str, line: int, part: str) -> None:
    error = error_of(tables)
    assert part in str(error)
    assert error.line == line


def test_a_column_without_meaning_is_a_mistake_unless_something_uses_it() -> None:
    columns = '[tables.customers.columns]\n{} = {{ type = "date" }}\n'
    assert "has no `is`" in str(error_of(PERSON + columns.format("other")))
    assert shop_mapping(PERSON + columns.format("id")).sources[0].tables["customers"].hints["id"].type == "date"


def test_amounts_without_any_currency_are_a_mistake() -> None:
    head = '[[source]]\nname = "shop"\ntopics = "shop.*"\n[source.tables.o]\nkind = "order"\nkey = ["id"]\n'
    errors = errors_of(head + '[source.tables.o.columns]\na = { is = "amount" }\n')
    assert "amounts need a currency" in str(errors[0])
    mapping_from(head + '[source.tables.o.columns]\na = { is = "amount" }\nc = { is = "currency" }\n')


def test_a_reference_must_point_at_a_table_of_its_kind_and_have_its_whole_key() -> None:
    reference = '[tables.orders.columns]\na = {{ is = "person"{} }}\n'
    error = error_of(PERSON + ORDER + reference.format(', table = "orders"'))
    assert "is no person table" in str(error)
    assert error.valid == ("customers",)
    two = PERSON.replace('["id"]', '["tenant", "id"]') + ORDER + reference.format("")
    assert "whose key is (tenant, id)" in str(error_of(two))
    shop_mapping(two + 'b = { is = "person" }\n')


def test_two_person_tables_make_the_reference_ask_which() -> None:
    tables = PERSON + PERSON.replace("customers", "guests") + ORDER
    error = error_of(tables + '[tables.orders.columns]\na = { is = "person" }\n')
    assert "is not clear" in str(error)
    assert error.valid == ("customers", "guests")


def test_sources_written_as_a_single_table_or_named_twice_are_mistakes() -> None:
    assert "[[source]]" in str(errors_of('[source]\nname = "x"\n')[0])
    source = '[[source]]\nname = "x"\ntopics = "x.*"\n[source.tables.t]\nkind = "ignore"\n'
    (error,) = errors_of(source + source)
    assert (error.line, "two sources" in str(error)) == (7, True)


def test_currencies_and_time_zones_suggest_what_was_meant() -> None:
    assert error_of(ORDER + 'currency = "RMB"\n').valid == ("CNY",)
    assert "Asia/Shanghai" in error_of(ORDER + 'timezone = "Asia/Shanghia"\n').valid


def test_every_standard_name_can_be_mapped_for_every_kind_that_lists_it() -> None:
    for term in vocabulary.TERMS:
        for kind in term.kinds:
            assert vocabulary.term(term.name, kind) == term
            assert term.name in vocabulary.names_for(kind)
    assert vocabulary.term("email", "order") is None
    assert vocabulary.term("email", "ignore") is None


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        mapping_at(tmp_path / "onefold.toml")
