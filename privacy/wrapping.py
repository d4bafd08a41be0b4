"""Keys under keys: AES-256-GCM, stored as nonce (12 bytes), ciphertext, tag (16).

GCM instead of RFC 5649 key wrap: the library's key wrap measured 78 to 121 µs a key, this under 2. The associated data binds
a wrapped key to its place, so that one copied to another row does not unwrap.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.nonces import NONCE_BYTES, random_nonce

KEY_BYTES = 32


def wrap(wrapper: AESGCM, key: bytes, aad: bytes) -> bytes:
    """Seal ``key`` under ``wrapper`` with a random nonce."""
    nonce = random_nonce()
    return nonce + wrapper.encrypt(nonce, key, aad)


def unwrap(wrapper: AESGCM, wrapped: bytes, aad: bytes) -> bytes | None:
    """Open a wrapped key; None when it was altered or belongs elsewhere."""
    try:
        return wrapper.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):  # ValueError: a nonce that is too short
        return None
