"""Files of captured events: JSON lines ``{"topic", "key", "value", "headers"?}``, each file a stream of its own.

``key``, ``value`` and each header hold JSON as text, as Kafka Connect's JsonConverter wrote it, or the JSON itself; null stands for a
tombstone or a row without a key. A position in the stream is a byte offset behind a line. A last line without its end that
holds no event is still being written: reading ends before it, and the next reading begins with it.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from cdc.changes import RawEvent, Unusable
from cdc.envelope import DEFAULT_MAX_EVENT_BYTES
from cdc.problems import EventError

#: How the streams of files begin; no other transport's does.
FILE_STREAMS: Final = "file:"

#: The header by which a line that holds no event is known, parked as one: nothing that is mended makes it an event.
NO_EVENT: Final = "onefold-no-event"

_CHUNK_BYTES: Final = 1024 * 1024
_TAIL_BYTES: Final = 64 * 1024
#: JSON inside JSON grows: every quote is escaped, a letter may become ``\\uXXXX``.
_ESCAPING: Final = 4
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class _Line(msgspec.Struct):
    topic: str
    value: msgspec.Raw
    key: msgspec.Raw = msgspec.Raw(b"null")
    headers: dict[str, msgspec.Raw] | None = None


_LINE: Final = msgspec.json.Decoder(_Line)
_TEXT: Final = msgspec.json.Decoder(str)


class CapturedFile:
    """A file of captured events; it may grow, and nothing before its end may change."""

    def __init__(self, path: Path, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self.path = path
        self._max_line_bytes = max_event_bytes * _ESCAPING
        self._is_unfinished = False

    @property
    def stream(self) -> str:
        """Name of the stream: the file's absolute path, the same whichever links lead to it."""
        return f"{FILE_STREAMS}{self.path.resolve()}"

    @property
    def is_unfinished(self) -> bool:
        """Whether the last reading ended before a line that is still being written."""
        return self._is_unfinished

    @property
    def size(self) -> int:
        """Bytes in the file now."""
        return self.path.stat().st_size

    def tail_digest(self, offset: int) -> bytes:
        """SHA-256 of the up to 64 KiB before ``offset``: proof that these bytes are still those that were read."""
        with self.path.open("rb") as file:
            file.seek(max(0, offset - _TAIL_BYTES))
            return hashlib.sha256(file.read(min(offset, _TAIL_BYTES))).digest()

    def lines_before(self, offset: int) -> int:
        """Count the lines that end before ``offset``."""
        number = 0
        with self.path.open("rb") as file:
            while offset > 0 and (chunk := file.read(min(offset, _CHUNK_BYTES))):
                number += chunk.count(b"\n")
                offset -= len(chunk)
        return number

    def events(self, start: int = 0) -> Iterator[RawEvent | Unusable]:
        """Read the lines from byte ``start``; ``offset`` of each is where the next one begins.

        A line that holds no event becomes :class:`~cdc.changes.Unusable` and the rest goes on; empty lines are skipped.
        """
        for found in self.read(start):
            yield found[1] if isinstance(found, tuple) else found

    def read(self, start: int = 0) -> Iterator[RawEvent | tuple[RawEvent, Unusable]]:
        """As :meth:`events`, with what is to be parked of a line that holds no event: a raw event whose value is the line."""
        stream = self.stream
        self._is_unfinished = False
        with self.path.open("rb") as file:
            file.seek(start)
            while line := file.readline(self._max_line_bytes + 1):
                begin = file.tell() - len(line)
                is_whole = len(line) <= self._max_line_bytes or line.endswith(b"\n")
                is_ended = line.endswith(b"\n")
                if not is_whole:
                    line, is_ended = _stand_in(file, line)
                if is_whole and not line.strip():
                    continue
                try:
                    yield _event(stream, file.tell(), _trimmed(line, begin), is_whole=is_whole)
                except EventError as problem:
                    if not is_ended:
                        self._is_unfinished = True
                        return
                    message = f"line {self.lines_before(begin) + 1}: {problem.message}"
                    raw = RawEvent(stream, file.tell(), "", None, line, {NO_EVENT: b""})
                    yield raw, Unusable(stream, file.tell(), problem.code, message)


def _stand_in(file: BinaryIO, beginning: bytes) -> tuple[bytes, bool]:
    """Read past the rest of a line that is too long; its digest tells it from other such lines, the flag whether it has an end."""
    digest = hashlib.sha256(beginning)
    is_ended = False
    while not is_ended and (rest := file.readline(_CHUNK_BYTES)):
        digest.update(rest)
        is_ended = rest.endswith(b"\n")
    return f"sha256:{digest.hexdigest()}".encode(), is_ended


def _trimmed(line: bytes, begin: int) -> bytes:
    return line.removeprefix(_BYTE_ORDER_MARK) if begin == 0 else line


def _event(stream: str, offset: int, line: bytes, *, is_whole: bool) -> RawEvent:
    if not is_whole:
        message = (
            "the line is longer than `max_event_bytes` allows; raise that, then ingest the line from a file of its own"
        )
        raise EventError("oversized", message)
    try:
        found = _LINE.decode(line)
        headers = {name: _json(raw) or b"null" for name, raw in (found.headers or {}).items()}
        return RawEvent(stream, offset, found.topic, _json(found.key), _json(found.value), headers)
    except msgspec.ValidationError as error:
        raise EventError("wrong_envelope", f'the line is not {{"topic", "key", "value"}}: {error}') from None
    except UnicodeDecodeError as error:
        raise EventError("invalid_utf8", f"the line is not UTF-8 near its byte {error.start}") from None
    except msgspec.DecodeError:
        raise EventError("malformed_json", "the line is not valid JSON") from None
    except RecursionError:
        raise EventError("malformed_json", "the line is nested too deeply") from None


def _json(raw: msgspec.Raw) -> bytes | None:
    """JSON written as text is taken out of its quotes; JSON itself stays byte for byte."""
    json = bytes(raw)
    if json == b"null":
        return None
    return _TEXT.decode(json).encode() if json.startswith(b'"') else json
