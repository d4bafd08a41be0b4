"""Random nonces, drawn from the operating system many at a time.

A draw costs a system call, at which the interpreter changes threads; a batch seals thousands of cells. Each thread holds what it has drawn
by itself and gives each nonce once. A process that is forked forgets what its parent had left, or both would give the same.
"""

import os
import threading
from collections.abc import Iterator

NONCE_BYTES = 12

_DRAWN_AT_ONCE = 256


class _Drawn(threading.local):
    """What a thread has left."""

    def __init__(self) -> None:
        self.left: Iterator[bytes] = iter(())

    def next(self) -> bytes:
        """Give a nonce, after drawing more where none is left."""
        nonce = next(self.left, None)
        if nonce is None:
            drawn = os.urandom(_DRAWN_AT_ONCE * NONCE_BYTES)
            self.left = iter([drawn[at : at + NONCE_BYTES] for at in range(0, len(drawn), NONCE_BYTES)])
            nonce = next(self.left)
        return nonce

    def forget(self) -> None:
        """Give nothing of what is left."""
        self.left = iter(())


_drawn = _Drawn()
os.register_at_fork(after_in_child=_drawn.forget)


def random_nonce() -> bytes:
    """96 random bits."""
    return _drawn.next()
