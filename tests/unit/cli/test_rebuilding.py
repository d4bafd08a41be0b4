"""What a rebuild says at the end."""

import pytest

from cdc import RebuildReport
from cli.rebuilding import say_left_out


@pytest.mark.parametrize(("left_out", "said"), [(0, ""), (3, "3 records were left out: ")])
def test_records_that_were_left_out_are_counted_aloud(
    left_out: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say_left_out(RebuildReport(7, 4, 0, 0, 0, 0, 0, left_out))
    told = capsys.readouterr().err
    assert told.startswith(said)
    assert bool(told) is bool(said)
