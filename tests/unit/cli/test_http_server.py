"""Listening: what is wrong is known before anything is started."""

import socket
from contextlib import closing

import pytest

from cli.http_server import HttpServer, ListenError, listen
from cli.serve import is_loopback


def test_a_port_in_use_is_named_with_the_mend() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"port {port} is in use; choose another: make demo PORT=1"):
            listen("127.0.0.1", port, mend="make demo PORT=1")


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(ListenError, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0, mend="")


async def broken(scope: object, receive: object, send: object) -> None:
    raise OSError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_application_that_does_not_start_is_an_error() -> None:
    server = HttpServer(broken, listen("127.0.0.1", 0, mend=""))
    with pytest.raises(ListenError):
        server.start()
    server.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "onefold.example", "localhost.example"])
def test_everything_else_can_be_reached_by_others(host: str) -> None:
    assert not is_loopback(host)
