"""The parent of the engines' processes: started again when that may help, counted, ended with the code that stays."""

import sys

import pytest

from cdc import Report
from cli.debezium_child import AGAIN, _tell, heard
from cli.ingest_debezium import Child

BATCH = '[{"events": 3, "applied": 2}, 0.5]'


def child(script: str) -> Child:
    return Child("shop", [sys.executable, "-c", script])


def run(made: Child, now: float) -> None:
    """Look, until it has ended."""
    made.look(now)
    assert made._process is not None
    made._process.wait()
    made.look(now)


def test_what_a_child_tells_is_heard(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    _tell(Report(events=3, applied=2), 0.5)
    assert heard(capsysbinary.readouterr().out) == (Report(events=3, applied=2), 0.5)


@pytest.mark.parametrize("line", [b'[{"events": 3, "appl', b"a word of Java's\n", b"\n"])
def test_what_else_is_on_its_output_is_not(line: bytes) -> None:
    assert heard(line) is None


def test_batches_of_a_child_that_was_killed_are_counted_and_it_starts_again_ever_later() -> None:
    made = child(f"import os; print('{BATCH}'); print('{BATCH}', flush=True); os.kill(os.getpid(), 9)")
    run(made, 1.0)
    assert (made.report.events, made.ended, made.starts) == (6, None, 1)
    made.look(1.4)
    assert made.starts == 1
    run(made, 1.5)
    made.look(2.4)
    assert made.starts == 2
    run(made, 2.5)
    assert made.report.applied == 12


def test_one_that_was_well_for_a_minute_starts_again_at_once() -> None:
    made = child(f"raise SystemExit({AGAIN})")
    for now in (0.0, 10.0, 20.0):
        run(made, now)
    made.look(30.0)
    assert made._process is not None
    made._process.wait()
    made.look(100.0)
    made.look(100.5)
    assert made.starts == 5
    made.wait(10)


@pytest.mark.parametrize("code", [0, 2, 3, 70])
def test_an_end_that_trying_again_does_not_mend_stays(code: int) -> None:
    made = child(f"raise SystemExit({code})")
    run(made, 0.0)
    assert made.ended == code


def test_one_that_does_not_stop_is_killed() -> None:
    made = child(
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('[{}, 0.0]', flush=True); time.sleep(60)"
    )
    made.look(0.0)
    assert made._process is not None
    process = made._process
    made.stop()
    made.wait(0.1)
    assert process.returncode is not None
    assert process.returncode < 0
