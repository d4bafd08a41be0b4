"""`make estate` begins here. Ctrl-C during the two seconds of imports ends it at once: nothing was started that must be taken down."""

# ruff: noqa: E402 - the signal is seen to before the imports

import signal

#: False where a shell started us in the background.
HEARS_CTRL_C = signal.getsignal(signal.SIGINT) is signal.default_int_handler
if HEARS_CTRL_C:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from tests.estate.lab.session import main

if HEARS_CTRL_C:  # a second one, once it is taken down, shall still be an exception
    signal.signal(signal.SIGINT, signal.default_int_handler)
main()
