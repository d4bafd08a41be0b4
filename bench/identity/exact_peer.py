"""Exact matching, as most customer data platforms do it: an equal identifier joins, after cleaning."""

from collections.abc import Iterator, Sequence

from bench.identity.cleaning import Clean
from bench.identity.clusters import components

_IDENTIFIERS = ("phone", "email", "account", "card", "soc_sec_id")


def cluster(rows: Sequence[Clean]) -> dict[str, str]:
    """Join all rows that share a phone, an e-mail, a WeChat account, a card or a national number."""
    return components([str(row["unique_id"]) for row in rows], _pairs(rows))


def _pairs(rows: Sequence[Clean]) -> Iterator[tuple[str, str]]:
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        for column in _IDENTIFIERS:
            value = row.get(column)
            if value and "*" not in value:
                yield first.setdefault((column, value), str(row["unique_id"])), str(row["unique_id"])
