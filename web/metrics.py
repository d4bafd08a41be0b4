"""The page that Prometheus reads."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route


class _Together(Collector):
    def __init__(self, collectors: Sequence[Collector]) -> None:
        self._collectors = collectors

    def collect(self) -> Iterable[Metric]:
        return (metric for collector in self._collectors for metric in collector.collect())

    def describe(self) -> Iterable[Metric]:
        """Say nothing: collecting only to learn the names would ask the database."""
        return ()


def metrics_routes(*collectors: Collector) -> list[BaseRoute]:
    """Return the route `/metrics`: what all of `collectors` tell, in a thread, so they may ask a database."""
    registry = CollectorRegistry()
    registry.register(_Together(collectors))

    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Cache-Control": "no-store", "Content-Type": content_type})

    return [Route("/metrics", metrics)]
