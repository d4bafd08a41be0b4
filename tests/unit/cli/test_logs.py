"""Logs hold what is listed and nothing else: no variable, no value, no error's own text."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from cli.logs import configure_logs

SECRET = "13800138000"


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = before


def fail() -> None:
    raise ValueError(SECRET)


def test_a_field_that_is_not_listed_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    structlog.get_logger("x").error("request failed", request_id="r1", phone=SECRET, variables={"phone": SECRET})
    line = json.loads(capsys.readouterr().err)
    assert line.keys() == {"event", "level", "timestamp", "request_id"}


def test_an_error_is_logged_as_kind_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("request failed")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    written = capsys.readouterr().err
    assert SECRET not in written
    for line in map(json.loads, written.splitlines()):
        assert line["error"] == "ValueError"
        assert "test_logs.py" in line["frames"][-1]


def test_a_librarys_message_is_written_without_what_was_put_into_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    logging.getLogger("some.library").warning("cannot parse %s", SECRET)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["logger"], line["level"]) == ("cannot parse %s", "some.library", "warning")


def test_logs_go_to_stderr_as_it_is_when_they_are_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    with monkeypatch.context() as earlier:
        earlier.setattr("sys.stderr", closed)
        configure_logs()
    closed.close()
    structlog.get_logger().error("after")
    assert '"after"' in capsys.readouterr().err
