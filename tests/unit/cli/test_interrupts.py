"""The first signal asks, the second one insists."""

import os
import signal

import pytest

from cli.interrupts import interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_handlers_are_as_before(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with interruptible() as interrupt:
        os.kill(os.getpid(), number)
        assert interrupt.received
        assert signal.getsignal(number) == before
    assert signal.getsignal(number) == before


@pytest.mark.usefixtures("_python_hears_ctrl_c")
def test_a_second_ctrl_c_interrupts() -> None:
    with interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_without_a_signal_nothing_is_changed() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as interrupt:
        assert signal.getsignal(signal.SIGINT) != before
    assert not interrupt.received
    assert signal.getsignal(signal.SIGINT) == before
