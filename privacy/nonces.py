"""Random nonces, drawn from the operating system many at a time.

A draw costs a system call, at which the interpreter changes threads; a batch seals thousands of cells. Each thread holds what it has drawn
by itself and gives each nonce once. A process that is forked forgets what its parent had left, or both would give the same; and what was
drawn is given for a second at most, so that a machine that is started twice from an image of its memory does not give it twice.
"""

import os
import threading
import time
from collections.abc import Iterator
from typing import Final

NONCE_BYTES: Final = 12

_DRAWN_AT_ONCE: Final = 256
_KEPT_SECONDS: Final = 1.0


class _Drawn(threading.local):
    """What a thread has left."""

    def __init__(self) -> None:
        self.left: Iterator[bytes] = iter(())
        self.until = 0.0

    def next(self) -> bytes:
        """Give a nonce, after drawing more where none is left that may still be given."""
        now = time.time()  # the clock of the wall: an image that is started later has another
        nonce = next(self.left, None) if self.until - _KEPT_SECONDS <= now <= self.until else None
        if nonce is None:
            drawn = os.urandom(_DRAWN_AT_ONCE * NONCE_BYTES)
            self.left = iter([drawn[at : at + NONCE_BYTES] for at in range(0, len(drawn), NONCE_BYTES)])
            self.until = now + _KEPT_SECONDS
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
