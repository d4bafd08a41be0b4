"""Debezium's engine in this process: its batches as raw events, with what is behind them confirmed only when it is kept.

Everything of Java that Onefold touches is in this file and in :mod:`cdc.embedded.jvm`. The engine reports errors to a callback and
ends as if nothing had happened; here they are raised.

Source: Debezium 3.6 documentation, "Debezium Engine"; interfaces ``DebeziumEngine``, ``EmbeddedEngineChangeEvent``.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdc.capture.trace import reason_of
from cdc.embedded.errors import EngineFailed, SourceLost
from cdc.embedded.places import EnginePlace, SafePlaces

_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One event as the engine gives it: JSON as text; ``value`` None is a tombstone.

    ``place`` is its own; ``safe`` is the last place before this event that is safe to go on from, None when none was passed yet.
    """

    topic: str
    key: str | None
    value: str | None
    headers: Mapping[str, str | None]
    place: EnginePlace
    safe: EnginePlace | None


#: Keeps a batch; what it raises ends the engine, and nothing of the batch counts as read.
Keep = Callable[[Sequence[EngineEvent]], None]


class Engine:
    """One engine; runs once, a Java virtual machine is started before."""

    def __init__(self, jpype: Any, configuration: Mapping[str, str], keep: Keep) -> None:
        """``keep`` is called in a thread of the engine's, for one batch after the other.

        :class:`EngineFailed` when it cannot be made with this configuration.
        """
        self._jpype = jpype
        self._keep = keep
        self._places = SafePlaces()
        self._mapper = jpype.JClass("com.fasterxml.jackson.databind.ObjectMapper")()
        self._last: Any = None
        self._safe: Any = None
        self._failure: BaseException | None = None
        self._reason = ""
        self._has_begun = False
        self._is_ended = threading.Event()
        try:
            self._engine = self._build(configuration)
        except Exception as error:  # noqa: BLE001 - Java's exceptions have no common class in Python
            raise EngineFailed(_told(error)) from None

    def run(self, is_over: Callable[[], bool]) -> None:
        """Read until ``is_over`` says so, or raises; what a batch raised is raised.

        An error of Debezium's is raised as :class:`SourceLost` or, when it never began to read, as :class:`EngineFailed`.
        """
        thread = threading.Thread(target=self._run, name="debezium", daemon=True)
        thread.start()
        try:
            while not self._is_ended.wait(_POLL_SECONDS) and not is_over():
                pass
        finally:
            self._close()
            thread.join()
        if self._failure is not None:
            raise self._failure
        if self._reason:
            raise (SourceLost if self._has_begun else EngineFailed)(self._reason)

    def _run(self) -> None:
        try:
            self._engine.run()
        except Exception as error:  # noqa: BLE001 - Java's exceptions have no common class in Python
            self._reason = self._reason or _told(error)
        finally:
            self._is_ended.set()

    def _close(self) -> None:
        if self._is_ended.is_set():
            return
        try:
            self._engine.close()
        except Exception:  # noqa: BLE001 - it ended by itself meanwhile
            self._is_ended.wait()

    def _build(self, configuration: Mapping[str, str]) -> Any:
        java = self._jpype.JClass
        properties = java("java.util.Properties")()
        for key, value in configuration.items():
            properties.setProperty(key, value)
        json = java("io.debezium.engine.format.Json")
        # With three formats, and only then, events have headers.
        builder = java("io.debezium.engine.DebeziumEngine").create(json, json, json)
        for callback in (_completion(self._jpype, self._complete), _connector(self._jpype, self._begin)):
            builder = builder.using(callback)
        return builder.using(properties).notifying(_consumer(self._jpype, self._handle)).build()

    def _begin(self) -> None:
        self._has_begun = True

    def _complete(self, is_good: Any, message: Any, error: Any) -> None:
        if not is_good and self._failure is None:
            self._reason = _told(error) or reason_of(str(message or "")) or "the engine ended without a reason"

    def _handle(self, records: Any, committer: Any) -> None:
        try:
            self._keep([self._event(record) for record in records])
        except BaseException as error:
            self._failure = error
            raise
        if self._safe is not None:
            committer.markProcessed(self._safe)
            self._safe = None
        committer.markBatchFinished()

    def _event(self, record: Any) -> EngineEvent:
        source = record.sourceRecord()
        place = EnginePlace(self._json(source.sourcePartition()), self._json(source.sourceOffset()))
        if self._places.pass_event(place):
            self._safe = self._last
        self._last = record
        headers = {str(header.getKey()): _text(header.getValue()) for header in record.headers()}
        return EngineEvent(
            str(record.destination()), _text(record.key()), _text(record.value()), headers, place, self._places.safe
        )

    def _json(self, java_map: Any) -> str:
        return str(self._mapper.writeValueAsString(java_map))


def write_offsets(jpype: Any, file: Path, name: str, place: EnginePlace) -> None:
    """Write the engine's store of offsets, as ``FileOffsetBackingStore`` reads it, with one place in it."""
    java = jpype.JClass
    mapper = java("com.fasterxml.jackson.databind.ObjectMapper")()
    entries = java("java.util.HashMap")()
    key = f"[{mapper.writeValueAsString(name)},{place.partition}]"
    entries.put(jpype.JArray(jpype.JByte)(key.encode()), jpype.JArray(jpype.JByte)(place.offset.encode()))
    stream = java("java.io.ObjectOutputStream")(java("java.io.FileOutputStream")(str(file)))
    stream.writeObject(entries)
    stream.close()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _told(error: Any) -> str:
    """Say what Debezium failed at, without what may be somebody's value."""
    if error is None:
        return ""
    return reason_of(str(error.stacktrace()) if hasattr(error, "stacktrace") else str(error))


def _consumer(jpype: Any, handle: Callable[[Any, Any], None]) -> Any:
    methods = {"handleBatch": handle, "supportsTombstoneEvents": lambda: True}
    return jpype.JProxy("io.debezium.engine.DebeziumEngine$ChangeConsumer", dict=methods)


def _completion(jpype: Any, complete: Callable[[bool, Any, Any], None]) -> Any:
    return jpype.JProxy("io.debezium.engine.DebeziumEngine$CompletionCallback", dict={"handle": complete})


def _connector(jpype: Any, begin: Callable[[], None]) -> Any:
    unheard = ("connectorStarted", "connectorStopped", "taskStarted", "taskStopped", "pollingStopped")
    methods = {**dict.fromkeys(unheard, lambda: None), "pollingStarted": begin}
    return jpype.JProxy("io.debezium.engine.DebeziumEngine$ConnectorCallback", dict=methods)
