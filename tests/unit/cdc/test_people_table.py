"""Tables of people in files of separated values: what is read as what, and what is refused with its line and its mend."""

import pytest

from cdc import PeopleTable, PeopleTableError, Told, read_people
from identity import FieldValue


def read(text: str, **told: object) -> PeopleTable:
    return read_people(text.splitlines(keepends=True), Told(**told))  # type: ignore[arg-type]  # each by its name


def attributes(table: PeopleTable) -> dict[str, str]:
    return {"+".join(column.names): column.attribute for column in table.columns}


def values(table: PeopleTable, row: str) -> dict[tuple[str, int], str]:
    return {(each.attribute, each.slot): str(each.value) for each in table.records[row]}


def test_columns_are_guessed_by_their_names() -> None:
    table = read("Full Name,Mobile,E-Mail,Date of birth,Suburb,ZIP,SSN,notes\nAnn Lee,1,2,3,4,5,6,7\n")
    assert attributes(table) == {
        "Full Name": "name",
        "Mobile": "phone",
        "E-Mail": "email",
        "Date of birth": "birthday",
        "Suburb": "city",
        "ZIP": "trait.postcode",
        "SSN": "national_id",
        "notes": "",
    }
    assert values(table, "1")["name", 0] == "Ann Lee"
    assert ("", 0) not in values(table, "1")


def test_chinese_columns_are_guessed_too() -> None:
    assert attributes(read("姓名,手机号,生日,地址,unionid\n陈小美,1,2,3,4\n")) == {
        "姓名": "name",
        "手机号": "phone",
        "生日": "birthday",
        "地址": "address",
        "unionid": "wechat_unionid",
    }


@pytest.mark.parametrize("column", ["birth_place", "birthplace", "place_of_birth", "birth_name", "BirthCity", "出生地"])
def test_where_somebody_was_born_is_no_birthday(column: str) -> None:
    assert attributes(read(f"name,{column},date_of_birth\nx,y,z\n")) | {"name": "name"} == {
        "name": "name",
        column: "",
        "date_of_birth": "birthday",
    }


def test_the_parts_of_an_address_are_one_in_the_order_of_the_file() -> None:
    table = read("name,street_number,address_1,address_2,city\nx,7,Wallaby Place,,Cleveland\n")
    assert attributes(table)["street_number+address_1+address_2"] == "address"
    assert values(table, "1")["address", 0] == "7 Wallaby Place"


def test_two_whole_addresses_stay_two() -> None:
    table = read("name,home_address,work_address\nx,1 Elm Road,2 Oak Road\n")
    assert values(table, "1") | {("name", 0): "x"} == {
        ("name", 0): "x",
        ("address", 0): "1 Elm Road",
        ("address", 1): "2 Oak Road",
    }


def test_a_day_of_birth_is_the_whole_date_unless_the_month_stands_beside_it() -> None:
    assert attributes(read("name,birth_day\nx,1990-05-06\n"))["birth_day"] == "birthday"
    apart = attributes(read("name,birth_year,birth_month,birth_day\nx,1990,5,6\n"))
    assert apart["birth_day"] == "birth_day"


def test_what_is_told_comes_before_what_is_guessed() -> None:
    told = {"no+road": "address", "phone": "", "who": "name"}
    table = read("no,road,phone,who\n7,Elm Road,555,Ann\n", columns=told)
    assert attributes(table) == {"no+road": "address", "phone": "", "who": "name"}
    assert values(table, "1") == {("address", 0): "7 Elm Road", ("name", 0): "Ann"}


def test_rows_are_named_by_a_column_and_persons_are_no_evidence() -> None:
    table = read("email,customer_no,phone\na@b.c,7,A\nd@e.f, ,B\n", key="phone", truth="customer_no")
    assert attributes(table) == {"email": "email", "customer_no": "", "phone": ""}
    assert (list(table.records), table.truth) == (["A", "B"], {"A": "7"})


@pytest.mark.parametrize(
    ("order", "day"), [("dmy", "1965-04-03"), ("mdy", "1965-03-04"), ("", "03/04/1965")], ids=["dmy", "mdy", "untold"]
)
def test_birthdays_that_end_with_their_year_are_read_as_told(order: str, day: str) -> None:
    table = read("name,dob\nx,03/04/1965\n", date_order=order)
    assert values(table, "1")["birthday", 0] == day


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_what_stands_between_values(delimiter: str) -> None:
    table = read(f"name{delimiter}phone{delimiter}email\nAnn{delimiter}555{delimiter}a@b.c\n")
    assert values(table, "1") == {("name", 0): "Ann", ("phone", 0): "555", ("email", 0): "a@b.c"}


def test_a_delimiter_that_is_told_is_believed() -> None:
    assert values(read("name~phone\nAnn~5,5\n", delimiter="~"), "1")["phone", 0] == "5,5"


def test_quoted_values_hold_line_breaks_and_empty_lines_are_no_rows() -> None:
    table = read('name,address\n"Lee, Ann","1 Elm Road\nTown"\n\nBob,2\n')
    assert list(table.records) == ["1", "2"]
    assert values(table, "1")["name", 0] == "Lee, Ann"


REFUSED = {
    "empty": ("", {}, "the file is empty"),
    "a column twice": ("name,name\nx,y\n", {}, "'name' twice"),
    "nothing known": ("foo,bar\nx,y\n", {}, "--is COLUMN=ATTRIBUTE"),
    "a value too few": ("name,phone\nx,1\nsecret\n", {}, "line 3 has 1 values, the header 2"),
    "a value too many": ("name,phone\nsecret,1,2\n", {}, "line 2 has 3 values"),
    "a quote that never ends": ('name,phone\n"secret,1\n', {}, "line 2 cannot be read"),
    "no such key": ("name,phone\nx,1\n", {"key": "nme"}, "no column 'nme'; did you mean 'name'"),
    "no such truth": ("name,phone\nx,1\n", {"truth": "who"}, "there are 'name', 'phone'"),
    "no such column": ("name,phone\nx,1\n", {"columns": {"fone": "phone"}}, "did you mean 'phone'"),
    "no such attribute": ("name,phone\nx,1\n", {"columns": {"name": "nam"}}, "did you mean 'name'"),
    "a key twice": (
        "name,no\nx,secret\ny,secret\n",
        {"key": "no"},
        "line 3: the key 'no' is the same as in an earlier",
    ),
    "no key": ("name,no\nx,\n", {"key": "no"}, "line 2: the key 'no' is empty"),
}


@pytest.mark.parametrize(("text", "told", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_with_its_place(text: str, told: dict[str, object], says: str) -> None:
    with pytest.raises(PeopleTableError) as caught:
        read(text, **told)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_attribute_slot_is_the_columns_place_among_its_kind() -> None:
    table = read("name,phone,mobile\nx,,555\n")
    assert table.records["1"] == [FieldValue("name", 0, "x"), FieldValue("phone", 1, "555")]
