"""Where an event lies in its database's log, as bytes that sort like the log, and which server wrote it.

Layout, all numbers big-endian: PostgreSQL ``lsn:8`` (a row of an incremental snapshot has it as the end of ``sequence``); MySQL and MariaDB ``file number:8 pos:8 row:4``; connectors with a plain
sequence number ``seq:8``. One more byte follows, 0 for a snapshot row and 1 for a streamed change, so that a streamed change
wins a tie. Positions of one source compare with each other; those of different connectors do not.

Sources: Debezium 3.6, "source" block of the PostgreSQL, MySQL and MariaDB connectors.
"""

import re

import msgspec

from cdc.problems import EventError

#: Uuids and ``domain-server`` numbers; anything else names no server.
_SERVER = re.compile(r"[0-9A-Za-z-]{1,64}")
_SEQUENCE = msgspec.json.Decoder(list[str | None])


class SourceBlock(msgspec.Struct, frozen=True):
    """What Onefold reads of an envelope's ``source``; ``seq`` is Onefold's own for capture by triggers."""

    connector: str = ""
    name: str = ""
    db: str | None = None
    schema: str | None = None
    table: str | None = None
    snapshot: str | bool | None = None
    lsn: int | None = None
    sequence: str | None = None
    file: str | None = None
    pos: int | None = None
    row: int | None = None
    gtid: str | None = None
    server_id: int | None = None
    seq: int | None = None

    @property
    def is_snapshot(self) -> bool:
        """True for rows read by a snapshot, initial or incremental."""
        return self.snapshot not in (None, False, "false")

    @property
    def is_incremental(self) -> bool:
        """True for rows read by an incremental snapshot."""
        return self.snapshot == "incremental"


def position(source: SourceBlock, *, is_snapshot: bool) -> bytes:
    """Sortable bytes for ``source``; :class:`EventError` ``missing_position`` when it does not say."""
    try:
        return _log_position(source) + (b"\x00" if is_snapshot else b"\x01")
    except (OverflowError, ValueError, IndexError, msgspec.MsgspecError):
        raise _missing(source) from None


def _log_position(source: SourceBlock) -> bytes:
    if source.lsn is not None:
        return source.lsn.to_bytes(8, signed=source.lsn < 0)  # Java's long is signed, an LSN is not
    if source.file is not None and source.pos is not None:
        number = int(source.file.rpartition(".")[2])  # mysql-bin.999999 is followed by mysql-bin.1000000
        return number.to_bytes(8) + source.pos.to_bytes(8) + (source.row or 0).to_bytes(4)
    if source.seq is not None:
        return source.seq.to_bytes(8)
    if source.connector == "postgresql" and source.sequence is not None:
        # Where the stream stood when the window closed in which the row was read: no change of it came in between.
        return int(_SEQUENCE.decode(source.sequence)[-1] or "").to_bytes(8)
    raise ValueError


def _missing(source: SourceBlock) -> EventError:
    return EventError(
        "missing_position",
        f"connector {source.connector or '(unnamed)'!r}: `source` has none of lsn (PostgreSQL), file and pos (MySQL, MariaDB) "
        "or seq that can be read",
    )


def server(source: SourceBlock) -> str:
    """Identity of the server that wrote a change: MySQL's uuid, MariaDB's ``domain-server``, else a server id; "" if not said."""
    if source.gtid:
        head, colon, _ = source.gtid.partition(":")
        named = head if colon else source.gtid.rpartition("-")[0]
        return named if _SERVER.fullmatch(named) else ""
    return str(source.server_id) if source.server_id else ""
