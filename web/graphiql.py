"""GraphiQL, the page on which people try queries; every file of it comes from here, none from another site.

What it is allowed to load is told to the browser by a Content-Security-Policy, so a mistake in a vendored file cannot
send data elsewhere. Styles may be inline because GraphiQL's editor sets them as it runs; scripts may not.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "static" / "graphiql"

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# A name that a stranger's page can point at this machine (DNS rebinding) must not fetch tokens under that name.
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def graphiql_routes(session: Callable[[], dict[str, object] | None]) -> list[BaseRoute]:
    """Return the routes of the page `/graphiql`, its files below `/graphiql/static/` and `/graphiql/session.json`.

    `session` gives `{"tokens": [{"role", "token", "purpose"}], "examples": [{"name", "query", "variables", "role"}]}`, where
    `variables` is JSON text and `role` says whose token the example is asked with, to open GraphiQL with; or None, for 404, wherever tokens must not be handed out. It is
    called in a thread for each request, and only for those addressed to this machine as loopback.
    """

    def session_json(request: Request) -> Response:
        offered = session() if request.url.hostname in LOOPBACK_HOSTS else None
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
        if offered is None:
            return PlainTextResponse("No session is offered here.", status_code=404, headers=headers)
        return JSONResponse(offered, headers=headers)

    return [
        Route("/graphiql", _page),
        Route("/graphiql/session.json", session_json),
        Mount("/graphiql/static", _GuardedFiles(directory=FOLDER)),
    ]


async def _page(_: Request) -> Response:
    return FileResponse(FOLDER / "index.html", headers=SECURITY_HEADERS)


class _GuardedFiles(StaticFiles):
    """Static files that carry the security headers too: a page opened by its own address is held to the same rules."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(SECURITY_HEADERS)
        return response
