"""Proposing a mapping: it always loads, and guesses the ordinary names."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql

from cdc.mapping import Mapping, TableMapping
from cdc.mapping_file import read_mapping
from cdc.proposal import propose_mapping
from storage import ConfigError
from storage.config import ConfigDocument

# SQLAlchemy leaves the constructors of its dialects untyped.
POSTGRESQL: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
MYSQL: Any = mysql.dialect()


class FakeInspector:
    """What an inspector of some database would tell about the tables of a :class:`~sqlalchemy.MetaData`."""

    def __init__(self, metadata: sa.MetaData, dialect: Any) -> None:
        self.dialect = dialect
        self._tables = {table.name: table for table in metadata.sorted_tables}

    def get_table_names(self) -> list[str]:
        return list(self._tables)

    def get_pk_constraint(self, table: str) -> dict[str, Any]:
        return {"constrained_columns": [column.name for column in self._tables[table].primary_key.columns]}

    def get_foreign_keys(self, table: str) -> list[dict[str, Any]]:
        return [
            {"constrained_columns": [key.parent.name], "referred_table": key.column.table.name}
            for key in self._tables[table].foreign_keys
        ]

    def get_columns(self, table: str) -> list[dict[str, Any]]:
        return [{"name": column.name, "type": column.type} for column in self._tables[table].columns]


def proposed(*statements: str, path: Path) -> tuple[str, Mapping]:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    text = propose_mapping(sa.inspect(engine), name="shop", topics="shop.*")
    engine.dispose()
    return text, read_mapping(ConfigDocument.parse(text, "proposal.toml"))


def meanings(table: TableMapping) -> dict[str, str]:
    return {column.column: column.attribute for column in table.columns}


SHOP = [
    "\nCREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, phone TEXT, full_name TEXT, birthday DATE, gender TEXT, city TEXT,\n    wechat_openid TEXT, wechat_unionid TEXT, marketing_opt_in BOOLEAN, created_at TIMESTAMP)",
    "\nCREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers(id), total NUMERIC(12,2), status TEXT,\n    placed_at TIMESTAMP)",
    "\nCREATE TABLE order_items(order_id INTEGER, line_no INTEGER, sku TEXT, title TEXT, qty INTEGER, unit_price NUMERIC(12,2),\n    PRIMARY KEY(order_id, line_no))",
    "\nCREATE TABLE reviews(id INTEGER PRIMARY KEY, customer_id INTEGER, sku TEXT, rating INTEGER, body TEXT, created_at TIMESTAMP)",
    "\nCREATE TABLE carts(session_id TEXT, sku TEXT, qty INTEGER)",
    "\nCREATE TABLE schema_version(x INTEGER)\n",
]


def test_a_shops_tables_are_recognised(tmp_path: Path) -> None:
    text, mapping = proposed(*SHOP, path=tmp_path / "shop.db")
    tables = mapping.sources[0].tables
    assert {name: table.kind for name, table in tables.items()} == {
        "customers": "person",
        "orders": "order",
        "order_items": "order_line",
        "reviews": "feedback",
        "carts": "event",
        "schema_version": "ignore",
    }
    assert meanings(tables["customers"]) == {
        "email": "email",
        "phone": "phone",
        "full_name": "name",
        "birthday": "birthday",
        "gender": "gender",
        "city": "city",
        "wechat_openid": "wechat_openid",
        "wechat_unionid": "wechat_unionid",
        "marketing_opt_in": "consent",
        "created_at": "created_at",
    }
    assert meanings(tables["order_items"])["order_id"] == "order"
    assert tables["orders"].of("person")[0].table == "customers"
    assert tables["order_items"].key == ("order_id", "line_no")
    assert "the app's id has to be filled in" in text


def test_chinese_and_pinyin_names_are_recognised(tmp_path: Path) -> None:
    _, mapping = proposed(
        'CREATE TABLE "会员"("会员号" TEXT PRIMARY KEY, "姓名" TEXT, "手机号" TEXT, "生日" DATE, "积分" INTEGER)',
        'CREATE TABLE "小票"("小票号" INTEGER PRIMARY KEY, "会员号" TEXT, "金额" NUMERIC(12,2), "门店" TEXT, "时间" DATETIME)',
        "CREATE TABLE tuihuo(id INTEGER PRIMARY KEY, xiaopiao_id INTEGER, jine NUMERIC(12,2))",
        path=tmp_path / "pos.db",
    )
    tables = mapping.sources[0].tables
    assert {name: table.kind for name, table in tables.items()} == {
        "会员": "person",
        "小票": "order",
        "tuihuo": "return",
    }
    assert meanings(tables["会员"]) == {
        "会员号": "customer_no",
        "姓名": "name",
        "手机号": "phone",
        "生日": "birthday",
        "积分": "points",
    }
    assert meanings(tables["小票"]) == {"会员号": "person", "金额": "amount", "门店": "store", "时间": "occurred_at"}


def test_postcodes_are_proposed_as_the_trait_that_is_compared(tmp_path: Path) -> None:
    columns = ("zip", "zip_code", "postalCode", "PostCode", "邮编", "youbian", "zipper", "unzipped")
    table = ", ".join(f'"{column}" TEXT' for column in columns)
    _, mapping = proposed(
        f"CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, {table})", path=tmp_path / "zip.db"
    )
    found = meanings(mapping.sources[0].tables["customers"])
    assert found == {"email": "email"} | dict.fromkeys(columns[:6], "trait.postcode")


def test_a_middle_name_and_a_suffix_are_parts_of_the_name_and_a_mothers_maiden_name_is_none(tmp_path: Path) -> None:
    table = "first_name TEXT, middle_name TEXT, last_name TEXT, name_suffix TEXT, mothers_maiden_name TEXT"
    _, mapping = proposed(f"CREATE TABLE customers(id INTEGER PRIMARY KEY, {table})", path=tmp_path / "names.db")
    found = meanings(mapping.sources[0].tables["customers"])
    assert tuple(found.values()) == ("given_name", "given_name", "family_name", "family_name")


@pytest.mark.parametrize(
    "columns",
    [
        ("birth_year", "birth_month", "birth_day"),
        ("dob_year", "dob_month", "dob_day"),
        ("dob_y", "dob_m", "dob_d"),
        ("birthYear", "birthMonth", "birthDay"),
        ("birthday_year", "birthday_month", "birthday_day"),
        ("year_of_birth", "month_of_birth", "day_of_birth"),
        ("出生年", "出生月", "出生日"),
    ],
)
def test_a_birthday_in_three_columns_is_proposed_as_its_parts(columns: tuple[str, ...], tmp_path: Path) -> None:
    table = ", ".join(f'"{column}" INTEGER' for column in columns)
    _, mapping = proposed(f"CREATE TABLE customers(id INTEGER PRIMARY KEY, {table})", path=tmp_path / "parts.db")
    found = meanings(mapping.sources[0].tables["customers"])
    assert tuple(found.values()) == ("birth_year", "birth_month", "birth_day")


@pytest.mark.parametrize(
    "columns",
    ["birth_day TEXT", '"birthDay" TEXT, birth_year INTEGER', "birth_day DATE, birth_month INTEGER", '"出生日期" TEXT, birth_month INTEGER', "birthday TEXT, birth_month INTEGER"],
)  # fmt: skip
def test_a_birth_day_without_its_month_or_of_type_date_is_the_whole_birthday(columns: str, tmp_path: Path) -> None:
    _, mapping = proposed(f"CREATE TABLE customers(id INTEGER PRIMARY KEY, {columns})", path=tmp_path / "whole.db")
    column = columns.split(maxsplit=1)[0].strip('"')
    assert meanings(mapping.sources[0].tables["customers"])[column] == "birthday"


def test_parts_of_a_birthday_count_once_among_the_contacts_by_which_persons_are_recognised(tmp_path: Path) -> None:
    _, mapping = proposed(
        "CREATE TABLE dates(id INTEGER PRIMARY KEY, birth_year INTEGER, birth_month INTEGER, birth_day INTEGER)",
        "CREATE TABLE people(id INTEGER PRIMARY KEY, email TEXT, birth_year INTEGER)",
        path=tmp_path / "kinds.db",
    )
    assert {name: table.kind for name, table in mapping.sources[0].tables.items()} == {
        "dates": "ignore",
        "people": "person",
    }


def test_what_says_that_an_identifier_was_verified_is_none_itself(tmp_path: Path) -> None:
    text, mapping = proposed(
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, email_verified_at TIMESTAMP, emailConfirmed BOOLEAN, phone TEXT,"
        " is_phone_verified BOOLEAN, verified_card_no TEXT)",
        "CREATE TABLE members(id INTEGER PRIMARY KEY, home_phone TEXT, mobile TEXT, phone_verified BOOLEAN)",
        path=tmp_path / "verified.db",
    )
    customers, members = mapping.sources[0].tables["customers"], mapping.sources[0].tables["members"]
    assert meanings(customers) == {"email": "email", "phone": "phone", "verified_card_no": "loyalty_card"}
    assert [column.verified_by for column in customers.columns] == ["email_verified_at", "is_phone_verified", ""]
    assert meanings(members) == {"home_phone": "phone", "mobile": "phone"}
    assert [column.verified_by for column in members.columns] == ["", ""]
    assert "# email_verified_at TIMESTAMP: says what was verified" in text
    assert "# phone_verified BOOLEAN: not mapped" in text


def test_what_says_that_an_identifier_was_not_verified_does_not_verify_it(tmp_path: Path) -> None:
    statement = "CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, email_unverified BOOLEAN, 手机 TEXT, 手机未验证 INTEGER)"
    _, mapping = proposed(statement, path=tmp_path / "unverified.db")
    customers = mapping.sources[0].tables["customers"]
    assert {column.column: column.verified_by for column in customers.columns} == {"email": "", "手机": ""}


def test_a_subscriber_is_a_person_and_no_consent(tmp_path: Path) -> None:
    statement = "CREATE TABLE customers(id INTEGER PRIMARY KEY, subscriber_email TEXT, subscriberPhone TEXT, unsubscribe_token TEXT)"
    _, mapping = proposed(statement, path=tmp_path / "subscribers.db")
    customers = mapping.sources[0].tables["customers"]
    assert meanings(customers) == {"subscriber_email": "email", "subscriberPhone": "phone"}


def test_a_yes_to_no_mail_is_proposed_as_a_refusal(tmp_path: Path) -> None:
    text, mapping = proposed(
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, email_opt_in BOOLEAN, sms_opt_out BOOLEAN, unsubscribed INTEGER,"
        " do_not_email INTEGER)",
        path=tmp_path / "consents.db",
    )
    customers = mapping.sources[0].tables["customers"]
    consents = {column.column: column.values for column in customers.of("consent")}
    refusal = {"true": "withdrawn", "false": "granted", "1": "withdrawn", "0": "granted"}
    assert consents == {
        "email_opt_in": {},
        "sms_opt_out": refusal,
        "unsubscribed": refusal,
        "do_not_email": refusal,
    }
    assert [column.column for column in customers.of("email")] == ["email"]
    assert text.count("a yes means no here") == 3


def test_unsure_guesses_say_so_and_impossible_ones_are_left_out(tmp_path: Path) -> None:
    text, mapping = proposed(
        "CREATE TABLE member_log(id INTEGER PRIMARY KEY, note TEXT)",
        "CREATE TABLE user_profiles(email TEXT, phone TEXT)",
        "CREATE TABLE order_items(id INTEGER PRIMARY KEY, sku TEXT)",
        'CREATE TABLE "odd\nname"("a""b" INTEGER PRIMARY KEY)',
        path=tmp_path / "odd.db",
    )
    kinds = {name: table.kind for name, table in mapping.sources[0].tables.items()}
    assert kinds["user_profiles"] == kinds["order_items"] == kinds["odd\nname"] == "ignore"
    assert "looks like persons, but has no primary key" in text
    assert "no column could be taken for order" in text
    assert "unsure" in text


def test_types_become_the_hints_that_reading_without_a_schema_needs() -> None:
    def hints(dialect: Any, moment: Any, local: Any) -> dict[str, Any]:
        metadata = sa.MetaData()
        sa.Table(
            "orders",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("total", sa.Numeric(12, 2)),
            sa.Column("paid_at", moment),
            sa.Column("sold_at", local),
        )
        inspector: Any = FakeInspector(metadata, dialect)
        text = propose_mapping(inspector, name="s", topics="s.*")
        return dict(read_mapping(ConfigDocument.parse(text, "x")).sources[0].tables["orders"].hints)

    found = hints(POSTGRESQL, postgresql.TIMESTAMP(timezone=True), postgresql.TIMESTAMP())
    assert (found["total"].scale, found["paid_at"].unit, found["sold_at"].unit) == (2, "", "us")
    assert hints(POSTGRESQL, sa.DateTime(), postgresql.TIMESTAMP(precision=3))["sold_at"].unit == "ms"
    found = hints(MYSQL, mysql.TIMESTAMP(), mysql.DATETIME(fsp=3))
    assert (found["paid_at"].unit, found["sold_at"].unit) == ("", "ms")
    assert hints(MYSQL, mysql.TIMESTAMP(), mysql.DATETIME(fsp=6))["sold_at"].unit == "us"


def test_only_one_column_refers_to_the_person_and_foreign_keys_are_believed_first(tmp_path: Path) -> None:
    _, mapping = proposed(
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT)",
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, buyer_id INTEGER, user_id INTEGER REFERENCES customers(id))",
        "CREATE TABLE returns(id INTEGER PRIMARY KEY, buyer_id INTEGER, user_id INTEGER)",
        path=tmp_path / "two.db",
    )
    tables = mapping.sources[0].tables
    assert [column.column for column in tables["orders"].of("person")] == ["user_id"]
    assert [column.column for column in tables["returns"].of("person")] == ["buyer_id"]


def test_an_empty_database_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no tables"):
        proposed(path=tmp_path / "empty.db")


_words = [
    "customer",
    "order",
    "item",
    "id",
    "email",
    "openId",
    "opt_in",
    "opt_out",
    "verified",
    "point",
    "会员",
    "订单",
    "consent",
    "state",
    "purpose",
    "price",
    "no",
    'q"u\\',
]
_names = st.lists(st.sampled_from(_words), min_size=1, max_size=3).map("_".join)


@given(
    st.dictionaries(
        _names,
        st.tuples(st.lists(_names, min_size=1, max_size=6, unique=True), st.integers(0, 3)),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_the_tables_are_called_the_proposal_loads(tables: dict[str, tuple[list[str], int]]) -> None:
    metadata = sa.MetaData()
    for name, (columns, keys) in tables.items():
        sa.Table(
            name,
            metadata,
            *(sa.Column(column, sa.Text, primary_key=index < keys) for index, column in enumerate(columns)),
        )
    inspector: Any = FakeInspector(metadata, POSTGRESQL)
    text = propose_mapping(inspector, name="s", topics="s.*")
    assert set(read_mapping(ConfigDocument.parse(text, "x")).sources[0].tables) == set(tables)
