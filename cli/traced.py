"""Traces of a command: started by the settings, sent until it ends (docs/operations.md)."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.console import say, warn
from cli.parts import Parts
from profiles import sweep_traces
from storage import ConfigError, Tracer, open_tracer, trace_with

_INSTALL = "the extra `tracing` is not installed: pip install '.[tracing]' in the checkout"


@contextmanager
def traced(parts: Parts) -> Iterator[None]:
    """Trace what happens within, if the settings or the OTEL_ variables name a collector.

    Without the library that is an error where ``onefold.toml`` asks for it, and a warning where only the environment does, which
    other programs share.
    """
    tracer = _tracer(parts)
    trace_with(tracer)
    try:
        sweep_traces(parts.database)
        yield
    finally:
        trace_with(None)
        if tracer is not None:
            tracer.close()


def _tracer(parts: Parts) -> Tracer | None:
    settings = parts.settings.tracing
    if not settings.is_on:
        return None
    try:
        return open_tracer(settings.endpoint, settings.service, say)
    except ImportError:
        if settings.is_required:
            raise ConfigError(_INSTALL, file=str(parts.settings.file), where="tracing.endpoint") from None
        warn(f"{_INSTALL}; OTEL_EXPORTER_OTLP_ENDPOINT is set, and nothing is traced")
        return None
