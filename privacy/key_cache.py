"""A bounded cache of data keys for one process.

At most ``size`` keys, each for at most ``ttl_seconds`` (60 or less): so long can another process still open the cells of a key
that was destroyed here. Never shared, never logged. Python cannot promise that dropped keys leave memory at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock

from privacy.data_key import DataKey

_MAX_TTL_SECONDS = 60.0


class KeyCache:
    """Least-recently-used data keys by incarnation; thread-safe."""

    def __init__(
        self, *, size: int = 10_000, ttl_seconds: float = _MAX_TTL_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock`` gives seconds; raise :class:`ValueError` for a time to live over 60 s."""
        if not 0 <= ttl_seconds <= _MAX_TTL_SECONDS:
            raise ValueError("data keys are cached for 60 seconds at most")
        self._size = size
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._lock = Lock()
        self._keys: OrderedDict[bytes, tuple[float, DataKey]] = OrderedDict()
        self._drops = 0

    def __repr__(self) -> str:
        return f"KeyCache({len(self._keys)} of {self._size})"

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, incarnations: Sequence[bytes]) -> tuple[dict[bytes, DataKey], int]:
        """Return the keys that are here and fresh, and a mark to hand to :meth:`put` with what had to be loaded."""
        found: dict[bytes, DataKey] = {}
        with self._lock:
            now = self._clock()
            for incarnation in incarnations:
                expires_at, key = self._keys.get(incarnation, (now, None))
                if key is not None and expires_at > now:
                    found[incarnation] = key
                    self._keys.move_to_end(incarnation)
            return found, self._drops

    def put(self, keys: Iterable[DataKey], mark: int) -> None:
        """Keep ``keys``, unless something was dropped since ``mark``: they may have been read before it was destroyed."""
        with self._lock:
            if mark != self._drops:
                return
            expires_at = self._clock() + self._ttl_seconds
            for key in keys:
                self._keys[key.incarnation] = (expires_at, key)
                self._keys.move_to_end(key.incarnation)
            while len(self._keys) > self._size:
                self._keys.popitem(last=False)

    def drop(self, incarnations: Iterable[bytes]) -> None:
        """Forget keys that were destroyed."""
        with self._lock:
            self._drops += 1
            for incarnation in incarnations:
                self._keys.pop(incarnation, None)
