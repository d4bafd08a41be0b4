"""Why an event cannot be applied: the codes under which events are parked, and the error that carries one.

::

    OnefoldError
    └── EventError    this event cannot be applied as it is, and trying again will not help
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from storage import OnefoldError

#: Every code under which an event is parked, with what it means and what mends it.
PARK_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "oversized": "The event is larger than the limit; raise `max_event_bytes` or leave the large column out of capture.",
        "malformed_json": "Key, value or header is not JSON; use Kafka Connect's JsonConverter for keys and values.",
        "invalid_utf8": "The text is not UTF-8; check the connector's and the database's character sets.",
        "wrong_envelope": "The JSON is not a change event; send Debezium's whole envelope, not a flattened one.",
        "unknown_op": "The envelope's `op` is none of c, u, d, r, t, m; a newer Onefold may know it.",
        "unmapped_table": 'The table is not in the mapping; map it, or set `kind = "ignore"`.',
        "missing_position": "The event does not say where it lies in the database's log; take a connector that does.",
        "missing_key": "A column of the mapped key is absent or NULL; map the key columns that the events have.",
        "key_mismatch": "The event's key has other columns than the mapped key; make them the same.",
        "keyless_person": "A person's row has no key; give the table a primary key or set `message.key.columns`.",
        "keyless_change": "A row without a key was updated or deleted, and which row it was cannot be known; add a key.",
        "wrong_type": "A column holds something that its standard name cannot take.",
        "ambiguous_value": "The value can be read in several ways; say which in the mapping (`scale`, `unit`, `type`).",
        "missing_currency": "An amount has no currency; map a currency column or set `currency` on table or source.",
        "unmapped_state": "A consent holds a state that `values` does not list; add it as granted or withdrawn.",
        "unreadable": "The event breaks the decoder in a way that it does not know; tell the makers of Onefold.",
        "unknown_server": "A server wrote it of which nothing was heard before a failover, nor ever will be; drop it, then take a snapshot.",
        "personal_key": "A clear key looks like an e-mail address or a phone number; set `personal_key = true`.",
    }
)  # fmt: skip


class EventError(OnefoldError):
    """An event cannot be applied; ``code`` is one of :data:`PARK_CODES`, ``message`` names column and mend, no value."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")
        PARK_CODES[code]  # a code that is not documented fails here, in the first test that meets it
