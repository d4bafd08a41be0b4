"""Errors as the caller sees them: a stable code, a place, and no value of anybody's.

Messages of the parser and the validator quote what they stumble over, which may be a phone number written into a query; here
they keep names and lose literals. Unexpected errors say nothing but the request's id.
"""

import re
import traceback
from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from graphql import GraphQLError

from resolvers import ApiError, ErrorCode

_log = structlog.get_logger("graphql")

#: Errors after which the whole answer is dropped: what was there by then is an accident.
_WHOLE = frozenset({ErrorCode.TOO_COMPLEX, ErrorCode.TIMEOUT})

# How the libraries' own limits begin to speak: tokens, and lists within lists of introspection.
_TOO_MUCH = ("Syntax Error: Document contains", "Maximum introspection depth exceeded")

# Where the libraries' messages begin to speak of a value; whatever follows is cut off.
_VALUE_FOLLOWS = re.compile(
    r"(,? (?:found|got)\b|(?<=\bvalue):|(?<=has invalid value)\b|(?<=(?:Unexpected|.{3}Invalid) character)\b).*",
    re.DOTALL,
)
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_NAMED_VALUE = re.compile(r"\bValue '[^']*'")
_NAME = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.]*(\([A-Za-z_][A-Za-z0-9_]*:\))?|[\[\]!A-Za-z0-9_]+")
_DIGITS = re.compile(r"\d{4,}")


def present(errors: Iterable[GraphQLError], *, request_id: str) -> list[dict[str, Any]]:
    """The entries of ``errors`` in an answer, each with ``extensions.code``."""
    return [_present(error, request_id) for error in errors]


def refusal(code: ErrorCode, message: str, *, request_id: str) -> dict[str, Any]:
    """A whole answer without data."""
    return {"errors": [{"message": message, "extensions": {"code": code.value, "requestId": request_id}}]}


def drops_data(errors: Iterable[GraphQLError]) -> bool:
    """Whether the answer's data must not be sent."""
    return any(_code(error) in _WHOLE for error in errors)


def internal_message(request_id: str) -> str:
    """What is said of an error that nobody expected."""
    return f"something went wrong here; tell the operator the request id {request_id}"


def log_unexpected(error: BaseException, *, request_id: str) -> None:
    """Log where an error happened and of which kind it is; its text and the request's variables may hold values."""
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("request failed", request_id=request_id, error=type(error).__name__, frames=frames[-8:])


def without_values(message: str) -> str:
    """A library's message, cut before a value that it quotes; quoted names stay."""
    cut = _NAMED_VALUE.sub("Value '…'", _VALUE_FOLLOWS.sub(" …", message))
    return _DIGITS.sub("…", _QUOTED.sub(_only_names, cut)).strip()


def _only_names(quoted: re.Match[str]) -> str:
    text = quoted[1] if quoted[1] is not None else quoted[2]
    return f"'{text}'" if _NAME.fullmatch(text) else "'…'"


def _present(error: GraphQLError, request_id: str) -> dict[str, Any]:
    code = _code(error)
    shown: dict[str, Any] = {"message": _message(error, code, request_id)}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = list(error.path)
    return {**shown, "extensions": {"code": code.value, "requestId": request_id}}


def _message(error: GraphQLError, code: ErrorCode, request_id: str) -> str:
    cause = error.original_error
    if isinstance(cause, ApiError):
        return str(cause)
    if code is ErrorCode.INTERNAL:
        if cause is not None:
            log_unexpected(cause, request_id=request_id)
        return internal_message(request_id)
    return without_values(error.message)


def _code(error: GraphQLError) -> ErrorCode:
    cause = error.original_error
    if isinstance(cause, ApiError):
        return cause.code
    if error.extensions and error.extensions.get("code") == ErrorCode.TOO_COMPLEX.value:
        return ErrorCode.TOO_COMPLEX
    if error.path or (cause is not None and not isinstance(cause, (GraphQLError, ValueError))):
        return ErrorCode.INTERNAL
    if error.message.startswith(_TOO_MUCH):
        return ErrorCode.TOO_COMPLEX
    return ErrorCode.BAD_USER_INPUT if error.message.startswith("Variable '$") else ErrorCode.INVALID_QUERY


def codes(errors: Sequence[dict[str, Any]]) -> set[str]:
    """The codes of presented errors."""
    return {error["extensions"]["code"] for error in errors}
