"""Source records: what one row of a person table says, in Onefold's own words.

``cdc`` translates change events into these values; nothing here knows Debezium. A *source record* is one live incarnation
of a person row; its natural key is ``(source, table, primary key)``.
"""

from enum import Enum
from typing import Final

import msgspec


class UnknownType(Enum):
    """The type of :data:`UNKNOWN`."""

    UNKNOWN = "unknown"


#: The event does not say what the column holds (an unchanged large value): the stored value stays. Not the same as None.
UNKNOWN: Final = UnknownType.UNKNOWN


class RowKey(msgspec.Struct, frozen=True, order=True):
    """The natural key of a source row; ``key`` holds the primary key's values as text, in the mapping's order."""

    source: str
    table: str
    key: tuple[str, ...]

    def natural(self) -> str:
        """The key as one line of canonical JSON, by which ties are broken and exports are sorted."""
        return msgspec.json.encode((self.source, self.table, *self.key)).decode()


class FieldValue(msgspec.Struct, frozen=True):
    """One mapped column of a row.

    ``attribute`` is a standard name (``email``, ``name``, ``trait.shoe_size``); ``slot`` tells columns of the same attribute
    apart (0, 1, … in the mapping's column order); ``value`` is text, None for NULL, UNKNOWN when the event does not say.
    ``app`` is the WeChat app id of an openid. ``verified`` says whether the source has verified the identifier: True, False (it could
    have, and has not), None where it does not say.
    """

    attribute: str
    slot: int
    value: "str | UnknownType | None"
    verified: "bool | UnknownType | None" = None
    app: str = ""
