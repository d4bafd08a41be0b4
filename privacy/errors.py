"""What can go wrong in this package.

::

    OnefoldError
    └── PrivacyError
        ├── KeyProviderError    the root key provider is missing, malformed or refuses (retriable: ingest waits, parks nothing)
        │   └── KeyFileMissing  there is no key file
        ├── KeyMissing          a long-lived key was never made
        ├── KeyDestroyed        an incarnation's key is gone for good (retriable: prepare the change again)
        ├── CellError           a cell does not open
        │   ├── IntegrityError  altered, cut, or moved here from another row, column, table, tenant or type
        │   ├── UnknownFormat   not a cell, or one of a version or suite that this release does not know
        │   ├── KeyMismatch     sealed under another data key
        │   └── KeyUnavailable  the provider does not hold the key's epoch (retriable)
        │       └── KeyNotStored  the key store knows nothing of the key: an older copy of it, perhaps (retriable)
        ├── TokenError          an access token is refused
        │   ├── TokenInvalid
        │   ├── TokenExpired
        │   └── GrantRefused    what the token was to grant is not allowed
        ├── PurposeNotAllowed   a request names a purpose that its token does not list
        └── AuditError          an entry is malformed, or could not be made durable

No message or argument holds a personal value, a key or an access token. Incarnation ids are random and name nobody.
"""

from collections.abc import Iterable

from storage import OnefoldError


class PrivacyError(OnefoldError):
    """Base of this package's errors."""


class KeyProviderError(PrivacyError):
    """The root key provider is missing, malformed or refuses; the message says what to mend."""

    retriable = True


class KeyFileMissing(KeyProviderError):
    """There is no key file; whether a new one may be made, its place does not tell."""


class KeyMissing(PrivacyError):
    """A long-lived key does not exist in the key store."""


class KeyDestroyed(PrivacyError):
    """Incarnations whose keys were destroyed were asked for new ones; ``incarnations`` lists their ids."""

    retriable = True

    def __init__(self, incarnations: Iterable[bytes]) -> None:
        self.incarnations = tuple(incarnations)
        super().__init__(f"{len(self.incarnations)} incarnation(s) had their key destroyed and cannot get another")


class CellError(PrivacyError):
    """A sealed cell does not open."""


class IntegrityError(CellError):
    """The cell is not what was sealed for this place; one message for all causes."""

    def __init__(self) -> None:
        super().__init__("a sealed cell failed its integrity check")


class UnknownFormat(CellError):
    """The bytes are not a cell of a known version and suite."""


class KeyMismatch(CellError):
    """The cell names another data key than the one given."""

    def __init__(self) -> None:
        super().__init__("a sealed cell belongs to another data key")


class KeyUnavailable(CellError):
    """The data key exists but the provider cannot unwrap it now."""

    retriable = True

    def __init__(self) -> None:
        super().__init__("the key provider does not hold the epoch of a data key")


class KeyNotStored(KeyUnavailable):
    """The key store holds neither keys nor tombstones of stored rows; ``incarnations`` lists their ids.

    Trying again does not help: somebody must restore the newest copy of the key store.
    """

    retriable = False

    def __init__(self, incarnations: Iterable[bytes]) -> None:
        self.incarnations = tuple(incarnations)
        PrivacyError.__init__(
            self,
            f"the key store does not know the data keys of {len(self.incarnations)} stored row(s); they were not erased: "
            "restore the newest copy of the key store",
        )


class TokenError(PrivacyError):
    """An access token is refused."""


class TokenInvalid(TokenError):
    """The token is malformed, not ours, or claims what no token may."""

    def __init__(self) -> None:
        super().__init__("the access token is not valid; make another with `onefold token create`")


class TokenExpired(TokenError):
    """The token was valid once."""

    def __init__(self) -> None:
        super().__init__("the access token has expired; make another with `onefold token create`")


class GrantRefused(TokenError):
    """A token with these grants is not issued; the message names the rule."""


class PurposeNotAllowed(PrivacyError):
    """The request names a purpose that the token does not list."""

    def __init__(self) -> None:
        super().__init__("the access token does not allow the purpose that the request names")


class AuditError(PrivacyError):
    """An audit entry is malformed, or could not be made durable: what it stands for must not happen."""
