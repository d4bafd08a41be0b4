"""Traces: spans around what takes time, and the context that goes with a change from its Kafka header to the GraphQL answer.

Off unless :func:`trace_with` was called: then each call here is a look at one name and nothing is imported. The library is behind
:class:`Tracer`, in :mod:`storage.opentelemetry_spans`. A context is a W3C ``traceparent`` as text
(https://www.w3.org/TR/trace-context/): numbers only. ``tracestate`` and ``baggage`` are neither taken nor passed on, since
anything may stand in them.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Literal, Protocol, TypeAlias, cast

Kind: TypeAlias = Literal["consumer", "producer", "server"]
Attribute: TypeAlias = str | int | bool

#: The name of the header, in Kafka and in HTTP.
TRACEPARENT: Final = "traceparent"


class Work(Protocol):
    """A piece of work that may go from one thread to another, with a span around it."""

    def inside(self, *, ends: bool = True) -> AbstractContextManager[object]:
        """What is done here belongs to it; an error that comes out of it ends it, unless somebody else does."""
        ...

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        """Say more about it."""
        ...

    def end(self, error: str = "") -> None:
        """It is done; ``error`` is the kind of what stopped it. Ending it again does nothing."""
        ...


class Tracer(Protocol):
    """Makes spans."""

    def begin(self, name: str, kind: Kind, contexts: Iterable[str], attributes: Mapping[str, Attribute]) -> Work:
        """Begin work that goes on with what ``contexts`` name: under the one that there is, or linked with several."""
        ...

    def span(self, name: str) -> AbstractContextManager[object]:
        """A part of the work that is under way in this thread."""
        ...

    def context(self) -> str | None:
        """The context of the work that is under way in this thread."""
        ...

    def link(self, contexts: Iterable[str]) -> None:
        """Connect the work that is under way in this thread with others."""
        ...

    def close(self) -> None:
        """Send what was not sent yet."""
        ...


class _NoWork:
    """Work that nobody traces."""

    def inside(self, *, ends: bool = True) -> AbstractContextManager[object]:  # noqa: ARG002 - as of Work
        return _NOTHING

    def note(self, attributes: Mapping[str, Attribute]) -> None: ...

    def end(self, error: str = "") -> None: ...


@dataclass(slots=True)
class _Now:
    tracer: Tracer | None = None


_NOTHING: Final = nullcontext()
_NOW: Final = _Now()
NO_WORK: Final[Work] = _NoWork()


def open_tracer(endpoint: str, service: str, tell: Callable[[str], None]) -> Tracer:
    """Make what sends spans by OTLP over HTTP; ImportError where the extra ``tracing`` is not installed.

    ``endpoint`` and ``service`` "" leave both to the OTEL_ variables. ``tell`` hears, once, that the collector does not take spans,
    and that it does again.
    """
    return cast("Tracer", import_module("storage.opentelemetry_spans").exporting_tracer(endpoint, service, tell))


def trace_with(tracer: Tracer | None) -> None:
    """Trace this process from now on; None: no more."""
    _NOW.tracer = tracer


def is_tracing() -> bool:
    """Whether anything below has an effect."""
    return _NOW.tracer is not None


def begin(
    name: str, kind: Kind, contexts: Iterable[str] = (), attributes: Mapping[str, Attribute] | None = None
) -> Work:
    """As :meth:`Tracer.begin`."""
    return NO_WORK if _NOW.tracer is None else _NOW.tracer.begin(name, kind, contexts, attributes or {})


def span(name: str) -> AbstractContextManager[object]:
    """As :meth:`Tracer.span`."""
    return _NOTHING if _NOW.tracer is None else _NOW.tracer.span(name)


def trace_context() -> str | None:
    """As :meth:`Tracer.context`."""
    return None if _NOW.tracer is None else _NOW.tracer.context()


def link(contexts: Iterable[str]) -> None:
    """As :meth:`Tracer.link`."""
    if _NOW.tracer is not None:
        _NOW.tracer.link(contexts)
