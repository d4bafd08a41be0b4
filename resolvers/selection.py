"""A selection: the things that one level of an answer shows, which ask the database together.

What is asked of one of them is loaded for all of them, in a constant number of statements, and kept by what was asked. So a
page of fifty profiles costs as many statements as a page of one.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from resolvers.context import Request

T = TypeVar("T")


class Selection:
    """The siblings of one level; subclasses add what they hold."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._loaded: dict[Hashable, Any] = {}

    def once(self, key: Hashable, load: Callable[[], T]) -> T:
        """The result of ``load``, which runs at the first call with ``key``."""
        if key not in self._loaded:
            self._loaded[key] = load()
        found: T = self._loaded[key]
        return found
