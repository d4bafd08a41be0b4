"""A small HTTP server beside a command's work, for those who watch it: /metrics, /healthz, /readyz."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import sqlalchemy as sa
import typer
from prometheus_client import REGISTRY
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette

from cdc import EngineLag, publishing_stream, topic_reader
from cli.engine_gauges import EngineLagCollector
from cli.gauges import InstallationCollector
from cli.http_server import HttpServer, listen
from cli.kafka_gauges import KafkaLagCollector
from cli.parts import Parts
from privacy import destroy_pending
from storage import OnefoldError, RevisionMismatch
from storage.migrate import require
from web import Unready, health_routes, index_routes, metrics_routes

#: Keys are destroyed right after the commit that asks for it; what is older waits for somebody.
_OWED_AFTER_SECONDS: Final = 60
_MICROSECONDS: Final = 1_000_000

MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port",
        min=1,
        max=65_535,
        show_default=False,
        help="Serve /metrics, /healthz and /readyz there; the settings by default, else nowhere.",
    ),
]


@contextmanager
def watched(
    parts: Parts, port: int | None, *, command: str, engines: Callable[[], Sequence[EngineLag]] | None = None
) -> Iterator[None]:
    """Serve what watchers ask while the command works; ``port`` None means that of the settings, if any.

    ``engines`` asks how far behind those are that the command runs, if any.
    """
    port = port or parts.settings.metrics_port
    if port is None:
        yield
        return
    publishing = publishing_stream(parts.settings.publish.topic)
    gauges = InstallationCollector(parts.database, publishing=publishing)
    kafka = parts.settings.kafka
    is_read = topic_reader(parts.settings.mapping, kafka.topics)
    lags: list[Collector] = [KafkaLagCollector(parts.database, kafka, is_read=is_read)]
    if engines:
        lags.append(EngineLagCollector(engines))
    metrics = metrics_routes(REGISTRY, gauges, *lags)
    index = index_routes({"/metrics": "for Prometheus; docs/operations.md"})
    app = Starlette(routes=[*index, *health_routes(lambda: not_ready(parts)), *metrics])
    mend = f"onefold {command} --metrics-port {port + 1}"
    server = HttpServer(app, listen(parts.settings.metrics_host, port, mend=mend))
    try:
        server.start()
        yield
    finally:
        server.stop()


def not_ready(parts: Parts) -> Unready | None:
    """Say why requests cannot be served now; None when they can."""
    try:
        require(parts.database, "main")
        require(parts.keystore_database, "keys")
        parts.provider.epochs()
        return _owed(parts)
    except RevisionMismatch as error:
        return Unready("REVISION", str(error))
    except OnefoldError:
        # Whoever can reach the port reads this: not where the keys are, nor who else may read them.
        return Unready("KEYS", "the keys cannot be used; `onefold keys status` says why")
    except SQLAlchemyError:
        return Unready("DATABASE", "a database does not answer")


def _owed(parts: Parts) -> Unready | None:
    before = (int(time.time()) - _OWED_AFTER_SECONDS) * _MICROSECONDS
    query = sa.select(sa.func.count()).where(destroy_pending.c.requested_at < before)
    with parts.database.read() as connection:
        owed = connection.execute(query).scalar_one()
    return Unready("DESTRUCTION_OWED", f"{owed} keys wait to be destroyed; a restart finishes that") if owed else None
