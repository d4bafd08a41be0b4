"""What a question to the API can be refused with.

::

    OnefoldError
    └── ApiError              carries an ErrorCode; its message may be shown to the caller
        ├── Unauthenticated   no access token, or one that is not valid
        ├── Expired           a token that was valid once
        ├── Forbidden         not for this role
        ├── ForbiddenPurpose  the token does not list the purpose
        ├── BadInput          an argument is not what the schema's description asks for
        ├── Refused           a change that contradicts what is so now
        ├── InvalidCursor     a cursor of another principal, of another question, or altered
        ├── TooComplex        the answer would hold too much
        └── TimedOut          the answer took too long

Messages name arguments, never their values: they end in logs and on screens.
"""

from enum import Enum

from storage import OnefoldError


class ErrorCode(Enum):
    """``extensions.code`` of an error in a GraphQL answer; docs/graphql.md says what to do about each."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105  a code, no password
    FORBIDDEN = "FORBIDDEN"
    FORBIDDEN_PURPOSE = "FORBIDDEN_PURPOSE"
    BAD_REQUEST = "BAD_REQUEST"
    INVALID_QUERY = "INVALID_QUERY"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    REFUSED = "REFUSED"
    INVALID_CURSOR = "INVALID_CURSOR"
    TOO_COMPLEX = "TOO_COMPLEX"
    TIMEOUT = "TIMEOUT"
    INTERNAL = "INTERNAL"


class ApiError(OnefoldError):
    """A question is refused; ``code`` tells programs why, the message tells people."""

    code = ErrorCode.INTERNAL


class Unauthenticated(ApiError):
    """Nobody that we know asks."""

    code = ErrorCode.UNAUTHENTICATED

    def __init__(self) -> None:
        super().__init__("send a valid access token: Authorization: Bearer … (make one with `onefold token create`)")


class Expired(ApiError):
    """The token's time is over."""

    code = ErrorCode.TOKEN_EXPIRED

    def __init__(self) -> None:
        super().__init__("the access token has expired; make another with `onefold token create`")


class Forbidden(ApiError):
    """Not for this role; by default because it sees no individual profiles."""

    code = ErrorCode.FORBIDDEN

    def __init__(self, message: str = "this role sees no individual profiles") -> None:
        super().__init__(message)


class ForbiddenPurpose(ApiError):
    """The request names a purpose that the token does not list."""

    code = ErrorCode.FORBIDDEN_PURPOSE

    def __init__(self) -> None:
        super().__init__("the access token does not allow the purpose in Onefold-Purpose")


class BadInput(ApiError):
    """An argument is not what the schema's description asks for; the message names it."""

    code = ErrorCode.BAD_USER_INPUT


class Refused(ApiError):
    """A change was not made because it contradicts what is so now; the message says what, in ids and rules only."""

    code = ErrorCode.REFUSED


class InvalidCursor(ApiError):
    """A cursor cannot be used here."""

    code = ErrorCode.INVALID_CURSOR

    def __init__(self) -> None:
        super().__init__("the cursor is not of this question and principal; start again without it")


class TooComplex(ApiError):
    """The answer would hold more than one request may ask for."""

    code = ErrorCode.TOO_COMPLEX

    def __init__(self) -> None:
        super().__init__("the question asks for too much at once; ask for smaller pages or fewer nested lists")


class TimedOut(ApiError):
    """The answer took too long."""

    code = ErrorCode.TIMEOUT

    def __init__(self) -> None:
        super().__init__("the question took too long; ask for smaller pages or fewer nested lists")
