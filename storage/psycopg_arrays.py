"""Teach psycopg to send packed arrays as they are; imported only where PostgreSQL is used."""

from typing import Any

from psycopg.adapt import Dumper
from psycopg.pq import Format

from storage.arrays import PACKED, PackedArray


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: PackedArray) -> bytes:
        return obj


def register(connection: Any) -> None:
    """Let ``connection`` (of psycopg) take all kinds of :class:`~storage.arrays.PackedArray`."""
    for kind in PACKED.values():
        connection.adapters.register_dumper(kind, type(f"_{kind.__name__}Dumper", (_AsItIs,), {"oid": kind.oid}))
