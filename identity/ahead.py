"""What was weighed before the lock was taken, beside the batch that was being written.

A weight is a pure function of what its two records say. It still counts under the lock where neither says anything else by then,
which sealed evidence tells without being opened: each time it is written it is sealed under another nonce. So nothing depends on what
was weighed ahead but the time in which a batch is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from identity.match_store import Ends, Incarnation
from identity.matching import Known, Weighed

# The tag of its last bytes tells one sealing from another.
_TAG_BYTES: Final = 16


def version_of(cell: bytes) -> bytes:
    """What tells this sealing of a record's evidence from every other."""
    return cell[-_TAG_BYTES:]


@dataclass(frozen=True, slots=True)
class Ahead:
    """Weights of pairs of which neither record states anything generic, and what the records that they join are ``known`` by.

    ``versions`` of all these records, as they were.
    """

    weights: Mapping[Ends, Weighed] = field(default_factory=dict)
    known: Mapping[Incarnation, Known] = field(default_factory=dict)
    versions: Mapping[Incarnation, bytes] = field(default_factory=dict)


NOTHING: Final = Ahead()
