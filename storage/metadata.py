"""Table metadata for both databases, and the classification that every column must carry.

Two :class:`~sqlalchemy.MetaData` objects: ``MAIN`` for the main database, ``KEYS`` for the key store, which is a separate
database so that a backup of one is useless without the other. Every column is made with :func:`column`, which asks for
its class; ``tests/unit/storage/test_classification.py`` fails on a column without one.
"""

from enum import Enum
from typing import Any

from sqlalchemy import Column, LargeBinary, MetaData
from sqlalchemy.types import TypeDecorator

from storage.errors import PlaintextRefused

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

MAIN = MetaData(naming_convention=_NAMING)
KEYS = MetaData(naming_convention=_NAMING)


class DataClass(Enum):
    """How much a column tells about a person.

    ``PUBLIC`` nothing; ``INTERNAL`` surrogate ids, positions, amounts, states: may be stored in clear;
    ``PSEUDONYM`` keyed hashes of personal values: no clear value, yet personal data, deleted on erasure;
    ``PERSONAL`` and ``SENSITIVE`` only ever inside a sealed cell; ``SECRET`` wrapped key material.
    """

    PUBLIC = "public"
    INTERNAL = "internal"
    PSEUDONYM = "pseudonym"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    SECRET = "secret"  # noqa: S105 - the name of a class of columns


#: First bytes of every sealed cell: magic "CD" and format version 1 (docs/formats/cell.md).
CELL_MAGIC = b"CD\x01"


class Bytes(LargeBinary):
    """Bytes as both drivers take and give them; SQLAlchemy's own conversion of each value is left out, it costs 10 % of ingest."""

    cache_ok = True

    def bind_processor(self, dialect: Any) -> None:
        """Hand the value over as it is."""

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """Take the value as it comes."""


class Sealed(TypeDecorator[bytes]):
    """A BLOB column that takes sealed cells only, so that plaintext cannot be written by accident.

    It checks the frame, not the key: sealing needs the row's context and happens in the repositories.
    """

    impl = Bytes
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Pass a sealed cell through; refuse everything else with :class:`PlaintextRefused`."""
        if value is not None and (not isinstance(value, bytes) or value[:3] != CELL_MAGIC):
            raise PlaintextRefused("a sealed column was given a value that is not a sealed cell")
        return value


def column(name: str, kind: Any, data_class: DataClass, *args: Any, **options: Any) -> Column[Any]:
    """A column with its data class; personal ones must be of type :class:`Sealed`."""
    sealed = kind is Sealed or isinstance(kind, Sealed)
    if data_class in (DataClass.PERSONAL, DataClass.SENSITIVE) and not sealed:
        raise TypeError(f"column {name!r} is {data_class.value} and must be of type Sealed")
    options.setdefault("nullable", False)
    return Column(name, kind, *args, info={"data_class": data_class}, **options)
