"""What explain names of values that two records share and that count as missing: each reason, through GraphQL and the command line."""

import json
import re
from collections.abc import Collection, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.engine import Connection

from cli.reasons import why_ignored
from identity import CellReader
from tests.change_log import ChangeLog
from tests.installation import Installation, installation
from tests.integration.test_cli import Onefold
from tests.integration.test_graphql_stewards import Api

MAPPING = """
[identity]
model = "model.json"
[identity.blocked]
phone = ["139 1234 5001"]
[identity.identifiers.customer_no]
generic_above = 2
generic_above_records = 2
[[source]]
name = "db"
topics = "db.*"
channel = "store"
currency = "CNY"
[source.tables.person]
kind = "person"
key = ["id"]
[source.tables.person.columns]
hotline = { is = "phone" }
till = { is = "phone" }
office = { is = "email" }
email = { is = "email", verified_by = "checked" }
card = { is = "loyalty_card" }
number = { is = "customer_no" }
openid = { is = "wechat_openid", app = "wx1" }
openid_here = { is = "wechat_openid", app = "wx2" }
alipay = { is = "alipay_id" }
device = { is = "device_id" }
born = { is = "birthday" }
"""

LONG_CARD = "90210" * 101
SHARED = {
    "hotline": "13912345001",
    "till": "13912345002",
    "office": "kefu@example.com",
    "email": "mei.chen@example.com",
    "checked": False,
    "card": LONG_CARD,
    "number": "K-0000777",
    "born": "1985-05-05",
}
NAMED = {
    ("phone", "blocked"): "13912345001",
    ("phone", "learned"): "+8613912345002",
    ("email", "role_mailbox"): "kefu@example.com",
    ("email", "unverified"): "mei.chen@example.com",
    ("loyalty_card", "too_long"): LONG_CARD,
    ("customer_no", "generic"): "K0000777",
    ("birthday", "learned"): "1985-05-05",
    ("wechat_openid", "other_app"): "oSameOpenid0001",
}
LEFT, RIGHT, THIRD, PLAIN = 1, 2, 3, 4
QUERY = """
query ($left: ID!, $right: ID!) { explain(left: $left, right: $right) {
  apart { reason } ignored { record { id } kind reason value { value masked access } }
} }
"""


def rows() -> ChangeLog:
    log = ChangeLog()
    log.put(
        "person", LEFT, {**SHARED, "openid": "oSameOpenid0001", "alipay": "2088000000000001", "device": "till-0001"}
    )
    log.put("person", RIGHT, {**SHARED, "openid_here": "oSameOpenid0001", "device": "till-0001"})
    log.put("person", THIRD, {"number": SHARED["number"]})
    log.put("person", PLAIN, {"alipay": "2088000000000009", "openid": "oOtherOpenid009", "born": "1985-05-06"})
    return log


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """Give an installation whose model has learned a phone and a birthday."""
    model = json.loads((files("identity") / "models" / "chinese.json").read_bytes())
    model["placeholders"] = {"phone": [NAMED["phone", "learned"]], "birthday": ["19850505"]}
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "model.json").write_text(json.dumps(model))
    with installation(tmp_path / "one", MAPPING, database=database_url) as made:
        assert not made.ingest(rows().events).parked
        yield made


@pytest.fixture
def api(one: Installation) -> Iterator[Api]:
    made = Api(one)
    with made.client:
        yield made


@pytest.fixture
def onefold(one: Installation) -> Onefold:
    return Onefold(one.folder, ONEFOLD_DATABASE=one.parts.settings.database, COLUMNS="200")


def ask(api: Api, left: int, right: int, **who: Any) -> Any:
    return api.data(QUERY, {"left": api.id(left), "right": api.id(right)}, **who)["explain"]


def test_each_reason_is_named_with_its_value_for_who_may_see_it(api: Api) -> None:
    found = ask(api, LEFT, RIGHT, role="manager")
    assert found["apart"] is not None
    for record in (LEFT, RIGHT):
        named = {(i["kind"], i["reason"]): i["value"] for i in found["ignored"] if i["record"]["id"] == api.id(record)}
        assert {what: value["value"] for what, value in named.items()} == NAMED
        assert {value["access"] for value in named.values()} == {"CLEAR"}


def test_the_values_are_masked_for_a_role_without_the_right(api: Api) -> None:
    answer = api.ask(QUERY, {"left": api.id(LEFT), "right": api.id(RIGHT)}, role="steward")
    values = [each["value"] for each in answer["data"]["explain"]["ignored"]]
    assert len(values) == 2 * len(NAMED)
    assert {(value["access"], value["value"]) for value in values} == {("MASKED", None)}
    masked = {value["masked"] for value in values}
    assert {"•••• 5001", "•••• 5002", "•••• 0777", "k•••@•••.com", "••••-••-••"} <= masked
    shown = json.dumps(answer, ensure_ascii=False)
    assert not [value for value in NAMED.values() if value in shown]


def test_who_reads_a_value_is_audited(api: Api) -> None:
    ask(api, LEFT, RIGHT, role="manager")
    (entry,) = api.audited()
    assert (entry.action, entry.decision, entry.rows) == ("query:explain", "clear", 2 * len(NAMED))
    assert {"phone", "email", "evidence"} <= set(json.loads(entry.fields))


def test_the_command_line_names_each_reason_and_no_value(onefold: Onefold) -> None:
    told = onefold.json("identity", "explain", "db/person/1", "db/person/2")
    for end in (told["left"], told["right"]):
        assert {(each["kind"], each["reason"]) for each in end["ignored"]} == NAMED.keys()
        assert all(each["means"] == why_ignored(each["reason"]) for each in end["ignored"])
    result = onefold.run("identity", "explain", "db/person/1", "db/person/2")
    assert result.exit_code == 0, result.output
    for kind, reason in NAMED:
        for end in (1, 2):
            row = rf"db/person/{end}\W+{kind}\W+{re.escape(why_ignored(reason))}"
            assert re.search(row, result.stdout), row
    assert not [value for value in {*NAMED.values(), *map(str, SHARED.values())} - {"False"} if value in result.output]


def test_the_command_line_names_a_kind_once_however_many_columns_hold_such_a_value(
    onefold: Onefold, one: Installation
) -> None:
    log = rows()
    log.put("person", PLAIN, {"hotline": SHARED["hotline"], "till": SHARED["hotline"]})
    one.ingest(log.events)
    told = onefold.json("identity", "explain", f"db/person/{PLAIN}", f"db/person/{THIRD}")["left"]["ignored"]
    assert [(each["kind"], each["reason"]) for each in told] == [("phone", "blocked")]


def test_what_counts_is_not_named(api: Api) -> None:
    """An openid beside none, another one of the same app, an account, a date that nobody learned."""
    found = ask(api, LEFT, PLAIN, role="manager")["ignored"]
    assert ("wechat_openid", "other_app") not in {(each["kind"], each["reason"]) for each in found}
    assert not [each for each in found if each["record"]["id"] == api.id(PLAIN)]
    third = [each for each in ask(api, LEFT, THIRD)["ignored"] if each["record"]["id"] == api.id(THIRD)]
    assert [(each["kind"], each["reason"]) for each in third] == [("customer_no", "generic")]


def test_no_other_records_values_are_opened(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Collection[bytes]] = []
    real = CellReader.cells

    def cells(self: CellReader, connection: Connection, incarnations: Collection[bytes], *rest: Any) -> Any:
        opened.append(incarnations)
        return real(self, connection, incarnations, *rest)

    monkeypatch.setattr(CellReader, "cells", cells)
    assert "errors" not in api.decide("linkRecords", LEFT, THIRD)
    opened.clear()
    ask(api, LEFT, RIGHT)
    (asked,) = opened
    assert {str(UUID(bytes=incarnation)) for incarnation in asked} == {api.id(LEFT), api.id(RIGHT)}
