"""Addresses: Chinese from the province down to the room, Latin from the house number up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.parsing import Address, parse_address


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (
            "广东省广州市天河区体育西路123号天河花园3栋2单元501室",
            {"area": "440106", "road": "体育西路", "number": "123", "community": "天河花园", "building": "3", "unit": "2", "room": "501"},
        ),
        ("廣州天河區體育西路123號", {"area": "440106", "road": "体育西路", "number": "123"}),
        ("上海市浦东新区张杨路123弄45号601室", {"area": "310115", "road": "张杨路", "number": "123", "building": "45", "room": "601"}),
        ("上海张杨路123弄45号601", {"area": "310000", "road": "张杨路", "number": "123", "building": "45", "room": "601"}),
        (
            "北京市朝阳区建国路88号SOHO现代城A座1203",
            {"area": "110105", "road": "建国路", "number": "88", "community": "soho现代城", "building": "a", "room": "1203"},
        ),
        ("浙江杭州西湖区文三路阳光小区3-2-501", {"area": "330106", "road": "文三路", "community": "阳光小区", "building": "3", "unit": "2", "room": "501"}),
        ("阳光小区3-501", {"community": "阳光小区", "building": "3", "room": "501"}),
        ("三号楼二单元501", {"building": "3", "unit": "2", "room": "501"}),
        ("中山路12-3", {"road": "中山路", "number": "12-3"}),
        ("中山路12号", {"road": "中山路", "number": "12"}),
        ("中山市中山路12号", {"area": "442000", "road": "中山路", "number": "12"}),
        ("南京东路100号", {"road": "南京东路", "number": "100"}),
        ("朝阳区建国路88号", {"place": "朝阳区", "road": "建国路", "number": "88"}),
        ("浙江省义乌市稠城街道北门街18号", {"area": "330782", "road": "北门街", "number": "18"}),
        ("江苏省苏州市工业园区星湖街328号", {"area": "320500", "road": "星湖街", "number": "328"}),
        ("望京花园东区二十三号楼1201", {"community": "望京花园东区", "building": "23", "room": "1201"}),
        ("南京市鼓楼区龙湖时代天街4号楼2单元303", {"area": "320106", "road": "龙湖时代天街", "building": "4", "unit": "2", "room": "303"}),
        ("龙湖时代天街4-2-303", {"road": "龙湖时代天街", "building": "4", "unit": "2", "room": "303"}),
        ("世纪大道100号A座1203", {"road": "世纪大道", "number": "100", "building": "a", "room": "1203"}),
        ("望京西路50号院3号楼501", {"road": "望京西路", "number": "50", "building": "3", "room": "501"}),
        ("古墩路159号阳光花园(丰巢柜)3-2-501", {"road": "古墩路", "number": "159", "community": "阳光花园", "building": "3", "unit": "2", "room": "501"}),
        ("阳光花园【门卫代收】3栋501", {"community": "阳光花园", "building": "3", "room": "501"}),
        ("阳光花园（北区）3栋501", {"community": "阳光花园北区", "building": "3", "room": "501"}),
        ("深圳市龙华区民治大道3号", {"area": "440309", "road": "民治大道", "number": "3"}),
        ("龙华区民治大道3号", {"place": "龙华区", "road": "民治大道", "number": "3"}),
    ],
)  # fmt: skip
def test_a_chinese_address_falls_into_its_parts(written: str, parts: dict[str, str]) -> None:
    assert parse_address(written) == Address(**parts)


def test_a_county_that_became_a_district_is_the_same_place() -> None:
    assert parse_address("杭州临安区钱王街855号") == parse_address("浙江省临安市钱王街855号")


def test_other_columns_tell_where_a_short_address_is() -> None:
    assert parse_address("体育西路123号", "广州市", "广东省") == parse_address("广东省广州市体育西路123号")
    assert parse_address("天河区体育西路123号", "广州市") == parse_address("广州市天河区体育西路123号")
    assert parse_address("", "广州") == Address(area="440100")


@pytest.mark.parametrize(
    ("columns", "parts"),
    [
        (("12 High St, London, SW1A 1AA",), {"place": "london", "road": "high street", "number": "12", "postcode": "sw1a1aa"}),
        (("Apt 4, 12 High Street", "London"), {"place": "london", "road": "high street", "number": "12", "room": "4"}),
        (("3/45 Smith Road", "Sydney", "NSW", "2000"), {"place": "sydney", "road": "smith road", "number": "45", "room": "3", "postcode": "2000"}),
        (("Hauptstraße 12a", "München"), {"place": "munchen", "road": "hauptstrasse", "number": "12a"}),
        (("88-25 Somersby",), {"road": "somersby", "number": "88-25"}),
        (("100 - 102 High Street",), {"road": "high street", "number": "100-102"}),
        (("12, High Street",), {"road": "high street", "number": "12"}),
        (("Rose Cottage, 12, High St, London",), {"place": "rose cottage", "road": "high street", "number": "12"}),
        (("Via Roma, 12", "Torino"), {"place": "torino", "road": "via roma", "number": "12"}),
        (("Rua das Flores, 12, Centro",), {"place": "centro", "road": "rua das flores", "number": "12"}),
        (("Calle Mayor, 12 3A", "Madrid"), {"place": "madrid", "road": "calle mayor", "number": "12"}),
        (("Straße des 17. Juni 135",), {"road": "street des 17 juni", "number": "135"}),
        (("12 rue du 11 novembre",), {"road": "rue du 11 novembre", "number": "12"}),
        (("Hauptstraße 12 a",), {"road": "hauptstrasse", "number": "12a"}),
        (("6 bis rue Michel",), {"road": "rue michel", "number": "6bis"}),
        (("12 E Main St",), {"road": "east main street", "number": "12"}),
        (("c/o Mayor, C/ Mayor 8",), {"place": "c o mayor", "road": "calle mayor", "number": "8"}),
        (("Calle Mayor 8 Piso 3",), {"road": "calle mayor", "number": "8", "room": "3"}),
        (("ul. Korczaka 12 m. 41",), {"road": "ul korczaka", "number": "12", "room": "41"}),
        (("ul. Korczaka 12/41, Lodz",), {"place": "lodz", "road": "ul korczaka", "number": "12", "room": "41"}),
        (("Hauptstraße 12, 10115 Berlin",), {"place": "berlin", "road": "hauptstrasse", "number": "12", "postcode": "10115"}),
        (("Hauptstraße 12a D-10115 Berlin",), {"place": "berlin", "road": "hauptstrasse", "number": "12a", "postcode": "10115"}),
        (("10115 Berlin, Hauptstraße 12",), {"place": "berlin", "road": "hauptstrasse", "number": "12", "postcode": "10115"}),
        (("Yfkering 83, 1012 AB Hoevelaken",), {"place": "hoevelaken", "road": "yfkering", "number": "83", "postcode": "1012ab"}),
        (("Markt 3, 8660 De Panne",), {"place": "de panne", "road": "markt", "number": "3", "postcode": "8660"}),
        (("Via Roma 12, 00185 Roma (RM)",), {"place": "roma", "road": "via roma", "number": "12", "postcode": "185"}),
        (("Korczaka 12/41\n96-341 Kościan",), {"place": "koscian", "road": "korczaka", "number": "12", "room": "41", "postcode": "96341"}),
        (("12 Rose House, 1234 High St, Kent",), {"place": "1234 high st", "road": "rose house", "number": "12"}),
        (("12 High Street\nLondon\nSW1A 1AA",), {"place": "london", "road": "high street", "number": "12", "postcode": "sw1a1aa"}),
        (("100 main st apt number 5",), {"road": "main street", "number": "100", "room": "5"}),
        (("100 Main St, Unit No. 4b",), {"road": "main street", "number": "100", "room": "4b"}),
        (("9 Elm Trl Spc 12",), {"road": "elm trail", "number": "9", "room": "12"}),
        (("9 Elm Wy Trlr # 5",), {"road": "elm way", "number": "9", "room": "5"}),
        (("5 Calle Luna Apto 98",), {"road": "calle luna", "number": "5", "room": "98"}),
        (("Flat No 4, 12 High Street",), {"road": "high street", "number": "12", "room": "4"}),
        (("12 Flat Rock Road",), {"road": "flat rock road", "number": "12"}),
        (("100 Open Space Road",), {"road": "open space road", "number": "100"}),
        (("12 No Mans Lane",), {"road": "no mans lane", "number": "12"}),
        (("100 main st apt 3020",), {"road": "main street", "number": "100", "room": "3020"}),
        (("100 main st apt 4 62704",), {"road": "main street", "number": "100", "room": "4", "postcode": "62704"}),
        (("PO Box 28056",), {"road": "po box", "number": "28056"}),
        (("PO Box 12, Springfield 62704",), {"place": "springfield", "road": "po box", "number": "12", "postcode": "62704"}),
        (("47941 county road 2224",), {"road": "county road 2224", "number": "47941"}),
        (("5 Hwy. 1200, Austin 78701",), {"place": "austin", "road": "highway 1200", "number": "5", "postcode": "78701"}),
        (("12 Smith Road, 2000",), {"road": "smith road", "number": "12", "postcode": "2000"}),
        (("Unit 5 62704",), {"number": "62704", "room": "5"}),
        (("1600 Pennsylvania Ave, Washington, DC 20500",), {"place": "washington", "road": "pennsylvania avenue", "number": "1600", "postcode": "20500"}),
    ],
)  # fmt: skip
def test_a_latin_address_falls_into_its_parts(columns: tuple[str, ...], parts: dict[str, Any]) -> None:
    assert parse_address(*columns) == Address(**parts)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("62704", "62704"),
        ("62704-1234", "62704"),
        ("627041234", "62704"),
        ("02139", "2139"),
        ("2139", "2139"),
        ("02139-0001", "2139"),
        ("00501", "501"),
        ("SW1A 1AA", "sw1a1aa"),
        ("100-0001", "1000001"),
        ("510620", "510620"),
        ("010010", "10010"),
    ],
)
def test_a_postcode_has_one_form(written: str, code: str) -> None:
    assert parse_address("12 High St", postcode=written) == Address(road="high street", number="12", postcode=code)


def test_zeros_are_no_postcode() -> None:
    for zeros in ("00000", "0", "00000-0000", "000000"):
        assert parse_address("", postcode=zeros) is None


def test_a_postcode_at_the_end_has_the_same_form() -> None:
    assert parse_address("1 Main St, Cambridge, MA 02139-4307") == parse_address(
        "1 Main St, Cambridge", postcode="2139"
    )


def test_an_empty_address_is_missing() -> None:
    assert parse_address("") is None
    assert parse_address("无", "-", "") is None


@given(
    st.text(max_size=30) | st.text("广东省州市天河区中山路花园一二三十号楼栋单元室-12A ", max_size=24),
    st.text(max_size=6),
)
def test_no_writing_breaks_the_reader(written: str, city: str) -> None:
    assert parse_address(written, city) == parse_address(f" {written}\n", city)
