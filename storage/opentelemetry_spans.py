"""Spans by OpenTelemetry's own library, sent by OTLP over HTTP; imported only where tracing is on.

A span tells of an error by its kind, never by its text or its stack: both can hold a personal value. The OTEL_ variables of the library
hold, such as OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from storage.tracing import TRACEPARENT, Attribute, Kind, Work

_KINDS: Final[Mapping[Kind, Any]] = {
    "consumer": trace.SpanKind.CONSUMER,
    "producer": trace.SpanKind.PRODUCER,
    "server": trace.SpanKind.SERVER,
}
_WIRE: Final = TraceContextTextMapPropagator()
#: So many contexts are linked with one span; of a batch, the first.
MOST_LINKS: Final = 100
#: How long a collector that does not answer is waited for; spans are not worth more.
_SECONDS: Final = 5.0


def exporting_tracer(endpoint: str, service: str, tell: Callable[[str], None]) -> "OpenTelemetryTracer":
    """Send spans to a collector, in a thread of its own, now and then; as :func:`storage.open_tracer`."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it would say every few seconds that nobody answers
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None, timeout=_SECONDS)
    resource = Resource.create({"service.name": service} if service else None)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Told(exporter, tell)))
    return OpenTelemetryTracer(provider)


class _Told(SpanExporter):  # type: ignore[misc]  # without the library there are no types
    """Says once that the collector takes no spans, and once that it does again; meanwhile they are dropped."""

    def __init__(self, exporter: SpanExporter, tell: Callable[[str], None]) -> None:
        self._exporter = exporter
        self._tell = tell
        self._is_taken = True

    def export(self, spans: Sequence[Any]) -> Any:
        """Send some."""
        result = self._exporter.export(spans)
        is_taken = result is SpanExportResult.SUCCESS
        if is_taken != self._is_taken:
            self._tell("the collector takes traces again" if is_taken else "the collector of traces does not take them")
        self._is_taken = is_taken
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()


class OpenTelemetryTracer:
    """Makes spans with a provider, which it owns."""

    def __init__(self, provider: TracerProvider) -> None:
        """Nothing global is changed: other users of the library in this process keep theirs."""
        self._provider = provider
        self._tracer = provider.get_tracer("onefold")

    def begin(self, name: str, kind: Kind, contexts: Iterable[str], attributes: Mapping[str, Attribute]) -> Work:
        """Begin a span: under the only context, or as the root of a new trace with a link to each of several."""
        found = list(islice(_read(contexts), MOST_LINKS))
        parent = trace.set_span_in_context(trace.NonRecordingSpan(found[0])) if len(found) == 1 else _ROOT
        links = [trace.Link(each) for each in found] if len(found) > 1 else []
        return _SpanWork(self._tracer.start_span(name, parent, _KINDS[kind], attributes=dict(attributes), links=links))

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """A child of the span that is under way; none where nothing is under way."""
        if not trace.get_current_span().get_span_context().is_valid:
            yield
            return
        work = _SpanWork(self._tracer.start_span(name))
        with work.inside():
            yield
        work.end()

    def context(self) -> str | None:
        """The context of the span that is under way, also of one that is not sampled: who reads it decides alike."""
        carrier: dict[str, str] = {}
        _WIRE.inject(carrier)
        return carrier.get(TRACEPARENT)

    def link(self, contexts: Iterable[str]) -> None:
        """Add links to the span that is under way."""
        current = trace.get_current_span()
        for each in islice(_read(contexts), MOST_LINKS):
            current.add_link(each)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


class _SpanWork:
    """A span that may be entered in several threads, one after the other."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @contextmanager
    def inside(self, *, ends: bool = True) -> Iterator[None]:
        """As :class:`storage.Work`."""
        try:
            with trace.use_span(self._span, record_exception=False, set_status_on_exception=False):
                yield
        except BaseException as error:
            if ends:
                self.end(type(error).__name__)
            raise

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        """As :class:`storage.Work`."""
        if self._span.is_recording():
            self._span.set_attributes(dict(attributes))

    def end(self, error: str = "") -> None:
        """As :class:`storage.Work`."""
        if not self._span.is_recording():
            return
        if error:
            self._span.set_attribute("error.type", error)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


_ROOT: Final = trace.set_span_in_context(trace.INVALID_SPAN)


def _read(contexts: Iterable[str]) -> Iterator[trace.SpanContext]:
    """The contexts that are well-formed, each once."""
    for text in dict.fromkeys(contexts):
        found = trace.get_current_span(_WIRE.extract({TRACEPARENT: text}, _ROOT)).get_span_context()
        if found.is_valid:
            yield found
