"""Kafka Connect's REST interface: validate a configuration, put it, see what became of it.

Source: Apache Kafka 4 documentation, "Kafka Connect: REST API". Errors never quote a password: what is sent holds none, and what
comes back about a password's field is replaced.
"""

import base64
import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import msgspec

from cdc.capture.errors import ConnectError
from cdc.capture.trace import reason_of

_SECONDS: Final = 60
_REBALANCING: Final = 409
_NOT_FOUND: Final = 404
_FIRST_ERROR: Final = 400
_POLL_SECONDS: Final = 0.5
_STALE_SECONDS: Final = 10
#: A task runs for a moment before it sees that it cannot.
_STEADY_SECONDS: Final = 1.0
_PORTS: Final = {"http": 8083, "https": 443}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What Connect does not accept about one field of a configuration."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """``state`` of the connector, as Connect says (RUNNING, FAILED, …); ``tasks`` are those of its tasks; ``reason`` of a failure."""

    state: str
    tasks: tuple[str, ...]
    reason: str = ""

    @property
    def is_running(self) -> bool:
        """Whether the connector and at least one task run, and none does not."""
        return bool(self.tasks) and {self.state, *self.tasks} == {"RUNNING"}

    @property
    def has_failed(self) -> bool:
        """Whether the connector or a task has given up."""
        return "FAILED" in (self.state, *self.tasks)


class Connect:
    """A Kafka Connect worker or cluster at ``url``, which may hold a name and password for basic authentication."""

    def __init__(self, url: str, *, seconds: float = _SECONDS) -> None:
        parts = urlsplit(url)
        try:
            self._host, port = parts.hostname or "", parts.port
        except ValueError:
            self._host, port = "", None
        if parts.scheme not in _PORTS or not self._host:
            raise ConnectError("Kafka Connect's address must be like http://127.0.0.1:8083")
        self._port = port or _PORTS[parts.scheme]
        self._is_secure = parts.scheme == "https"
        self._path = parts.path.rstrip("/")
        self._seconds = seconds
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            given = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(given).decode()}"
        self.shown = f"{parts.scheme}://{self._host}:{self._port}{self._path}"

    def validate(self, name: str, configuration: Mapping[str, str]) -> tuple[FieldError, ...]:
        """Ask what is wrong with a configuration; Connect also tries it at the database."""
        plugin = configuration["connector.class"]
        path = f"/connector-plugins/{quote(plugin.rpartition('.')[2], safe='')}/config/validate"
        status, answer = self._ask("PUT", path, {"name": name, **configuration})
        if status >= _FIRST_ERROR:
            raise ConnectError(
                f"Kafka Connect at {self.shown} does not know {plugin} (answer {status}): put Debezium's connector into its "
                "plugin.path and restart it"
            )
        values = [found.get("value") or {} for found in answer.get("configs", ())]
        return tuple(_field_error(value["name"], error) for value in values for error in value.get("errors") or ())

    def put(self, name: str, configuration: Mapping[str, str]) -> None:
        """Create the connector or give it this configuration; the same again changes nothing."""
        status, answer = self._ask("PUT", f"/connectors/{quote(name, safe='')}/config", dict(configuration))
        if status >= _FIRST_ERROR:
            told = reason_of(str(answer.get("message", "")))
            raise ConnectError(f"Kafka Connect at {self.shown} refuses connector {name!r} (answer {status}): {told}")

    def configuration(self, name: str) -> dict[str, str]:
        """What a connector was told; empty when Connect has none of this name."""
        status, answer = self._ask("GET", f"/connectors/{quote(name, safe='')}/config")
        if status == _NOT_FOUND:
            return {}
        if status >= _FIRST_ERROR:
            raise ConnectError(f"Kafka Connect at {self.shown} does not say what {name!r} was told (answer {status})")
        return {str(key): str(value) for key, value in answer.items()}

    def restart_failed(self, name: str) -> None:
        """Start again what has failed: a configuration that is put again does not."""
        status, _ = self._ask("POST", f"/connectors/{quote(name, safe='')}/restart?includeTasks=true&onlyFailed=true")
        if status >= _FIRST_ERROR:
            raise ConnectError(f"Kafka Connect at {self.shown} does not restart connector {name!r} (answer {status})")

    def forget(self, name: str) -> None:
        """Take a connector away with how far it had read; one that is not there is no matter."""
        path = f"/connectors/{quote(name, safe='')}"
        if self.status(name) is None:
            return
        self._expect("PUT", f"{path}/stop")
        deadline = time.monotonic() + self._seconds
        while (found := self.status(name)) and (found.tasks or found.state != "STOPPED"):
            if time.monotonic() > deadline:
                raise ConnectError(f"Kafka Connect at {self.shown} does not stop connector {name!r}; try again")
            time.sleep(_POLL_SECONDS)
        self._expect("DELETE", f"{path}/offsets")
        self._expect("DELETE", path)

    def _expect(self, method: str, path: str) -> None:
        status, answer = self._ask(method, path)
        if status >= _FIRST_ERROR:
            told = reason_of(str(answer.get("message", "")))
            raise ConnectError(f"Kafka Connect at {self.shown} answers {method} {path} with {status}: {told}")

    def status(self, name: str) -> ConnectorStatus | None:
        """Ask what became of a connector; None when Connect has none of this name."""
        status, answer = self._ask("GET", f"/connectors/{quote(name, safe='')}/status")
        if status == _NOT_FOUND:
            return None
        if status >= _FIRST_ERROR or not {"connector", "tasks"} <= answer.keys():
            raise ConnectError(f"Kafka Connect at {self.shown} does not say how {name!r} is (answer {status})")
        parts = [answer["connector"], *answer["tasks"]]
        trace = next((part["trace"] for part in parts if part.get("trace")), "")
        return ConnectorStatus(
            answer["connector"]["state"], tuple(t["state"] for t in answer["tasks"]), reason_of(trace)
        )

    def wait(self, name: str, *, seconds: float, had_failed: bool = False) -> ConnectorStatus | None:
        """Wait until the connector runs, in looks a second apart, or has failed, or the time is over; what it is then.

        ``had_failed``: it was started again after a failure, which Connect still tells of for a moment.
        """
        began = time.monotonic()
        runs_since: float | None = None
        while True:
            found, now = self.status(name), time.monotonic()
            had_failed = had_failed and (found is None or found.has_failed) and now - began < _STALE_SECONDS
            runs_since = (runs_since or now) if found and found.is_running else None
            is_steady = runs_since is not None and now - runs_since >= _STEADY_SECONDS
            if now - began > seconds or is_steady or (found and found.has_failed and not had_failed):
                return found
            time.sleep(_POLL_SECONDS)

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Ask again while Connect rebalances."""
        deadline = time.monotonic() + self._seconds
        while True:
            status, answer = self._ask_once(method, path, body)
            if status != _REBALANCING or time.monotonic() > deadline:
                return status, answer
            time.sleep(_POLL_SECONDS)

    def _ask_once(self, method: str, path: str, body: dict[str, str] | None) -> tuple[int, dict[str, Any]]:
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._seconds)
        try:
            content = None if body is None else msgspec.json.encode(body)
            connection.request(method, self._path + path, content, self._headers)
            response = connection.getresponse()
            return response.status, _object(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ConnectError(
                f"Kafka Connect at {self.shown} cannot be reached ({type(error).__name__}): see that it runs and that --connect "
                "or `url` in [connect] is its address"
            ) from None
        finally:
            connection.close()


def _object(content: bytes) -> dict[str, Any]:
    """Read an answer; one that is no JSON object (a proxy's page) counts as empty."""
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _field_error(field: str, message: str) -> FieldError:
    if "password" in field:
        return FieldError(field, "is not accepted: see that the worker has the provider that the reference names")
    return FieldError(field, reason_of(message))
