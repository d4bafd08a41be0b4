"""Tracing that nobody asked for does nothing, and what is asked for while it is off is not even looked at."""

from collections.abc import Iterator

import pytest

from storage import NO_WORK, begin, is_tracing, link, span, trace_context


def contexts() -> Iterator[str]:
    for context in ("a",):
        assert is_tracing(), "nobody traces"
        yield context


def test_off_nothing_is_looked_at() -> None:
    assert not is_tracing()
    work = begin("a", "consumer", contexts())
    assert work is NO_WORK
    with work.inside(), span("b"):
        assert trace_context() is None
        link(contexts())
    work.note({"x": 1})
    work.end("Error")


def test_off_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), NO_WORK.inside(), span("b"):
        _ = 1 / 0
