"""Look for personal values in raw bytes, in every form that a careless program might leave them in.

The encodings are those of the canary scanner: text in several character sets, base64 at each alignment, hex, percent, JSON
escapes, reversed, numbers in binary, and unsalted digests. A page border may cut a value, so a part of it is enough.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

#: A part of this many bytes is a hit: long enough not to occur by chance in megabytes of ciphertext.
_PART = 8
#: Hex and digits say less with each byte, so more of them must agree.
_LONG_PART = 18


@dataclass(frozen=True, slots=True)
class Hit:
    """Where which encoding of which value was found."""

    file: str
    encoding: str
    value: str


def encodings(value: str) -> Iterator[tuple[str, bytes]]:
    """Every form of ``value`` that is looked for, by name."""
    plain = value.encode()
    yield "utf-8", plain
    yield "utf-16-le", value.encode("utf-16-le")
    yield "utf-16-be", value.encode("utf-16-be")
    yield "gb18030", value.encode("gb18030")
    for shift in range(3):
        # The first and last characters depend on the neighbours: only the middle is certain.
        yield f"base64+{shift}", base64.b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4]
    yield "hex", plain.hex().encode()
    yield "HEX", plain.hex().upper().encode()
    yield "percent", quote(value, safe="").encode()
    yield "json", json.dumps(value).strip('"').encode()
    yield "reversed", plain[::-1]
    for name in ("md5", "sha1", "sha256"):
        digest = hashlib.new(name, plain, usedforsecurity=False)
        yield name, digest.digest()
        yield f"{name} in hex", digest.hexdigest().encode()
    digits = "".join(character for character in value if character.isdigit())
    if len(digits) >= len(value) - 4 and 10 <= len(digits) <= 18:
        number = int(digits)
        yield "int64 le", number.to_bytes(8, "little")
        yield "int64 be", number.to_bytes(8, "big")
        if number < 1 << 48:
            yield "sqlite integer", number.to_bytes(6, "big")


class Scanner:
    """Finds the values that it was made for."""

    def __init__(self, values: Iterable[str]) -> None:
        """Prepare the parts to look for."""
        self._parts: dict[int, dict[bytes, tuple[str, str]]] = {}
        for value in values:
            for name, pattern in encodings(value):
                self._add(name, pattern, value)

    def _add(self, name: str, pattern: bytes, value: str) -> None:
        says_little = name in ("hex", "HEX") or "in hex" in name or pattern.isdigit() or name == "sqlite integer"
        size = min(len(pattern), _LONG_PART if says_little else _PART)
        if size >= 6:
            for start in range(len(pattern) - size + 1):
                self._parts.setdefault(size, {})[pattern[start : start + size]] = (name, value)

    def scan(self, content: bytes, file: str = "") -> set[Hit]:
        """All hits in ``content``."""
        return {
            Hit(file, *parts[window])
            for size, parts in self._parts.items()
            for window in parts.keys() & {content[at : at + size] for at in range(len(content) - size + 1)}
        }

    def scan_folder(self, folder: Path, *, skip: Iterable[str] = ()) -> set[Hit]:
        """All hits in all files below ``folder`` but those named in ``skip``."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in set(skip)]
        assert files, "nothing to scan"
        return {hit for path in files for hit in self.scan(path.read_bytes(), str(path.relative_to(folder)))}
