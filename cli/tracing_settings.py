"""Whether and where traces are sent: ``[tracing]``, below the OTEL_ variables that every program with OpenTelemetry knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TRACING_KEYS: Final = ("endpoint", "service")
#: Variables of OpenTelemetry that name a collector; the library reads them itself.
ENDPOINT_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """``endpoint`` and ``service`` "" leave both to the OTEL_ variables; ``is_required``: the file asks for traces."""

    endpoint: str
    service: str
    is_on: bool
    is_required: bool


def tracing_settings(endpoint: str, service: str, environ: Mapping[str, str]) -> TracingSettings:
    """Put together what the file says and what the environment says above it."""
    is_named = any(environ.get(name) for name in ENDPOINT_VARIABLES)
    is_off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    return TracingSettings(
        endpoint="" if is_named else endpoint,
        service="" if environ.get("OTEL_SERVICE_NAME") else service,
        is_on=not is_off and (is_named or bool(endpoint)),
        is_required=bool(endpoint),
    )
