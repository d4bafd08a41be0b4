"""Logs: JSON lines on stderr, deny by default.

Only the fields listed here are written. Messages of libraries are written as their templates, without what was put into them, and
errors as kind and place, without their text: both can hold a personal value.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

#: What a log line may hold beside `event`, `level`, `timestamp` and `logger`.
FIELDS: Final = frozenset(
    {"request_id", "error", "frames", "method", "path", "status", "duration_ms", "stream", "offset", "host", "port"}
)
_ALWAYS: Final = frozenset({"event", "level", "timestamp", "logger"})
_FRAMES: Final = 8
_STAMP: Final = structlog.processors.TimeStamper(fmt="iso", utc=True)

EventDict = MutableMapping[str, Any]


def configure_logs(level: int = logging.WARNING) -> None:
    """Send structlog's and the standard library's logs to stderr."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _STAMP,
            _error_as_place,
            only_listed_fields,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_TemplateFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _to_stderr(*_: object) -> structlog.PrintLogger:
    """Write to stderr as it is now: whoever replaced it since (a test, a supervisor) must not be written past."""
    return structlog.PrintLogger(sys.stderr)


def only_listed_fields(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Drop every field that is not listed."""
    return {name: value for name, value in event.items() if name in FIELDS | _ALWAYS}


def _error_as_place(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its kind and where it happened."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event.update(_place(error))
    return event


def _place(error: BaseException) -> dict[str, Any]:
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return {"error": type(error).__name__, "frames": frames[-_FRAMES:]}


class _TemplateFormatter(logging.Formatter):
    """The standard library's records in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        event: EventDict = {"event": str(record.msg), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[1]:
            event.update(_place(record.exc_info[1]))
        rendered = structlog.processors.JSONRenderer(ensure_ascii=False)(None, "", _STAMP(None, "", event))
        return str(rendered)
