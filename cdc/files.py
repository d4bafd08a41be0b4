"""Files of captured events: JSON lines ``{"topic", "key", "value", "headers"?}``, each file a stream of its own.

``key``, ``value`` and each header hold JSON as text, as Kafka Connect's JsonConverter wrote it, or the JSON itself; null stands for a
tombstone or a row without a key. A position in the stream is a byte offset behind a line.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from cdc.changes import RawEvent, Unusable
from cdc.envelope import DEFAULT_MAX_EVENT_BYTES
from cdc.problems import EventError

_CHUNK_BYTES: Final = 1024 * 1024
_NAME_BYTES: Final = 64 * 1024
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

    @property
    def stream(self) -> str:
        """Name of the stream: the file's name and a digest of its first line, so that another file is another stream."""
        with self.path.open("rb") as file:
            first = file.readline(_NAME_BYTES)
        return f"file:{self.path.name}:{hashlib.sha256(first).hexdigest()[:16]}"

    @property
    def size(self) -> int:
        """Bytes in the file now."""
        return self.path.stat().st_size

    def prefix_digest(self, offset: int) -> bytes:
        """SHA-256 of the first ``offset`` bytes: it changes when something that was already read has changed."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while offset > 0 and (chunk := file.read(min(offset, _CHUNK_BYTES))):
                digest.update(chunk)
                offset -= len(chunk)
        return digest.digest()

    def events(self, start: int = 0) -> Iterator[RawEvent | Unusable]:
        """Read the lines from byte ``start``; ``offset`` of each is where the next one begins.

        A line that holds no event becomes :class:`~cdc.changes.Unusable` and the rest goes on; empty lines are skipped.
        """
        stream = self.stream
        with self.path.open("rb") as file:
            file.seek(start)
            while line := file.readline(self._max_line_bytes + 1):
                begin = file.tell() - len(line)
                is_whole = len(line) <= self._max_line_bytes or line.endswith(b"\n")
                if not is_whole:
                    _skip_line(file)
                if is_whole and not line.strip():
                    continue
                try:
                    yield _event(stream, file.tell(), _trimmed(line, begin), is_whole=is_whole)
                except EventError as problem:
                    message = f"line {self._line_number(begin)}: {problem.message}"
                    yield Unusable(stream, file.tell(), problem.code, message)

    def _line_number(self, offset: int) -> int:
        """Count the lines before ``offset``; only bad lines ask."""
        number = 1
        with self.path.open("rb") as file:
            while offset > 0 and (chunk := file.read(min(offset, _CHUNK_BYTES))):
                number += chunk.count(b"\n")
                offset -= len(chunk)
        return number


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(_CHUNK_BYTES)) and not rest.endswith(b"\n"):
        pass


def _trimmed(line: bytes, begin: int) -> bytes:
    return line.removeprefix(_BYTE_ORDER_MARK) if begin == 0 else line


def _event(stream: str, offset: int, line: bytes, *, is_whole: bool) -> RawEvent:
    if not is_whole:
        raise EventError("oversized", f"the line has more than {len(line) - 1} bytes")
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


def _json(raw: msgspec.Raw) -> bytes | None:
    """JSON written as text is taken out of its quotes; JSON itself stays byte for byte."""
    json = bytes(raw)
    if json == b"null":
        return None
    return _TEXT.decode(json).encode() if json.startswith(b'"') else json
