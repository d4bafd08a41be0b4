"""What a supervisor or load balancer asks: is the process alive, and may requests be sent to it."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Unready:
    """Why requests cannot be served: a code for programs, a reason for people, without secrets or personal data."""

    code: str
    reason: str


class _Readiness(msgspec.Struct, omit_defaults=True):
    ready: bool
    code: str | None = None
    reason: str | None = None


def health_routes(ready: Callable[[], Unready | None]) -> list[BaseRoute]:
    """Return the routes `/healthz`, always 200 "ok", and `/readyz`, JSON: 200 `{"ready":true}`, or 503 with code and reason.

    `ready` gives None when requests can be served. It is called in a thread for each request, so it may ask a database.
    """

    def readyz(_: Request) -> Response:
        found = ready()
        state = _Readiness(ready=True) if found is None else _Readiness(False, found.code, found.reason)
        status = 200 if found is None else 503
        return Response(msgspec.json.encode(state), status, headers=NO_STORE, media_type="application/json")

    return [Route("/healthz", _healthz), Route("/readyz", readyz)]


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok", headers=NO_STORE)
