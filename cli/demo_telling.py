"""What people are shown who run the demo: how to ask, and what happens."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cli import demo_session
from cli.demo_session import DemoToken

#: A person reads no faster; a higher rate of business is counted instead of listed.
_SECONDS_BETWEEN_LINES: Final = 0.5


class Trickle:
    """Prints what happens, a line for each while there are few."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = -_SECONDS_BETWEEN_LINES
        self._unsaid = 0

    def tell(self, said: str) -> None:
        """Hear of a thing that happened."""
        if self._clock() - self._last < _SECONDS_BETWEEN_LINES:
            self._unsaid += 1
            return
        more = f"   (and {self._unsaid} more)" if self._unsaid else ""
        self._last, self._unsaid = self._clock(), 0
        tell(f"  {datetime.now(UTC).astimezone():%H:%M:%S}  {said}{more}")


def tell_access(address: str, tokens: list[DemoToken]) -> None:
    """Show where the API is, the tokens, and a command that asks for the person whom both businesses know."""
    tell(f"\nGraphiQL:  {address}/graphiql   (opens with a token and {len(demo_session.EXAMPLES)} example queries)")
    tell(f"GraphQL:   {address}/graphql")
    hours = demo_session.TOKEN_SECONDS // 3_600
    tell(f"\nTokens for this machine, valid for {hours} hours; send the purpose in the header Onefold-Purpose:")
    for each in tokens:
        tell(f"  {each.role} (store {each.store}, purpose {each.purpose})\n    {each.token}")
    tell(f"\nOne person, known to shop and POS:\n{demo_session.curl(address, tokens[0])}")


def tell(message: str) -> None:
    """Print at once."""
    print(message, flush=True)
