"""Where no person reads, output is plain lines."""

import pytest

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


def test_a_title_that_is_wider_than_its_table_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    title = "decision 658c4969-e56a-5390-5c4d-1f6dc52fa754"
    print_table(("", "n"), [("a", 1)], title=title)
    assert capsys.readouterr().out.splitlines()[0] == title


def test_an_error_goes_to_stderr_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    complain("one\ntwo")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "onefold: one\nonefold: two\n")
