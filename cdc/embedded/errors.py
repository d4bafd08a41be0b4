"""Errors of the embedded engine.

::

    CaptureError
    ├── EngineMissing    what it needs is not installed
    ├── EngineFailed     Debezium refused the settings, or could not start
    ├── SourceLost       the source cannot be reached, or reading ended; trying again may help
    └── LogLost          the source no longer has what comes after the stored position: rows must be read anew
"""

from cdc.capture.errors import CaptureError


class EngineMissing(CaptureError):
    """Java, the Python package or a connector is not installed; names what to install."""


class EngineFailed(CaptureError):
    """Debezium refused the settings, or could not start; the message is its own, without values of rows."""


class SourceLost(CaptureError):
    """The source cannot be reached, or reading it ended; what was committed stays, and trying again may help."""

    retriable = True


class LogLost(CaptureError):
    """The source no longer has what comes after the stored position; names the command that reads all rows anew."""
