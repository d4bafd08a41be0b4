"""What stands at the root of a server: where everything else is, for whoever opens its address."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from web.health import NO_STORE

HEALTH = {"/healthz": "alive", "/readyz": "may be sent requests"}


def index_routes(places: Mapping[str, str]) -> list[BaseRoute]:
    """Return the route `/`: each path of `places` and of health, with what is there. It names no version, as anybody may read it."""
    width = max(map(len, {**places, **HEALTH}))
    lines = [f"{path:<{width}}  {what}" for path, what in {**places, **HEALTH}.items()]
    text = "\n".join(("Onefold", "", *lines, ""))

    async def index(_: Request) -> Response:
        return PlainTextResponse(text, headers=NO_STORE)

    return [Route("/", index)]
