"""Onefold under test: the stream goes through the real pipeline, event after event, and the profiles are read from its store.

Nothing here knows how records are joined: whatever Onefold's identity does is measured as it is, under the mapping that comes with
the stream.
"""

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import sqlalchemy as sa

from bench.identity.stream import Key, Stream, captured
from cdc import RawEvent
from identity import source_record
from tests.installation import Installation, installation


def resolve(stream: Stream) -> Mapping[Key, str]:
    """The profile id of each live row; implements `stream.Resolve`.

    Raises RuntimeError when events were parked: a benchmark over half of the data would be worth nothing.
    """
    with (
        tempfile.TemporaryDirectory(prefix="onefold-identity-") as folder,
        installation(Path(folder) / "installation", stream.mapping) as running,
    ):
        report = running.ingest(_raw(captured(stream.events)))
        if report.parked:
            raise RuntimeError(f"{report.parked} events were parked: the mapping does not fit the stream")
        return _profiles(running)


def _raw(lines: Iterable[Mapping[str, str]]) -> Iterable[RawEvent]:
    return [RawEvent("", 0, line["topic"], line["key"].encode(), line["value"].encode()) for line in lines]


def _profiles(running: Installation) -> dict[Key, str]:
    query = sa.select(source_record.c.incarnation, source_record.c.profile_id)
    with running.parts.database.read() as connection:
        profiles = {row.incarnation: row.profile_id.hex() for row in connection.execute(query)}
        naturals = running.parts.reader.natural_keys(connection, profiles.keys())
    return {_key(natural): profiles[incarnation] for incarnation, natural in naturals.items()}


def _key(natural: str) -> Key:
    """A natural key is the JSON list of source, table and primary key."""
    source, _, key = json.loads(natural)
    return Key("shop" if source == "shop" else "pos", key)
