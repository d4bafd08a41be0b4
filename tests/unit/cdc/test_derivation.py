"""What stored rows become under another mapping, and which changes only the source can follow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc import conversions
from cdc.changes import ConsentValue, FactChange, Origin, RecordChange
from cdc.derivation import Derivation, derivation
from cdc.encodings import ColumnHint, hinted_date
from cdc.mapping_shape import TableShape, shape_of
from identity import DATE_ORDERS, FieldValue, RowKey
from tests.unit.cdc.events import mapping_from

PERSON = 'kind = "person"\nkey = ["id"]\n'
ORDER = 'kind = "order"\nkey = ["id"]\n'
CONSENT = 'kind = "consent"\nkey = ["id"]\n'
HERE = (Origin("", 0, "", b""), RowKey("shop", "rows", ("1",)))
STORED = RecordChange(
    *HERE,
    fields=(FieldValue("email", 0, "a@example.com", verified=True), FieldValue("trait.size", 0, "42")),
    updated_at=7,
    created_at=3,
    store="S1",
    points=5,
    consents=(ConsentValue("marketing", "granted", 9), ConsentValue("sms", "withdrawn", 8)),
)
FACT = FactChange(
    *HERE, "order", "online", amount_minor=100, currency="CNY", occurred_at=5, sku="A", status="paid", store="S1"
)


def shape(settings: str, columns: str = "", *, source: str = "") -> TableShape:
    people = '[source.tables.people]\nkind = "person"\nkey = ["id"]\n'
    text = f'[[source]]\nname = "shop"\ntopics = "shop.*"\ncurrency = "CNY"\n{source}{people}[source.tables.rows]\n{settings}'
    (found,) = mapping_from(f"{text}[source.tables.rows.columns]\n{columns}").sources
    return shape_of(found, found.tables["rows"])


def way(settings: str, before: str, after: str, *, settings_after: str = "") -> Derivation:
    return derivation(shape(settings, before), shape(settings_after or settings, after))


def person(before: str, after: str, *, settings: str = PERSON, settings_after: str = "") -> RecordChange:
    found = way(settings, before, after, settings_after=settings_after)
    assert found.gaps == ()
    return found.apply(STORED)


def test_a_sealed_value_goes_where_its_column_is_mapped_now() -> None:
    found = person(
        'mail = { is = "email" }\nsize = { is = "trait.size" }', 'size = { is = "phone" }\nmail = { is = "trait.m" }'
    )
    assert set(found.fields) == {FieldValue("phone", 0, "42"), FieldValue("trait.m", 0, "a@example.com")}


def test_slots_follow_the_order_of_the_columns() -> None:
    both = 'a = { is = "email" }\nb = { is = "email" }', 'b = { is = "email" }\na = { is = "email" }'
    stored = RecordChange(*HERE, fields=(FieldValue("email", 0, "first"), FieldValue("email", 1, "second")))
    found = way(PERSON, *both).apply(stored)
    assert set(found.fields) == {FieldValue("email", 1, "first"), FieldValue("email", 0, "second")}


def test_what_is_not_mapped_any_more_is_left_out() -> None:
    found = person('mail = { is = "email" }\noptin = { is = "consent", purpose = "marketing" }', "")
    assert (found.fields, found.consents, found.updated_at, found.store, found.points) == ((), (), None, None, None)


def test_verification_is_kept_where_the_same_column_says_it_and_set_where_the_mapping_does() -> None:
    checked = 'mail = { is = "email", verified_by = "at" }'
    assert person(checked, checked).fields[0].verified is True
    assert person(checked, 'mail = { is = "email", verified = false }').fields[0].verified is False
    assert person(checked, 'mail = { is = "email" }').fields[0].verified is None


def test_new_values_recode_what_was_stored_as_it_was() -> None:
    new = 'mail = { is = "email", values = { "a@example.com" = "b@example.com" } }'
    assert person('mail = { is = "email" }', new).fields == (FieldValue("email", 0, "b@example.com"),)


@pytest.mark.parametrize(
    ("stored", "said", "text"),
    [
        ("03/04/1965", 'date_order = "dmy"', "1965-04-03"),
        ("03/04/1965", 'date_order = "mdy"', "1965-03-04"),
        ("1965-04-03", 'date_order = "mdy"', "1965-04-03"),
        ("04/13/1965", 'date_order = "dmy"', "04/13/1965"),
        ("03/04/1965", 'date_order = "dmy", values = { 1965-04-03 = "" }', ""),
    ],
)
def test_an_order_of_dates_that_is_told_now_is_that_of_what_was_stored(stored: str, said: str, text: str) -> None:
    found = way(PERSON, 'd = { is = "birthday" }', f'd = {{ is = "birthday", {said} }}')
    assert found.gaps == ()
    before = RecordChange(*HERE, fields=(FieldValue("birthday", 0, stored),))
    assert found.apply(before).fields == (FieldValue("birthday", 0, text),)


@given(
    st.text("0123456789/-. T:W", max_size=12)
    | st.dates().map(lambda day: f"{day:%d/%m/%Y}")
    | st.dates().map("{:%m%d%Y}".format),
    st.sampled_from(DATE_ORDERS),
)
def test_an_order_of_dates_gives_of_what_was_stored_what_it_gives_of_the_event(written: str, order: str) -> None:
    stored = conversions.to_text(hinted_date(ColumnHint("date"))(written))
    fresh = conversions.to_text(hinted_date(ColumnHint("date", date_order=order))(written))
    found = way(PERSON, 'd = { is = "birthday" }', f'd = {{ is = "birthday", date_order = "{order}" }}')
    before = RecordChange(*HERE, fields=(FieldValue("birthday", 0, stored),))
    assert [field.value for field in found.apply(before).fields] == [fresh]


def test_times_and_constants_of_a_person() -> None:
    before, after = f'{PERSON}updated_at = "u"\ncreated_at = "c"\n', f'{PERSON}updated_at = "c"\nstore = "S2"\n'
    found = person("", "", settings=before, settings_after=after)
    assert (found.updated_at, found.created_at, found.store) == (3, None, "S2")


def test_a_consent_gets_another_purpose_and_two_become_one() -> None:
    two = 'a = { is = "consent", purpose = "marketing" }\nb = { is = "consent", purpose = "sms" }'
    found = person(two, two.replace('"sms"', '"marketing"'))
    assert found.consents == (ConsentValue("marketing", "granted", 9), ConsentValue("marketing", "withdrawn", 8))
    assert person(two, 'b = { is = "consent", purpose = "post" }').consents == (ConsentValue("post", "withdrawn", 8),)


@pytest.mark.parametrize(
    ("settings", "before", "after", "gap"),
    [
        (PERSON, "", 'a = { is = "email" }', "column 'a' was not captured"),
        (PERSON, 'a = { is = "email" }', 'a = { is = "birthday" }', "column 'a' is read in another way now"),
        (PERSON, 'a = { is = "store" }', 'a = { is = "city" }', "column 'a' is sealed now and was not"),
        (PERSON, 'a = { is = "city" }', 'a = { is = "store" }', "cannot be told"),
        (
            PERSON,
            'a = { is = "email", values = { x = "y" } }',
            'a = { is = "email", values = { x = "z" } }',
            "the `values` of column 'a' are others now",
        ),
        (
            PERSON,
            'a = { is = "email" }',
            'a = { is = "email", verified_by = "b" }',
            "what verifies column 'a' was not captured",
        ),
        (PERSON, "", 'p = { is = "points" }', "`points` comes from other columns"),
        (
            PERSON,
            'a = { is = "consent", purpose = "x" }\nb = { is = "consent", purpose = "x" }',
            'a = { is = "consent", purpose = "x" }',
            "the consent to 'x' comes from other columns",
        ),
        (
            PERSON,
            'a = { is = "consent", purpose = "x" }',
            'a = { is = "consent", purpose = "x", values = { y = "granted" } }',
            "the consent to 'x'",
        ),
        (ORDER, 'p = { is = "person" }', 'q = { is = "person" }', "`person` comes from other columns"),
        (ORDER, 'a = { is = "amount" }', 'a = { is = "amount", unit = "minor" }', "`amount` comes from other columns"),
        (
            ORDER,
            'a = { is = "amount" }',
            'a = { is = "amount" }\nc = { is = "currency" }',
            "the currency comes from elsewhere now",
        ),
        (ORDER, 'a = { is = "status", values = { x = "y" } }', 'a = { is = "status" }', "the `values` of column 'a'"),
        (
            PERSON,
            'd = { is = "birthday", date_order = "dmy" }',
            'd = { is = "birthday" }',
            "'d' is read in another way",
        ),
        (
            PERSON,
            'd = { is = "birthday", date_order = "dmy" }',
            'd = { is = "birthday", date_order = "mdy" }',
            "'d' is read in another way",
        ),
        (
            PERSON,
            'd = { is = "birthday", values = { x = "y" } }',
            'd = { is = "birthday", values = { x = "y" }, date_order = "dmy" }',
            "the `values` of column 'd'",
        ),
        (ORDER, 'a = { is = "sku" }\nb = { is = "sku" }', 'a = { is = "sku" }', "cannot be told"),
        (
            CONSENT,
            's = { is = "state" }\np = { is = "purpose" }',
            's = { is = "state", values = { y = "granted" } }\np = { is = "purpose" }',
            "`state` comes from other columns",
        ),
    ],
)
def test_what_only_the_source_knows_is_named(settings: str, before: str, after: str, gap: str) -> None:
    found = way(settings, before, after)
    assert [gap in each for each in found.gaps] == [True], found.gaps
    assert not found.is_other


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'{PERSON}updated_at = "u"\n', f'{PERSON}updated_at = "v"\n'),
        (f'{PERSON}updated_at = "u"\n', f'{PERSON}updated_at = "u"\ntimezone = "Asia/Shanghai"\n'),
    ],
)
def test_another_column_or_time_zone_of_a_time_is_a_gap(before: str, after: str) -> None:
    assert len(way(before, "", "", settings_after=after).gaps) == 1


def test_a_default_that_may_stand_for_nothing_is_a_gap_and_one_that_is_new_is_not() -> None:
    column = 'a = { is = "store" }'
    one, two = f'{PERSON}store = "S1"\n', f'{PERSON}store = "S2"\n'
    assert way(one, column, column, settings_after=two).gaps == (
        "what `store` is where its columns are empty was 'S1'",
    )
    found = way(PERSON, column, column, settings_after=two)
    assert found.gaps == ()
    assert found.apply(RecordChange(*HERE, fields=())).store == "S2"
    assert found.apply(STORED).store == "S1"


def test_clear_values_of_a_fact() -> None:
    before = 'a = { is = "sku" }\nb = { is = "status" }\nt = { is = "amount" }\nw = { is = "occurred_at" }'
    after = 'a = { is = "label" }\nb = { is = "status", values = { paid = "done" } }\nt = { is = "amount" }'
    found = way(ORDER, before, after).apply(FACT)
    assert (found.label, found.sku, found.status) == ("A", None, "done")
    assert (found.amount_minor, found.currency, found.occurred_at) == (100, "CNY", None)
    none = way(ORDER, before, "").apply(FACT)
    assert (none.amount_minor, none.currency) == (None, None)


def test_a_key_that_is_personal_now_and_one_that_is_not() -> None:
    personal, clear = f"{ORDER}personal_key = true\n", f"{ORDER}personal_key = false\n"
    assert way(ORDER, "", "", settings_after=personal).apply(FACT).key_is_personal
    assert not way(personal, "", "", settings_after=clear).apply(FACT).key_is_personal
    assert way(personal, "", "", settings_after=ORDER).gaps == ("whether its keys look personal was not asked",)


def test_a_statement_of_its_own_row_gets_another_purpose() -> None:
    column = 's = { is = "state" }'
    stored = FactChange(*HERE, "consent", purpose="sms", state="granted", occurred_at=4)
    before, after = f'{CONSENT}purpose = "sms"\n', f'{CONSENT}purpose = "post"\n'
    assert way(before, column, column, settings_after=after).apply(stored).purpose == "post"
    from_column = f'{column}\np = {{ is = "purpose" }}'
    assert way(before, column, from_column, settings_after=CONSENT).gaps == ("`purpose` comes from other columns now",)


@pytest.mark.parametrize(
    ("before", "after"),
    [(ORDER, 'kind = "event"\nkey = ["id"]\n'), (ORDER, 'kind = "order"\nkey = ["id", "line"]\n'), (PERSON, ORDER)],
)
def test_another_kind_or_key_makes_other_rows(before: str, after: str) -> None:
    found = way(before, "", "", settings_after=after)
    assert found.is_other
    assert len(found.gaps) == 1


def test_a_shape_without_an_order_of_dates_is_as_it_was_before_there_was_one() -> None:
    """Rows that were stored then need no remap."""
    assert shape(PERSON, 'd = { is = "birthday" }').reading("d") == "date|||implied|"
    assert shape(PERSON, 'd = { is = "birthday", date_order = "dmy" }').reading("d") == "date|||implied||dmy"


def test_a_shape_survives_its_text_and_does_not_depend_on_how_the_file_is_written() -> None:
    columns = 'a = { is = "email", verified_by = "v" }\nb = { is = "phone", values = { x = "y", z = "w" } }'
    one = shape(PERSON, columns)
    assert TableShape.decode(one.encode()) == one
    other = shape(
        'key = ["id"]\nkind = "person"\n',
        'b = { values = { z = "w", x = "y" }, is = "phone" }\n' + columns.split("\n", maxsplit=1)[0],
    )
    assert other.fingerprint() == one.fingerprint()
    assert shape(PERSON, columns.replace('"y"', '"q"')).fingerprint() != one.fingerprint()
