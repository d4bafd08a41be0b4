"""Errors of capturing.

::

    OnefoldError
    ├── CaptureError        a source cannot be captured as onefold.toml says
    │   ├── PasswordUnknown its password is not where the settings say
    │   └── DriverMissing   the Python driver of its database is not installed
    └── ConnectError        Kafka Connect refuses, or cannot be reached
"""

from storage import OnefoldError


class CaptureError(OnefoldError):
    """A source cannot be captured as ``onefold.toml`` says."""


class PasswordUnknown(CaptureError):
    """The password is not where the settings say; names the variable or file."""


class DriverMissing(CaptureError):
    """The driver is not installed; names the extra."""


class ConnectError(OnefoldError):
    """Kafka Connect refuses, or cannot be reached; names its address without the password in it."""
