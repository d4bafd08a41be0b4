"""How the process of a source ends: with its own code, whatever threads of Java's are left in it."""

import json
import subprocess
import sys

from cli.debezium_child import AGAIN

#: Each ends in a process of its own, forked as starting Python anew is slow, beside a thread that does not end.
SCRIPT = """
import json, os, threading, time
from sqlalchemy.exc import OperationalError
from cdc.embedded.errors import LogLost, SourceLost
from cli.debezium_child import _at_once

def end(error):
    threading.Thread(target=time.sleep, args=(60,)).start()
    with _at_once():
        if error is not None:
            raise error

codes = []
for error in (
    None,
    SourceLost("the source is gone"),
    OperationalError("SELECT 1", None, OSError("disk")),
    LogLost("read anew"),
    LookupError("a value"),
):
    child = os.fork()
    if child == 0:
        end(error)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(codes))
"""


def test_it_ends_at_once_with_the_code_that_tells_its_parent_whether_to_try_again() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=40, check=False)
    assert json.loads(done.stdout) == [0, AGAIN, AGAIN, 2, 70]
    assert "onefold: the source is gone\n" in done.stderr
    assert "onefold: read anew\n" in done.stderr
    assert "a fault of Onefold (LookupError)" in done.stderr
    assert "a value" not in done.stderr
