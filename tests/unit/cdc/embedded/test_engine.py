"""The engine's callbacks, with a stand-in for Java: what is kept is confirmed, errors are raised."""

import json
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from cdc.embedded.engine import Engine, EngineEvent
from cdc.embedded.errors import EngineFailed, SourceLost

TRACE = 'org.postgresql.util.PSQLException: FATAL: database "x" does not exist\n\tat org.postgresql.Driver'


class FakeJava:
    """Gives classes by name; the engine that is built runs ``script`` with the callbacks that it was given."""

    def __init__(self, script: Callable[["FakeJava"], None]) -> None:
        self.script = script
        self.callbacks: dict[str, Any] = {}
        self.confirmed: list[Any] = []
        self.finished = 0
        self.closed = threading.Event()

    def JClass(self, name: str) -> Any:  # noqa: N802 - Java's name
        if name.endswith("DebeziumEngine"):
            return SimpleNamespace(create=lambda *formats: self)
        return lambda: SimpleNamespace(setProperty=lambda *_: None, writeValueAsString=json.dumps)

    def JProxy(self, interface: str, *, dict: dict[str, Any]) -> None:  # noqa: A002, N802 - as jpype has it
        self.callbacks.update(dict)

    def using(self, _: Any) -> "FakeJava":
        return self

    notifying = using

    def build(self) -> Any:
        return SimpleNamespace(run=lambda: self.script(self), close=self.closed.set)

    def markProcessed(self, record: Any) -> None:  # noqa: N802 - Java's name
        self.confirmed.append(record)

    def markBatchFinished(self) -> None:  # noqa: N802 - Java's name
        self.finished += 1

    def hand(self, *records: Any) -> None:
        self.callbacks["handleBatch"](records, self)


def record(lsn: int, **headers: str) -> Any:
    source = SimpleNamespace(sourcePartition=lambda: {"server": "shop"}, sourceOffset=lambda: {"lsn": lsn})
    listed = [SimpleNamespace(getKey=lambda name=name: name, getValue=lambda v=v: v) for name, v in headers.items()]
    return SimpleNamespace(
        sourceRecord=lambda: source,
        headers=lambda: listed,
        destination=lambda: "shop.public.customers",
        key=lambda: '{"id":1}',
        value=lambda: None,
    )


def run(java: FakeJava, keep: Callable[[Sequence[EngineEvent]], None] = lambda events: None) -> None:
    Engine(java, {"name": "x"}, keep).run(lambda: False)


def test_events_come_with_their_headers_and_the_place_that_is_safe() -> None:
    kept: list[EngineEvent] = []
    run(FakeJava(lambda java: java.hand(record(1), record(2, **{"__debezium.newkey": '{"id":2}'}))), kept.extend)
    assert [event.headers for event in kept] == [{}, {"__debezium.newkey": '{"id":2}'}]
    assert [event.safe and event.safe.offset for event in kept] == [None, '{"lsn": 1}']


def test_only_what_is_safe_is_confirmed_also_when_it_came_a_batch_before() -> None:
    records = [record(1), record(1), record(2)]

    def script(java: FakeJava) -> None:
        java.hand(*records[:2])
        assert (java.confirmed, java.finished) == ([], 1)
        java.hand(records[2])

    java = FakeJava(script)
    run(java)
    assert (java.confirmed, java.finished) == ([records[1]], 2)


def test_a_batch_that_cannot_be_kept_is_not_confirmed_and_its_error_is_raised() -> None:
    def script(java: FakeJava) -> None:
        try:
            java.hand(record(1), record(2))
        except LookupError as error:
            java.callbacks["handle"](False, "stopped", error)

    def refuse(_: Sequence[EngineEvent]) -> None:
        raise LookupError("mine")

    java = FakeJava(script)
    with pytest.raises(LookupError, match="mine"):
        run(java, refuse)
    assert (java.confirmed, java.finished) == ([], 0)


@pytest.mark.parametrize(("before", "kind"), [((), EngineFailed), (("pollingStarted",), SourceLost)])
def test_an_error_that_is_only_reported_is_raised(before: tuple[str, ...], kind: type[Exception]) -> None:
    def script(java: FakeJava) -> None:
        for callback in before:
            java.callbacks[callback]()
        java.callbacks["handle"](False, "no", SimpleNamespace(stacktrace=lambda: TRACE))

    with pytest.raises(kind, match='database "x" does not exist'):
        run(FakeJava(script))


def test_an_error_of_its_own_is_raised() -> None:
    def script(_: FakeJava) -> None:
        raise RuntimeError("java.lang.OutOfMemoryError: heap")

    with pytest.raises(EngineFailed, match="heap"):
        run(FakeJava(script))


def test_it_ends_when_it_is_told_to() -> None:
    def script(java: FakeJava) -> None:
        java.closed.wait()

    java = FakeJava(script)
    Engine(java, {}, lambda events: None).run(lambda: True)
    assert java.closed.is_set()
