"""Errors of the truth audit; a database's own texts, which may quote values, never get into them.

::

    OnefoldError
    └── ParityError       the source cannot be audited as it is; the message names the mend
        └── SourceBusy    not at the moment (retriable)
"""

from storage import OnefoldError


class ParityError(OnefoldError):
    """A source, or one of its tables, cannot be compared; the message says which, why, and what to do."""


class SourceBusy(ParityError):
    """The source cannot be reached, or does not come to rest, for now."""

    retriable = True
