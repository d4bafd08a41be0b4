"""Ctrl-C before a command has begun: it ends without a word, as nothing was done."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import server

SERVER = Path(server.__file__)


#: Begins a command, says when it comes to an import, and goes no further.
HELD = """
import runpy, sys, time

class Holder:
    def find_spec(self, name, path=None, target=None):
        if name == held:
            print("here", flush=True)
            time.sleep(60)

held = sys.argv.pop(1)
sys.meta_path.insert(0, Holder())
runpy.run_path(sys.argv[1], run_name="__main__")
"""


@pytest.mark.usefixtures("_python_hears_ctrl_c")
@pytest.mark.parametrize("imported", ["sqlalchemy", "phonenumbers", "typer"])
def test_ctrl_c_during_the_imports_ends_a_command_without_a_word(imported: str) -> None:
    """Whoever waits for it sees that the signal ended it: of that a shell makes 130."""
    command = [sys.executable, "-c", HELD, imported, str(SERVER)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=SERVER.parent
    ) as it:
        assert it.stdout is not None
        assert it.stdout.readline() == "here\n"
        it.send_signal(signal.SIGINT)
        said = it.stdout.read()
    assert (it.returncode, said) == (-signal.SIGINT, "")


def test_ctrl_c_between_the_imports_and_the_command_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "run", interrupted)
    monkeypatch.setattr(server, "calm_collector", lambda: None)
    with pytest.raises(SystemExit) as ended:
        server.main()
    assert ended.value.code == 130


def test_once_imported_a_second_ctrl_c_is_heard_as_before() -> None:
    """The imports of this test ran under the same guard."""
    assert signal.getsignal(signal.SIGINT) in {signal.default_int_handler, signal.SIG_IGN}
