"""Padding, so that the length of a cell says little about its value.

ISO/IEC 7816-4: one byte 0x80, then zeros to the next multiple of the attribute's step. What still leaks: how many steps long
a value is.
"""

_DEFAULT_STEP = 32
_STEPS = {
    "email": 64,
    "natural_key": 64,
    "address": 256,
    "body": 256,
    "url": 256,
    "notes": 256,
    "features": 128,
    "decision": 256,
}
_TRAIT_STEP = 256


def step(column: str) -> int:
    """Return the step in bytes for an attribute; what follows a ``#`` tells columns of one attribute apart and is ignored."""
    attribute = column.partition("#")[0]
    if attribute.startswith("trait."):
        return _TRAIT_STEP
    return _STEPS.get(attribute, _DEFAULT_STEP)


def pad(content: bytes, size: int) -> bytes:
    """Fill ``content`` up to the next multiple of ``size`` bytes; at least one byte is added."""
    return content + b"\x80" + bytes(-(len(content) + 1) % size)


def unpad(padded: bytes) -> bytes | None:
    """Undo :func:`pad`; None when there is no padding."""
    content = padded.rstrip(b"\0")
    return content[:-1] if content.endswith(b"\x80") else None
