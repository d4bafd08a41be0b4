"""Threads that end together: when one fails, all stop, and the failure is raised where they were started."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Workers:
    """Runs functions in threads until ``stop`` is set; each gets it and returns soon after."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def start(self, name: str, work: Callable[[threading.Event], object]) -> None:
        """Run ``work`` in a thread of its own."""

        def run() -> None:
            try:
                work(self.stop)
            except BaseException as failure:  # noqa: BLE001 - it is raised again in the thread that waits
                self._failures.append(failure)
            finally:
                self.stop.set()

        self._threads.append(threading.Thread(target=run, name=name))
        self._threads[-1].start()

    def end(self) -> None:
        """Stop all and wait for them."""
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def raise_failure(self) -> None:
        """Raise what ended the first that failed."""
        if self._failures:
            raise self._failures[0]


@contextmanager
def workers() -> Iterator[Workers]:
    """Give workers that are ended at the end; the first failure among them is raised then."""
    crew = Workers()
    try:
        yield crew
    finally:
        crew.end()
    crew.raise_failure()
