"""How a field of a type is declared."""

from collections.abc import Callable
from typing import Any

import strawberry


def field(*, description: str, resolver: Callable[..., object] | None = None, name: str | None = None) -> Any:
    """A described field; without ``resolver`` it shows the attribute of the same name.

    Typed as Any: a resolver gives one of our plain values, and the annotation in the class says as which GraphQL type it
    is shown.
    """
    given: Any = resolver
    return strawberry.field(resolver=given, description=description, name=name)
