"""Where no person reads, output is plain lines."""

import pytest
from rich.cells import cell_len

from cli.console import complain, print_table


def test_a_table_in_a_pipe_has_no_colours_no_frame_and_no_wrapping(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    print_table(("name", "count"), [("[red]a[/red]", 1_234_567), (long, None)], title="things")
    title, header, first, second = capsys.readouterr().out.splitlines()
    assert (title.strip(), header.split()) == ("things", ["name", "count"])
    assert first.split() == ["[red]a[/red]", "1,234,567"]
    assert second.split() == [long]


def test_what_steers_a_terminal_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("reason",), [("\x1b]0;owned\x07\x1b[2J\x9b31mred\r",), ("father\u202eson",), ("two\nlines",)])
    _, first, second, *lines = (line.strip() for line in capsys.readouterr().out.splitlines())
    assert first == r"\x1b]0;owned\x07\x1b[2J\x9b31mred\r"
    assert second == r"father\u202eson"
    assert lines == ["two", "lines"]


def test_a_narrow_terminal_breaks_no_id(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    ids = ["01a209e0-b99d-74ec-b5c9-bf3d6206ed5f", "01a209e0-baec-7557-bd95-8f8dc6117315"]
    print_table(("why", "see"), [("it would suffice if what is only claimed were verified", " ".join(ids))])
    print_table(("profile", "other", "why"), [(*ids, "x" * 300)])
    narrow, wide = capsys.readouterr().out.split("profile")
    assert max(map(cell_len, narrow.splitlines())) <= 80 + len("\x1b[1m\x1b[0m") * 5
    assert all(each in narrow and each in wide for each in ids)
    assert wide.count("x") == 300


def test_a_title_that_is_wider_than_its_table_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    title = "decision 658c4969-e56a-5390-5c4d-1f6dc52fa754"
    print_table(("", "n"), [("a", 1)], title=title)
    assert capsys.readouterr().out.splitlines()[0] == title


def test_an_error_goes_to_stderr_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    complain("one\ntwo")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "onefold: one\nonefold: two\n")
