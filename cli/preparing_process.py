"""The process that prepares batches for a worker that is behind: how it is started, and what it runs."""

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Annotated, Final

import typer

from cdc import PreparerApart, PreparerHere, serve_preparing
from cli.console import say
from cli.options import wiring
from cli.parts import Parts
from cli.settings import Settings

COMMAND: Final = "prepare-batches"
_END_SECONDS: Final = 5.0
_LISTEN_SECONDS: Final = 60

Processes = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=2,
        show_default="2 where there are two cores, else 1",
        help="2: while it is behind, another process prepares batches as this one writes them; 1: this one does it all.",
    ),
]


class PreparingProcess:
    """A running ``onefold prepare-batches``: it has our settings, whatever the file says by now, and ends with us."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        """Start it; it says by itself when it is ready."""
        self._socket, theirs = socket.socketpair()
        # Who does not listen for so long is given up, as who does not answer.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _LISTEN_SECONDS, 0))
        with theirs:
            # A session of its own, so that a Ctrl-C reaches us alone.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "server", COMMAND, str(theirs.fileno())],
                env=dict(environ),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.connection = Connection(os.dup(self._socket.fileno()))
        self.connection.send_bytes(pickle.dumps(settings))

    @property
    def pid(self) -> int:
        """Its number among the machine's processes."""
        return self._process.pid

    def end(self) -> None:
        """As :meth:`cdc.Helper.end`: when nobody speaks to it any more, it ends itself."""
        with self._socket, suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def add_to(app: typer.Typer) -> None:
    """Add the command, which people do not call."""
    app.command(COMMAND, hidden=True)(prepare_batches)


def prepare_batches(context: typer.Context, file_descriptor: int) -> None:
    """Prepare batches for the worker at the other end of a socket, until it is gone or asks nothing for a minute."""
    # It ends with its worker, not before: a supervisor tells both.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with Connection(file_descriptor) as connection:
        settings = pickle.loads(connection.recv_bytes())  # noqa: S301 - from our own process, by a socket of ours
        parts = wiring(context).open(settings)
        # Beside a database server of its own, two cores have no time left for it.
        weigh = parts.applier.weigh_ahead if parts.database.is_sqlite else None
        try:
            serve_preparing(connection, parts.pipeline.preparer, weigh)
        finally:
            parts.close()


@contextmanager
def preparing_apart(parts: Parts, environ: Mapping[str, str], processes: int | None) -> Iterator[None]:
    """Let another process help the pipeline while there is a backlog, if there may be two; None: where there is a core for it."""
    if (processes or _default()) == 1:
        yield
        return
    here = PreparerHere(parts.applier, parts.translator.translate)
    start = partial(PreparingProcess, parts.settings, environ)
    apart = PreparerApart(here, parts.translator.translate, start, say)
    parts.pipeline.preparer = apart
    try:
        yield
    finally:
        apart.close()
        parts.pipeline.preparer = here


def _default() -> int:
    """On one core two would only take turns."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 if cores > 1 else 1
