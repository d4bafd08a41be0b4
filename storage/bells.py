"""Wake-ups: whoever commits entries to the outbox rings, whoever reads it waits for that, and looks now and then without.

A wake-up carries nothing. It may get lost, and it may come for nothing: nothing depends on it but how soon somebody looks.
"""

import threading
from importlib import import_module
from typing import cast


class Bell:
    """Wakes those who wait in the same process."""

    def __init__(self) -> None:
        """Start silent."""
        self._rung = threading.Event()

    def ring(self) -> None:
        """Wake who waits, or who waits next; returns at once."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Return when it has rung since the last waiting, at the latest after ``seconds``; whether it has."""
        has_rung = self._rung.wait(seconds)
        self._rung.clear()
        return has_rung

    def close(self) -> None:
        """End what runs for it."""


def open_bell(redis_url: str | None) -> Bell:
    """A bell for all processes of an installation, or without Redis for this one."""
    return Bell() if redis_url is None else cast("Bell", import_module("storage.redis_bell").RedisBell(redis_url))
