"""Errors of the change pipeline's own machinery (what is wrong with an event is in :mod:`cdc.problems`).

::

    OnefoldError
    ├── FencedOut       another worker holds the stream; this one must stop reading it
    ├── StreamChanged   a file was replaced or shortened while it was read
    ├── OtherKeyStore   the key store does not belong to this database
    ├── KeyStoreEmpty   the key store was lost, and a new one would open nothing
    ├── RulesChanged    what is stored was made with other rules
    └── DecisionRefused a steward's decision cannot be made
"""

from storage import OnefoldError


class FencedOut(OnefoldError):
    """Another worker claimed the stream since this one did: nothing of the batch was written."""

    def __init__(self, stream: str) -> None:
        """Name the stream."""
        super().__init__(f"stream {stream!r} is read by another worker now; this one stops (nothing was lost)")


class StreamChanged(OnefoldError):
    """What a stream held before its stored position is not there any more."""


class OtherKeyStore(OnefoldError):
    """The database was filled with another key store's token key: nothing would match and nothing would open."""

    def __init__(self) -> None:
        """Name the mend."""
        super().__init__(
            "the key store does not belong to this database; set `keystore` to the one that it was filled with, "
            "or restore the newest copy of it"
        )


class KeyStoreEmpty(OnefoldError):
    """The database was filled with keys that the key store does not have: new ones would open nothing of it."""

    def __init__(self) -> None:
        """Name the mend."""
        super().__init__(
            "the database holds records but the key store is empty: restore the newest copy of the key store"
        )


class RulesChanged(OnefoldError):
    """Rules of identity or profiles were changed since the stored state was made."""

    def __init__(self, sections: tuple[str, ...]) -> None:
        """Name the sections of onefold.toml."""
        names = " and ".join(f"[{name}]" for name in sections)
        super().__init__(
            f"{names} in onefold.toml changed since the stored profiles were made; run `onefold identity rebuild` "
            "(with --verify to see first what would change)"
        )


class DecisionRefused(OnefoldError):
    """A steward's decision cannot be made or undone; the message says why and what to do."""
