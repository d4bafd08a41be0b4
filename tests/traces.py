"""Spans that are kept in memory, for tests of what is traced."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from storage import trace_with
from tests.conftest import unavailable

#: A context as somebody else's trace gives it, and one of another trace.
SHOP = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TILL = "00-1bf7651916cd43dd8448eb211c80319d-c7ad6b7169203332-01"


@dataclass(frozen=True, slots=True)
class Spans:
    """What was traced so far, in the order in which it ended."""

    exporter: Any

    def all(self, name: str = "") -> list[Any]:
        """The spans of a name, or all."""
        return [span for span in self.exporter.get_finished_spans() if name in ("", span.name)]

    def names(self) -> list[str]:
        """The names of all."""
        return [span.name for span in self.all()]

    def one(self, name: str) -> Any:
        """The only span of a name."""
        [found] = self.all(name)
        return found

    def text(self) -> bytes:
        """Everything that a collector would be told."""
        return "\n".join(span.to_json() for span in self.all()).encode()


def context_of(span: Any) -> str:
    """The context of a span as a header has it."""
    context = span.context
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def trace_id(context: str) -> int:
    """The trace that a header's context belongs to."""
    return int(context.split("-")[1], 16)


def links_of(span: Any) -> set[str]:
    """The contexts that a span is linked with."""
    return {context_of(link) for link in span.links}


@contextmanager
def tracing() -> Iterator[Spans]:
    """Trace this process into memory; skips where OpenTelemetry is not installed."""
    try:
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: PLC0415 - the same

        from storage.opentelemetry_spans import OpenTelemetryTracer  # noqa: PLC0415 - needs the same
    except ImportError:
        unavailable("OpenTelemetry is not installed: it comes with the extra `tracing`")
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = OpenTelemetryTracer(provider)
    trace_with(tracer)
    try:
        yield Spans(exporter)
    finally:
        trace_with(None)
        tracer.close()
