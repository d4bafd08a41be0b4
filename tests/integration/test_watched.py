"""What watchers are told of a running installation: its numbers, whether it is alive, whether it is ready."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from starlette.testclient import TestClient

import server
from cdc import TooManyMerges
from cli.operations import not_ready, watched
from privacy import destroy_pending, issue
from storage import insert
from tests.canaries import Scanner
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation
from tests.services.ports import free_port

PHONE = "13812345670"
QUERIES = (
    "{ me { role } }",
    "{ me { role } } #",
    "query A { me { role } }",
    '{ node(id: "x") { id } }',  # executed, though with an error
    "mutation { nothing }",
    "{ no",
)


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    rules = MAPPING.replace("max_cluster_records = 4", "max_cluster_records = 4\npause_above_merges = 1")
    with installation(tmp_path / "one", rules, database=database_url) as made:
        yield made


@pytest.fixture
def address(one: Installation) -> Iterator[str]:
    port = free_port()
    with watched(one.parts, port, command="ingest"):
        yield f"http://127.0.0.1:{port}"


def numbers(address: str) -> dict[str, float]:
    """Every sample by its name and labels, as Prometheus reads it."""
    answer = httpx.get(f"{address}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def since(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0) - before.get(name, 0)


def test_events_batches_and_profiles_are_counted(one: Installation, address: str) -> None:
    before = numbers(address)
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE, "name": "陈小美"})
    log.put("person", 2, {"phone": "13812345671"})
    one.ingest(log.events, batch=1)
    log.put("person", 2, {"phone": PHONE})
    log.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    log.put("receipt", 2, {"person": 1, "total": "a lot", "at": 1})
    one.ingest(log.events, batch=1)
    after = numbers(address)
    counted = {o: since(before, after, f'onefold_events_total{{outcome="{o}"}}') for o in ("applied", "seen", "parked")}
    assert counted == {"applied": 4, "seen": 2, "parked": 1}
    assert since(before, after, "onefold_batch_seconds_count") == 7
    changes = {k: since(before, after, f'onefold_profile_changes_total{{kind="{k}"}}') for k in ("created", "merged")}
    assert changes == {"created": 2, "merged": 1}
    is_postgres = not one.parts.database.is_sqlite
    alone = 'onefold_identity_lock_wait_seconds_count{mode="alone"}'
    assert (since(before, after, alone) > 0) == is_postgres


def test_the_state_of_the_database_is_told(one: Installation, address: str) -> None:
    log = ChangeLog()
    log.put("person", 1, {"phone": PHONE})
    log.put("receipt", 1, {"person": 1, "total": "a lot", "at": 1})
    one.ingest(log.events, stream="topic 0")
    with one.parts.database.write() as connection:
        insert(connection, destroy_pending, [{"incarnation": bytes(16), "requested_at": 1}])
    one.ingest([], stream="file:/home/somebody/till.jsonl")
    found = numbers(address)
    assert found["onefold_database_up"] == 1
    assert found['onefold_stream_position{stream="topic 0"}'] == 2
    assert [name for name in found if name.startswith("onefold_parked_events")] == [
        'onefold_parked_events{code="wrong_type"}'
    ]
    assert found["onefold_key_destructions_pending"] == 1
    assert found["onefold_outbox_unpublished"] == 2
    assert found["onefold_streams_paused"] == 0
    assert not any("somebody" in name for name in found)


def test_a_stream_that_waits_for_a_persons_word_is_told(one: Installation, address: str) -> None:
    log = ChangeLog()
    for key in (1, 2, 3):
        log.put("person", key, {"unionid": f"o{key}", "email": f"{key}@example.com"})
    one.ingest(log.events)
    for key in (1, 2, 3):
        log.put("person", key, {"unionid": "o", "email": "same@example.com"})
    with pytest.raises(TooManyMerges):
        one.ingest(log.events)
    assert numbers(address)["onefold_streams_paused"] == 1


def test_no_number_tells_of_a_person(one: Installation, address: str) -> None:
    log = ChangeLog()
    person = {"phone": PHONE, "email": "chen.xiaomei@example.com", "name": "陈小美", "city": "上海市浦东"}
    for key in (1, 2, 3):
        log.put("person", key, {**person, "email": f"{key}.{person['email']}"})
    one.ingest(log.events)
    page = httpx.get(f"{address}/metrics").content
    assert b"onefold_profile_changes_total" in page
    assert Scanner(person.values()).scan(page) == set()
    for profile_id in one.shown().values():
        assert profile_id.hex() not in page.decode()
    assert not re.search(rb"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-", page)


def test_it_is_not_ready_while_destruction_is_owed(one: Installation, address: str) -> None:
    assert httpx.get(f"{address}/readyz").json() == {"ready": True}
    now = int(time.time() * 1_000_000)
    with one.parts.database.write() as connection:
        insert(connection, destroy_pending, [{"incarnation": bytes(16), "requested_at": now}])
    assert httpx.get(f"{address}/readyz").status_code == 200
    with one.parts.database.write() as connection:
        insert(connection, destroy_pending, [{"incarnation": bytes(15) + b"1", "requested_at": now - 61_000_000}])
    answer = httpx.get(f"{address}/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "DESTRUCTION_OWED")


def test_each_reason_has_its_code(one: Installation, address: str) -> None:
    key_file = one.parts.settings.key_file
    key_file.rename(key_file.with_suffix(".away"))
    answer = httpx.get(f"{address}/readyz")
    assert answer.json()["code"] == "KEYS"
    assert str(one.folder) not in answer.text, "not everybody's to know"
    key_file.with_suffix(".away").rename(key_file)
    with one.parts.keystore_database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    assert httpx.get(f"{address}/readyz").json()["code"] == "REVISION"
    with one.parts.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("DROP TABLE stream_position")
    assert numbers(address)["onefold_database_up"] == 0
    assert httpx.get(f"{address}/healthz").text == "ok"


def test_a_database_that_does_not_answer_is_a_reason(
    one: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = sa.create_engine(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    monkeypatch.setattr(one.parts.database, "engine", nowhere)
    found = not_ready(one.parts)
    assert found is not None
    assert found.code == "DATABASE"


def test_graphql_is_measured_by_the_kind_of_its_operation(one: Installation) -> None:
    with TestClient(server.asgi(one.parts, session=None)) as client:
        token = issue(
            one.parts.keystore.long_lived("TSIG"),
            subject="s",
            role="privacy",
            stores=["*"],
            purposes=["customer_service"],
            ttl_seconds=60,
            now=int(time.time()),
        )
        headers = {"Authorization": f"Bearer {token}", "Onefold-Purpose": "customer_service"}
        before = _samples()
        for query in QUERIES:
            client.post("/graphql", json={"query": query}, headers=headers)
        client.post("/graphql", json={"query": "{ me { role } }"})
        client.get("/graphql")
    after = _samples()
    seen = {k: after.get(k, 0) - before.get(k, 0) for k in after if after.get(k, 0) != before.get(k, 0)}
    assert seen == {("operation", "query"): 4, ("operation", "invalid"): 2, ("status", "401"): 1, ("status", "405"): 1}


def _samples() -> dict[tuple[str, str], float]:
    names = ("onefold_graphql_seconds_count", "onefold_graphql_refused_total")
    return {
        pair: sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        for pair in sample.labels.items()
        if sample.name in names
    }
