"""A real Kafka Connect worker (distributed mode) with Debezium's connectors, driven through its REST interface.

Records are JSON without schemas, headers too. The worker's own topics are on the broker, so that it resumes where it was.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.estate.jvm import java_command
from tests.services.ports import free_port
from tests.services.process import POLL_SECONDS, Service, ServiceFailedError

HEAP_MB = 384
WAIT_SECONDS = 60
# The connectors lie on the class path and are found by the services that their jars declare: nothing is scanned. With
# the short waits, those who come back after a `kill -9` need not wait for their former selves to be given up.
SETTINGS = """
bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:{port}
group.id=connect
plugin.discovery=service_load
key.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
header.converter=org.apache.kafka.connect.json.JsonConverter
header.converter.schemas.enable=false
config.storage.topic=connect-configs
config.storage.replication.factor=1
offset.storage.topic=connect-offsets
offset.storage.replication.factor=1
offset.storage.partitions=1
offset.flush.interval.ms=1000
status.storage.topic=connect-status
status.storage.replication.factor=1
status.storage.partitions=1
session.timeout.ms=6000
heartbeat.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
config.providers=env,directory
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.providers.directory.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
"""


class ConnectWorker(Service):
    """The worker, whose REST interface is at `url`."""

    name = "connect"
    start_seconds = 120

    def __init__(self, folder: Path, *, bootstrap: str) -> None:
        super().__init__(folder)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._settings = self.write("worker.properties", SETTINGS.format(bootstrap=bootstrap, port=self._port))

    def command(self) -> list[str | Path]:
        """Return the program and its arguments."""
        return java_command("org.apache.kafka.connect.cli.ConnectDistributed", self._settings, heap_mb=HEAP_MB)

    def is_ready(self) -> bool:
        """Return whether the worker has joined its group and read its topics."""
        try:
            return self._ask("GET", "/health").is_success
        except httpx.TransportError:
            return False

    def put(self, connector: str, settings: Mapping[str, str]) -> None:
        """Create the connector or give it new settings. Raises `ServiceFailedError` when Connect refuses them."""
        self._expect("PUT", f"{_path(connector)}/config", json=dict(settings))

    def status(self, connector: str) -> dict[str, Any] | None:
        """Return what Connect says of the connector and its tasks, None if it knows no such connector."""
        answer = self._ask("GET", f"{_path(connector)}/status")
        return answer.json() if answer.is_success else None

    def delete(self, connector: str) -> None:
        """Remove the connector and wait until its tasks have ended."""
        self._expect("DELETE", _path(connector))
        self.wait_until(lambda: self.status(connector) is None, f"rid of {connector}", seconds=WAIT_SECONDS)

    def forget(self, connector: str) -> None:
        """Remove the connector and how far it had read."""
        path = _path(connector)
        self._expect("PUT", f"{path}/stop")
        self.wait_until(lambda: self._is_stopped(connector), f"done with {connector}", seconds=WAIT_SECONDS)
        self._expect("DELETE", f"{path}/offsets")
        self.delete(connector)

    def wait_until_running(self, connector: str, *, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the connector and at least one task run. Raises `ServiceFailedError` when one has failed."""
        self.wait_until(lambda: self._is_running(connector), f"running {connector}", seconds=seconds)

    def _is_stopped(self, connector: str) -> bool:
        status = self.status(connector)
        return status is not None and status["connector"]["state"] == "STOPPED" and not status["tasks"]

    def _is_running(self, connector: str) -> bool:
        status = self.status(connector)
        if status is None:
            return False
        parts = [status["connector"], *status["tasks"]]
        for part in parts:
            if part["state"] == "FAILED":
                raise ServiceFailedError(f"The connector {connector} failed:\n{part.get('trace')}")
        return bool(status["tasks"]) and all(part["state"] == "RUNNING" for part in parts)

    def _expect(self, method: str, path: str, *, json: Any = None) -> None:
        """Ask until Connect is not rebalancing (409) any more. Raises `ServiceFailedError` for another refusal."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (answer := self._ask(method, path, json=json)).status_code == httpx.codes.CONFLICT:
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        if not answer.is_success:
            raise ServiceFailedError(f"Connect answered {method} {path} with {answer.status_code}:\n{answer.text}")

    def _ask(self, method: str, path: str, *, json: Any = None) -> httpx.Response:
        return httpx.request(method, self.url + path, json=json, timeout=WAIT_SECONDS, trust_env=False)


def _path(connector: str) -> str:
    return f"/connectors/{quote(connector, safe='')}"
