"""Errors of the change pipeline's own machinery (what is wrong with an event is in :mod:`cdc.problems`).

::

    OnefoldError
    ├── FencedOut       another worker holds the stream; this one must stop reading it
    ├── PublisherReplaced another publisher holds the topic; this one must stop
    ├── PublishRefused  Kafka takes no messages from us, and no waiting mends it
    ├── StreamChanged   a file was replaced or shortened while it was read
    ├── OtherKeyStore   the key store does not belong to this database
    ├── KeyStoreEmpty   the key store was lost, and a new one would open nothing
    ├── RulesChanged    what is stored was made with other rules
    ├── TooManyMerges   a batch would join unusually many existing profiles: somebody should look first
    ├── DecisionRefused a steward's decision cannot be made
    ├── PeopleTableError a table of people cannot be read; names the line
    └── ReplayRefused   what is to be read again is not there
"""

from dataclasses import dataclass
from uuid import UUID

from storage import OnefoldError


class FencedOut(OnefoldError):
    """Another worker claimed the stream since this one did: nothing of the batch was written."""

    def __init__(self, stream: str) -> None:
        """Name the stream."""
        super().__init__(f"stream {stream!r} is read by another worker now; this one stops (nothing was lost)")


class PublisherReplaced(FencedOut):
    """Another publisher started since this one did: what this one sent and did not note, the other sends again."""

    def __init__(self, stream: str) -> None:
        """Name the stream."""
        super(FencedOut, self).__init__(
            f"{stream!r} is served by another publisher now; this one stops (nothing was lost)"
        )


class PublishRefused(OnefoldError):
    """Kafka refuses what is published, for a reason that somebody must mend."""

    def __init__(self, topic: str, reason: str) -> None:
        """``reason`` is the name of Kafka's error."""
        super().__init__(
            f"Kafka takes no messages for topic {topic!r} ({reason}); mend the topic, the rights on it or [kafka], then run "
            "`onefold publish` again (nothing was lost)"
        )


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


class PeopleTableError(OnefoldError):
    """A table of people cannot be read as it is; the message names the line or the column, and no value of a row."""


class ReplayRefused(OnefoldError):
    """What is to be read again is not there; the message says what is."""


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What a batch would do to profiles that existed before it.

    ``merges``: how many fewer there would be; ``profiles`` and ``records``: what it touches of them; ``largest``: the records of the
    largest profile that would result; ``causes``: the tables with most of the changes behind it, as (source.table, changes);
    ``examples``: some of the pairs (absorbed profile, profile that it becomes part of).
    """

    merges: int
    profiles: int
    records: int
    largest: int
    causes: tuple[tuple[str, int], ...] = ()
    examples: tuple[tuple[bytes, bytes], ...] = ()


class TooManyMerges(OnefoldError):
    """A batch would join more existing profiles than allowed: nothing of it was written, and its stream stands before it."""

    def __init__(self, radius: BlastRadius, limit: int, *, stream: str = "", offset: int = 0) -> None:
        """Say how far it would reach and what to do; ``stream`` "" stands for parked events that are tried again."""
        self.radius = radius
        self.limit = limit
        self.stream = stream
        self.offset = offset
        place = (
            f"stream {stream!r} stands at offset {offset}: its next batch" if stream else "trying these events again"
        )
        super().__init__("\n".join((f"{place} {_reach(radius, limit)}", *_advice(radius))))

    def at(self, stream: str, offset: int) -> "TooManyMerges":
        """The same, with the stream and where it stands."""
        return TooManyMerges(self.radius, self.limit, stream=stream, offset=offset)


def _reach(radius: BlastRadius, limit: int) -> str:
    causes = ", ".join(f"{table} ({changes})" for table, changes in radius.causes)
    return (
        f"would bring {radius.merges} merges of existing profiles, more than {limit}; nothing of it was written. "
        f"It would join {radius.profiles} profiles of {radius.records} records, the largest of {radius.largest} records "
        f"then. Changes behind it: {causes or 'none of a row'}"
    )


def _advice(radius: BlastRadius) -> list[str]:
    pairs = "; ".join(f"{UUID(bytes=old)} into {UUID(bytes=now)}" for old, now in radius.examples)
    look = f"for instance {pairs}: `onefold identity explain` tells what lies between two of them so far"
    mend = (
        "wrong data: mend it in the source; later events of the same rows count in the same batch, which "
        "`onefold ingest --batch` makes larger. Rules too wide: try others with `onefold identity preview`"
    )
    accept = (
        f"right data: `--accept-merges {radius.merges}` of `onefold ingest` and `onefold parked retry` lets it pass this "
        "time, `pause_above_merges` in [identity] every time"
    )
    return [*([look] if pairs else []), mend, accept]
