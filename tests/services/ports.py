"""Free ports of the loopback interface, for servers that must find theirs again after a restart."""

import random
import socket

# Below what Linux hands out for outgoing connections (32768 and up): there, a client that keeps knocking at a stopped
# server could be given that very port and find itself, or keep the server from coming back to it.
PORTS = range(20_000, 32_000)


_given: set[int] = set()


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens at the moment, and that was not given out before."""
    # Not the common generator: Hypothesis seeds that, and other processes with it.
    for port in random.SystemRandom().sample(sorted(set(PORTS) - _given), k=100):
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port
    raise OSError(f"None of a hundred ports tried between {PORTS.start} and {PORTS.stop} is free.")


def is_open(port: int) -> bool:
    """Return whether something on 127.0.0.1 takes connections on `port`."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
