"""Parse and validate a document once: half the time of a small question goes there.

Only documents without literals that could be somebody's: whatever else, a phone number in a query must not stay in memory
because it was asked for once. Put values into variables, and the document is cached.
"""

import re
from collections.abc import Iterator

from strawberry.extensions import ParserCache, ValidationCache

_MAY_HOLD_VALUES = re.compile(r"\"|#|\d{4}")


def may_hold_values(document: str | None) -> bool:
    """Whether a document has string literals, comments or long numbers."""
    return document is None or _MAY_HOLD_VALUES.search(document) is not None


class CachedParser(ParserCache):
    """Keeps parsed documents, at most 128."""

    def on_parse(self) -> Iterator[None]:
        """Parse, or take what was parsed before."""
        if may_hold_values(self.execution_context.query):
            yield
        else:
            yield from super().on_parse()


class CachedValidation(ValidationCache):
    """Keeps the outcome of validating them."""

    def on_validate(self) -> Iterator[None]:
        """Validate, or take what came of it before."""
        if may_hold_values(self.execution_context.query):
            yield
        else:
            yield from super().on_validate()
