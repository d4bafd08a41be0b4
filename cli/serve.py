"""``onefold serve``: the API."""

import ipaddress
import time
from typing import Annotated, Final

import typer

from cli.console import say, warn
from cli.http_server import HttpServer, ListenError, listen
from cli.interrupts import interruptible
from cli.operations import MetricsPort, watched
from cli.options import DEFAULT_CONFIG, ConfigFile, examples, installation, wiring
from cli.outgoing import publishing_beside
from cli.traced import traced

_POLL_SECONDS: Final = 0.05


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog=examples("onefold serve", "onefold serve --port 8080 --graphiql"))(serve)


def serve(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    host: Annotated[
        str | None, typer.Option(help="Where to listen; the settings by default.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Where to listen; the settings by default.", show_default=False),
    ] = None,
    graphiql: Annotated[bool, typer.Option("--graphiql", help="Serve the page /graphiql for trying queries.")] = False,
    metrics_port: MetricsPort = None,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Serve GraphQL at /graphql, and /healthz and /readyz for supervisors, until Ctrl-C or SIGTERM.

    Refuses databases whose schema is not this version's: run `migrate` first. Listens on this machine only unless --host
    says otherwise; a proxy before it must then bring TLS, since tokens and personal data travel in the requests.
    """
    with (
        interruptible() as interrupt,
        installation(context, config) as parts,
        traced(parts),
        watched(parts, metrics_port, command="serve"),
        publishing_beside("serve", parts),
    ):
        address, number = host or parts.settings.host, port or parts.settings.port
        listening = listen(address, number, mend=f"onefold serve --port {number + 1}")
        if not is_loopback(address):
            warn(f"{address} is not this machine alone: put a proxy with TLS before it, tokens travel in the requests")
        server = HttpServer(wiring(context).asgi(parts, session=_no_session if graphiql else None), listening)
        try:
            server.start()
            page = f", GraphiQL at http://{shown(address)}:{number}/graphiql" if graphiql else ""
            say(f"GraphQL at http://{shown(address)}:{number}/graphql{page} (Ctrl-C ends it)")
            while server.is_running and not interrupt.received:
                time.sleep(_POLL_SECONDS)
        finally:
            server.stop()
    if not interrupt.received:
        raise ListenError("the HTTP server ended by itself; the log says why")


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown(host: str) -> str:
    """Write a host as addresses have it."""
    return f"[{host}]" if ":" in host else host


def _no_session() -> None:
    """Offer no tokens: people bring their own."""
