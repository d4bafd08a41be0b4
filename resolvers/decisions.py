"""Stewards' decisions about the records of profiles."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from identity import LinkRow, StoredRecord, links_between, records_by, source_record
from privacy import DECISION_REASON
from resolvers.context import Request
from resolvers.personal import Personal, Place, Reader
from resolvers.plain import id_text, moment
from resolvers.profile import Profile, ProfilePage
from resolvers.records import SourceRecord, shown_records

_Shown = Mapping[bytes, SourceRecord]
_Live = Mapping[bytes, StoredRecord]


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """That two rows are, or are not, one person; an end is None when its row does not live now.

    ``kind`` is ``must_link`` or ``cannot_link``.
    """

    key: bytes
    kind: str
    left: SourceRecord | None
    right: SourceRecord | None
    author: str
    at_us: int
    reason: Personal

    @property
    def id(self) -> str:
        """By which it is undone."""
        return id_text(self.key)

    @property
    def at(self) -> datetime | None:
        """When it was made."""
        return moment(self.at_us)

    @property
    def is_in_force(self) -> bool:
        """Whether both rows live."""
        return self.left is not None and self.right is not None


def decisions(profile: Profile) -> list[Decision]:
    """The decisions about a profile's records, the earliest first; without those about people out of scope."""
    return profile.page.once("decisions", partial(_decisions, profile.page)).get(profile.key, [])


def live_ends(request: Request, rows: Collection[LinkRow]) -> dict[bytes, StoredRecord]:
    """The live records of decisions' rows by row token."""
    ends = {token for row in rows for token in (row.low, row.high)}
    return {found.row_token: found for found in records_by(request.connection, source_record.c.row_token, ends)}


def decision(row: LinkRow, reader: Reader, live: _Live, shown: _Shown) -> Decision | None:
    """A stored decision; None when it is about a record that is not ``shown``."""
    ends = [live[token].incarnation if token in live else None for token in (row.low, row.high)]
    if any(end is not None and end not in shown for end in ends):
        return None
    left, right = (None if end is None else shown[end] for end in ends)
    reader.keys.announce([row.id])
    place = Place(row.id, "steward_link", "decision", row.cell)
    reason = Personal(reader, DECISION_REASON, place, lambda text: str(json.loads(text)["reason"]))
    return Decision(row.id, row.decision, left, right, row.author, row.at, reason)


def _decisions(page: ProfilePage) -> dict[bytes, list[Decision]]:
    request = page.request
    mine = records_by(request.connection, source_record.c.profile_id, page.ids)
    rows = links_between(request.connection, [record.row_token for record in mine])
    request.spend(len(rows))
    if not rows:
        return {}
    live = live_ends(request, rows)
    shown = shown_records(request, [record.incarnation for record in live.values()])
    found: dict[bytes, list[Decision]] = {}
    for row in rows:
        of = {live[token].profile_id for token in (row.low, row.high) if token in live}
        for key in sorted(of.intersection(page.ids)):
            if made := decision(row, page.reader(key), live, shown):
                found.setdefault(key, []).append(made)
    return found
