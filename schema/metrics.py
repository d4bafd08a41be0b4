"""What GraphQL counts in each process, for Prometheus (docs/operations.md)."""

import time
from collections.abc import Iterator
from typing import Final

from prometheus_client import Counter, Histogram
from strawberry.extensions import SchemaExtension

SECONDS: Final = Histogram(
    "onefold_graphql_seconds",
    "Parsing, validating and executing a GraphQL document, by the kind of its operation",
    ["operation"],
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
#: What was not executed.
_INVALID: Final = "invalid"
REFUSED: Final = Counter(
    "onefold_graphql_refused", "GraphQL requests that were not answered with 200, by HTTP status", ["status"]
)


class Measured(SchemaExtension):
    """Measures each document, also one that is refused."""

    _operation = _INVALID

    def on_operation(self) -> Iterator[None]:
        """Time everything from parsing on."""
        began = time.perf_counter()
        try:
            yield
        finally:
            SECONDS.labels(self._operation).observe(time.perf_counter() - began)

    def on_execute(self) -> Iterator[None]:
        """Note what is executed."""
        self._operation = self.execution_context.operation_type.value.lower()
        yield
