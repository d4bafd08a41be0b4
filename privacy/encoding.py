"""The one way in which several values become one byte string for a key derivation, a MAC or associated data."""


def LP(*parts: str | bytes) -> bytes:  # noqa: N802  the name that docs/formats uses
    """Join ``parts``, each as its length (4 bytes, big-endian) and its bytes; strings as UTF-8.

    No two different lists give the same bytes, which plain concatenation cannot promise.
    """
    joined: list[bytes] = []
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        joined.append(len(encoded).to_bytes(4))
        joined.append(encoded)
    return b"".join(joined)
