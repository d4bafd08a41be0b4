"""What GraphQL counts in each process, for Prometheus (docs/operations.md)."""

import time
from collections.abc import Iterator
from typing import Any, Final

from graphql import OperationDefinitionNode
from prometheus_client import Counter, Histogram
from strawberry.extensions import SchemaExtension

SECONDS: Final = Histogram(
    "onefold_graphql_seconds",
    "Parsing, validating and executing a GraphQL document, by the kind of its operation",
    ["operation"],
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSED: Final = Counter(
    "onefold_graphql_refused", "GraphQL requests that were not answered with 200, by HTTP status", ["status"]
)


class Measured(SchemaExtension):
    """Measures each document; ``invalid`` are those that were not executed."""

    def on_operation(self) -> Iterator[None]:
        """Time everything from parsing on."""
        began = time.perf_counter()
        yield
        SECONDS.labels(_operation(self.execution_context)).observe(time.perf_counter() - began)


def _operation(context: Any) -> str:
    """The kind of the one operation of an executed document."""
    document = None if context.pre_execution_errors else context.graphql_document
    found = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)] if document else []
    named = [d for d in found if d.name is not None and d.name.value == context.operation_name]
    chosen = next(iter(named or found), None)
    return chosen.operation.value if chosen is not None else "invalid"
