"""The HTTP server, in a thread of its own: the main thread keeps the signals and decides when it ends."""

import errno
import socket
import threading
import time
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from storage import OnefoldError

_BACKLOG: Final = 2_048
_START_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02
#: How long requests under way may take once the server is to end.
_GRACE_SECONDS: Final = 1


class ListenError(OnefoldError):
    """The address cannot be listened on; the message says what to do."""


def listen(host: str, port: int, *, mend: str) -> socket.socket:
    """Bind an address before anything else is done; ``mend`` says how to choose another port."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return _bound(family, address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(f"port {port} is in use; choose another: {mend}") from None
        raise ListenError(f"cannot listen on {host} port {port}: {error.strerror}") from None


def _bound(family: int, address: Any) -> socket.socket:
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError:
        found.close()
        raise
    return found


class HttpServer:
    """Serves one application on one socket, which it closes."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        # No access log: paths and queries are the clients' own words.
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._socket = listening
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name="http")

    @property
    def is_running(self) -> bool:
        """Whether requests are answered."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Return once requests are answered."""
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise ListenError("the HTTP server did not start; the log says why")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Answer what is under way, close what is idle, and return when the server has ended."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()
