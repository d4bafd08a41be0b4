"""What a supervisor or load balancer asks: is the process alive, and may requests be sent to it."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

NO_STORE = {"Cache-Control": "no-store"}


def health_routes(ready: Callable[[], str | None]) -> list[BaseRoute]:
    """Return the routes `/healthz`, always 200 "ok", and `/readyz`, 200 "ok" or 503 with the reason.

    `ready` gives None when requests can be served, else a reason for people, without secrets or personal data. It is
    called in a thread for each request, so it may ask a database.
    """

    def readyz(_: Request) -> Response:
        reason = ready()
        return PlainTextResponse(reason or "ok", status_code=503 if reason else 200, headers=NO_STORE)

    return [Route("/healthz", _healthz), Route("/readyz", readyz)]


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok", headers=NO_STORE)
