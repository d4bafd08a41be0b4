"""Traces: from the context in an event's header over a batch's steps and the outbox to the answer, and never a value of anybody's."""

import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from starlette.testclient import TestClient

import server
from cdc import KafkaReader, Place, Position, Publisher, RawEvent, TooManyMerges, stream_positions
from cdc.parking import Parking
from cli.settings import load_settings
from cli.traced import traced
from privacy import issue
from profiles import sweep_traces
from profiles.tables import profile_trace
from storage import Bell, ConfigError, is_tracing, outbox
from tests.canaries import Scanner
from tests.change_log import MAPPING, ChangeLog
from tests.installation import Installation, installation
from tests.integration.test_outbox import Kept
from tests.services.ports import free_port
from tests.traces import SHOP, TILL, Spans, context_of, links_of, trace_id, tracing
from tests.unit.cdc.kafka_fakes import Broker, Heard

PHONE = "13812345670"
PERSON = {"phone": PHONE, "email": "chen.xiaomei@example.com", "name": "陈小美", "city": "上海市浦东"}
STEPS = {"onefold.prepare", "onefold.identity", "onefold.profiles", "onefold.write", "onefold.commit"}
ASK = "query Chen($id: ID!) { profile(id: $id) { ... on Profile { id attributes { name value { value } } } } }"


@pytest.fixture
def one(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    rules = MAPPING.replace("max_cluster_records = 4", "max_cluster_records = 4\npause_above_merges = 1")
    with installation(tmp_path / "one", rules, database=database_url) as made:
        yield made


@pytest.fixture
def spans() -> Iterator[Spans]:
    with tracing() as found:
        yield found


def people(*contexts: str | bytes) -> list[RawEvent]:
    """Events about as many people, each under a trace's context."""
    log = ChangeLog()
    for key, _ in enumerate(contexts):
        log.put("person", key, {**PERSON, "email": f"{key}.{PERSON['email']}", "phone": f"1381234567{key}"})
    return [
        replace(event, headers={"traceparent": context if isinstance(context, bytes) else context.encode()})
        for event, context in zip(log.events, contexts, strict=True)
    ]


# ---- batches -----------------------------------------------------------------------------------------------------------


def test_a_batch_of_one_trace_goes_on_with_it_and_tells_its_steps(one: Installation, spans: Spans) -> None:
    one.ingest(people(SHOP, SHOP))
    batch = spans.one("onefold.batch")
    assert batch.context.trace_id == trace_id(SHOP)
    assert batch.parent.span_id == int(SHOP.split("-")[2], 16)
    assert batch.attributes["messaging.batch.message_count"] == 2
    assert STEPS | {"onefold.batch"} == {*spans.names()}
    parents = {span.name: span.parent.span_id for span in spans.all()}
    for name in ("onefold.prepare", "onefold.write", "onefold.commit"):
        assert parents[name] == batch.context.span_id
    for name in ("onefold.identity", "onefold.profiles"):
        assert parents[name] == spans.one("onefold.write").context.span_id


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_of_several_traces_is_linked_with_each_once(one: Installation, spans: Spans) -> None:
    one.ingest(people(SHOP, TILL, SHOP))
    batch = spans.one("onefold.batch")
    assert batch.parent is None
    assert batch.context.trace_id not in {trace_id(SHOP), trace_id(TILL)}
    assert links_of(batch) == {SHOP, TILL}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("context", [b"", b"null", b"00-zz", b"\xff" * 55, f"00-{'0' * 32}-{'0' * 16}-01".encode()])
def test_what_is_no_context_begins_a_trace_of_its_own(one: Installation, spans: Spans, context: bytes) -> None:
    assert one.ingest(people(context)).applied == 1
    batch = spans.one("onefold.batch")
    assert (batch.parent, len(batch.links)) == (None, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_context_that_a_converter_wrote_as_json_is_read(one: Installation, spans: Spans) -> None:
    one.ingest(people(f'"{SHOP}"'))
    assert spans.one("onefold.batch").context.trace_id == trace_id(SHOP)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_is_stopped_ends_with_the_kind_of_the_error_alone(one: Installation, spans: Spans) -> None:
    log = ChangeLog()
    for key in (1, 2, 3):
        log.put("person", key, {"unionid": f"o{key}", "email": f"{key}@example.com"})
    one.ingest(log.events)
    for key in (1, 2, 3):
        log.put("person", key, {"unionid": "o", "email": "same@example.com"})
    with pytest.raises(TooManyMerges):
        one.ingest(log.events)
    failed = spans.all("onefold.batch")[-1]
    assert (failed.attributes["error.type"], failed.status.is_ok, failed.events) == ("TooManyMerges", False, ())
    assert failed.status.description is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_is_prepared_while_the_one_before_it_fails_is_dropped(one: Installation, spans: Spans) -> None:
    log = ChangeLog()
    for key in (1, 2, 3):
        log.put("person", key, {"unionid": f"o{key}", "email": f"{key}@example.com"})
    one.ingest(log.events)
    for key in (1, 2, 3):
        log.put("person", key, {"unionid": "o", "email": "same@example.com"})
    log.put("receipt", 1, {"person": 1, "total": "1.00", "at": 1})
    with pytest.raises(TooManyMerges):
        one.ingest(log.events[3:], stream="later", batch=3)
    assert [ended(span) for span in spans.all("onefold.batch")] == [("", True), ("TooManyMerges", False), DROPPED]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_batch_that_a_worker_puts_back_is_dropped_and_comes_again(one: Installation, spans: Spans) -> None:
    broker, place = Broker(), Place("db.person", 0)
    broker.write(place, *(event.value for event in people(SHOP)))
    broker.give(place)
    reader = KafkaReader(broker, one.parts.pipeline, Heard(), known=lambda: positions(one))
    reader.run(lambda: bool(spans.all("onefold.prepare")))
    assert [ended(span) for span in spans.all("onefold.batch")] == [DROPPED]
    assert [at.next_offset for at in positions(one)] == [0]
    again = KafkaReader(broker, one.parts.pipeline, Heard(), known=lambda: positions(one))
    broker.give(place)
    again.run(lambda: len(spans.all("onefold.batch")) == 2)
    assert ended(spans.all("onefold.batch")[-1]) == ("", True)
    assert [at.next_offset for at in positions(one)] == [1]


DROPPED = ("Dropped", False)


def ended(span: Any) -> tuple[str, bool]:
    """The kind of what stopped a span's work, and whether it was none."""
    return span.attributes.get("error.type", ""), span.status.is_ok


def positions(one: Installation) -> list[Position]:
    with one.parts.database.read() as connection:
        return stream_positions(connection)


def test_a_retry_is_linked_with_the_events_that_were_parked(one: Installation, spans: Spans) -> None:
    [event] = people(SHOP)
    one.ingest([replace(event, value=(event.value or b"").replace(b'"phone"', b'"points": "many", "phone"'))])
    [parked] = one.parked()
    one.parts.applier.retry([parked.id])
    assert SHOP in links_of(spans.one("onefold.retry"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_retry_of_what_concerns_a_whole_table_is_linked_with_it(one: Installation, spans: Spans) -> None:
    log = ChangeLog()
    log.truncate("person")
    event = replace(log.events[0], headers={"traceparent": SHOP.encode()})
    raw = replace(event, stream="test", offset=1)
    with one.parts.database.write() as connection:
        one.parts.lot.park(connection, [Parking(raw, "unreadable", "as an older version said")], at=0)
    assert one.parts.applier.retry([parked.id for parked in one.parked()]).applied == 1
    retried = spans.one("onefold.retry")
    assert SHOP in links_of(retried)
    assert ended(retried) == ("", True)


# ---- from the change to its readers ------------------------------------------------------------------------------------


def test_publishing_goes_on_with_the_change_and_the_message_carries_its_context(
    one: Installation, spans: Spans
) -> None:
    one.ingest(people(SHOP))
    [entry] = one.rows(outbox)
    sender = Kept()
    publisher = Publisher(one.parts.database, sender, stream="publish:t", bell=Bell(), tell=print)
    publisher.publish(publisher.claim(), threading.Event())
    [message] = sender.sent
    context = dict(message.headers)["traceparent"].decode()
    assert context in entry.payload
    assert trace_id(context) == trace_id(SHOP)
    assert context in {context_of(span) for span in spans.all()}
    assert b"traceparent" not in message.value
    assert spans.one("onefold.publish").context.trace_id == trace_id(SHOP)


def ask(one: Installation, traceparent: str = "", query: str = ASK) -> str:
    api = server.asgi(one.parts, session=None)
    profile_id = UUID(bytes=min(one.shown().values()))
    token = issue(
        one.parts.keystore.long_lived("TSIG"),
        subject="ann",
        role="privacy",
        stores=["*"],
        purposes=["privacy_request"],
        now=int(time.time()),
        ttl_seconds=600,
    )
    headers = {"Authorization": f"Bearer {token}", "Onefold-Purpose": "privacy_request"}
    with TestClient(api) as client:
        body = {"query": query, "variables": {"id": str(profile_id)}}
        given = headers | ({"traceparent": traceparent} if traceparent else {})
        return client.post("/graphql", json=body, headers=given).text


def test_an_answer_goes_on_with_the_asker_s_trace_and_is_linked_with_the_change(
    one: Installation, spans: Spans
) -> None:
    one.ingest(people(SHOP))
    assert PERSON["name"] in ask(one, TILL)
    [noted] = one.rows(profile_trace)
    request, execute = spans.one("onefold.graphql"), spans.one("onefold.execute")
    assert request.context.trace_id == trace_id(TILL)
    assert request.attributes["http.response.status_code"] == 200
    assert execute.parent.span_id == request.context.span_id
    assert links_of(execute) == {noted.traceparent}
    assert trace_id(noted.traceparent) == trace_id(SHOP)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_span_tells_of_a_person(one: Installation, spans: Spans) -> None:
    one.ingest(people(SHOP, TILL))
    one.ingest(people(SHOP), stream="file:/home/somebody/till.jsonl")
    log = ChangeLog()
    log.put("person", 1, {"phone": "13812345671"})
    log.delete("person", 0)
    one.ingest(log.events, stream="later")
    ask(one, TILL, ASK.replace("attributes", f"n{PHONE}: attributes"))
    ask(one, TILL, f'{{ profileByIdentifier(type: PHONE, value: "{PHONE}") {{ __typename }} }}')
    with TestClient(server.asgi(one.parts, session=None)) as client:
        client.request(f"GET{PHONE}", f"/graphql?phone={PHONE}", headers={"User-Agent": PHONE})
    text = spans.text()
    assert b"onefold.graphql" in text
    assert b"_OTHER" in text
    assert Scanner([*PERSON.values(), PHONE]).scan(text) == set()
    for secret in (b"somebody", b"Bearer", b"profileByIdentifier"):
        assert secret not in text


# ---- what is kept, and off ---------------------------------------------------------------------------------------------


def test_what_is_noted_of_a_profile_goes_with_it(one: Installation) -> None:
    log = ChangeLog()
    log.put("person", 1, PERSON)
    log.put("person", 2, {"phone": "13987654321"})
    with tracing():
        one.ingest(log.events)
        assert len(one.rows(profile_trace)) == 2
        log.put("person", 2, {"phone": PHONE})
        one.ingest(log.events)
        assert len(one.rows(profile_trace)) == 1
        log.delete("person", 1)
        log.delete("person", 2)
        one.ingest(log.events)
        assert one.rows(profile_trace) == []


def test_off_notes_nothing_and_forgets_what_was_noted(one: Installation) -> None:
    one.ingest(people(SHOP), stream="off")
    assert one.rows(profile_trace) == []
    assert "traceparent" not in one.rows(outbox)[0].payload
    with tracing():
        one.ingest(people(SHOP, SHOP), stream="on")
        noted = len(one.rows(profile_trace))
        with one.parts.database.write() as connection:
            connection.execute(sa.insert(profile_trace).values(profile_id=bytes(16), traceparent=SHOP))
        sweep_traces(one.parts.database)
        assert len(one.rows(profile_trace)) == noted > 0, "only what is noted of nobody goes"
    with traced(one.parts):
        assert one.rows(profile_trace) == []


def test_off_loads_nothing(tmp_path: Path) -> None:
    code = "import sys, server; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (False, "", "onefold")),
        ({"toml": "http://c:4318/"}, (True, "http://c:4318/", "onefold")),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://o:1"}, (True, "", "onefold")),
        ({"toml": "http://c:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://o:1"}, (True, "", "onefold")),
        ({"toml": "http://c:1", "OTEL_SERVICE_NAME": "x"}, (True, "http://c:1", "")),
        ({"toml": "http://c:1", "OTEL_SDK_DISABLED": "true"}, (False, "http://c:1", "onefold")),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://o:1", "OTEL_TRACES_EXPORTER": "none"}, (False, "", "onefold")),
    ],
)
def test_the_variables_stand_above_the_file(
    tmp_path: Path, given: dict[str, str], expected: tuple[bool, str, str]
) -> None:
    endpoint = given.get("toml")
    file = tmp_path / "onefold.toml"
    file.write_text(f'[tracing]\nendpoint = "{endpoint}"\n' if endpoint else "", encoding="utf-8")
    found = load_settings(file, given).tracing
    assert (found.is_on, found.endpoint, found.service) == expected


def test_without_the_library_the_file_is_refused_and_the_environment_only_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "storage.opentelemetry_spans", None)
    asked = f'[tracing]\nendpoint = "http://127.0.0.1:1"\n{MAPPING}'
    refused = pytest.raises(ConfigError, match=r"tracing\.endpoint.*'\.\[tracing\]")
    with installation(tmp_path / "file", asked) as one, refused, traced(one.parts):
        pass
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    with installation(tmp_path / "environment", MAPPING) as one, traced(one.parts):
        assert "'.[tracing]'" in capsys.readouterr().err


# ---- a collector -------------------------------------------------------------------------------------------------------


class Collector(BaseHTTPRequestHandler):
    """Takes spans by OTLP over HTTP and keeps them."""

    taken: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.path, gzip.decompress(body) if self.headers.get("Content-Encoding") else body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_collector_gets_the_spans_of_a_command_at_its_end(tmp_path: Path, database_url: str) -> None:
    with tracing():
        pass  # skips where there is no library
    Collector.taken.clear()
    log = ChangeLog()
    log.put("person", 1, PERSON)
    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        text = f'{MAPPING}\n[tracing]\nendpoint = "http://127.0.0.1:{collector.server_port}"\nservice = "our-cdp"\n'
        with installation(tmp_path / "one", text, database=database_url) as one:
            with traced(one.parts):
                one.ingest(log.events)
            assert not is_tracing()
        collector.shutdown()
        thread.join()
    [(path, body)] = Collector.taken
    assert path == "/v1/traces"
    for said in (b"our-cdp", b"onefold.batch", b"onefold.commit"):
        assert said in body
    assert Scanner(PERSON.values()).scan(body) == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_collector_that_is_away_is_told_of_once_and_keeps_nobody(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with tracing():
        pass
    text = f'{MAPPING}\n[tracing]\nendpoint = "http://127.0.0.1:{free_port()}"\n'
    with installation(tmp_path / "one", text, database=database_url) as one:
        began = time.monotonic()
        with traced(one.parts):
            assert one.ingest(people(SHOP)).applied == 1
        assert time.monotonic() - began < 20
    assert capsys.readouterr().err.count("does not take them") == 1
