"""Errors of the change pipeline's own machinery (what is wrong with an event is in :mod:`cdc.problems`).

::

    OnefoldError
    ├── FencedOut       another worker holds the stream; this one must stop reading it
    └── StreamChanged   a file was replaced or shortened while it was read
"""

from storage import OnefoldError


class FencedOut(OnefoldError):
    """Another worker claimed the stream since this one did: nothing of the batch was written."""

    def __init__(self, stream: str) -> None:
        """Name the stream."""
        super().__init__(f"stream {stream!r} is read by another worker now; this one stops (nothing was lost)")


class StreamChanged(OnefoldError):
    """What a stream held before its stored position is not there any more."""
