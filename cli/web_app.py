"""The web application of an installation: GraphQL, GraphiQL where it is wanted, health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cli.operations import not_ready
from cli.parts import Parts, Session
from resolvers import ApiParts
from schema import graphql_route
from web import graphiql_routes, health_routes, index_routes

#: For answers that do not bring their own: nothing is loaded, framed, sniffed, kept or told to other sites.
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def web_app(parts: Parts, api: ApiParts, *, session: Session | None) -> ASGIApp:
    """Put the routes together; ``session`` None leaves GraphiQL out. The audit log is closed with the application."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        api.audit.close()

    places = {"/graphql": "POST with an access token; docs/graphql.md"}
    routes = [*graphql_route(api), *health_routes(lambda: not_ready(parts))]
    if session is not None:
        places["/graphiql"] = "a page to try queries"
        routes += graphiql_routes(session)
    routes += index_routes(places)
    return Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(_SecurityHeaders)])


class _SecurityHeaders:
    """Adds the headers to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded if scope["type"] == "http" else send)
