"""The keys that a root key provider holds, in memory; their reprs name none of them."""

import base64
import binascii
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.encoding import LP
from privacy.errors import KeyProviderError
from privacy.wrapping import KEY_BYTES, unwrap, wrap


@dataclass(frozen=True, slots=True, repr=False)
class Epoch:
    """An epoch key; ``created_at`` in microseconds since 1970 UTC, None when not known."""

    key: bytes
    created_at: int | None


@dataclass(frozen=True, slots=True, repr=False)
class KeySet:
    """The root and the epoch keys by number."""

    root: bytes
    epochs: dict[int, Epoch]

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """Seal a long-lived key under the root, with ``LP`` of the sorted context as associated data."""
        return wrap(AESGCM(self.root), key, _context_aad(context))

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Open what :meth:`wrap` sealed with the same context."""
        key = unwrap(AESGCM(self.root), wrapped, _context_aad(context))
        if key is None:
            where = ", ".join(f"{name}={value}" for name, value in sorted(context.items()))
            raise KeyProviderError(f"a key of the key store ({where}) does not open under this root key")
        return key

    def epoch(self, number: int) -> Epoch:
        """Return an epoch key that must be there."""
        if number not in self.epochs:
            raise KeyProviderError(f"the key provider holds no epoch {number}")
        return self.epochs[number]


def decoded(text: object, where: str) -> bytes:
    """Read a 32-byte key from base64; ``where`` names the place in the error."""
    key = _base64(text)
    if len(key) != KEY_BYTES:
        raise KeyProviderError(f"{where} does not hold base64 of {KEY_BYTES} bytes")
    return key


def _base64(text: object) -> bytes:
    # The caller raises, outside of this `except`: the decoder's own error must not travel along as context.
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _context_aad(context: Mapping[str, str]) -> bytes:
    return LP(*(part for item in sorted(context.items()) for part in item))


def new_epoch() -> Epoch:
    """Make a random epoch key that begins now."""
    return Epoch(os.urandom(KEY_BYTES), time.time_ns() // 1000)
