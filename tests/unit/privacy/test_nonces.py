"""Random nonces: never the same one twice, whichever thread or process asks."""

import os
import subprocess
import sys
import threading
from unittest.mock import patch

import pytest

from privacy.nonces import random_nonce

ENOUGH = 1_000  # several draws

FORKING = """
import os
from privacy.nonces import random_nonce
random_nonce()
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.write(writer, b"".join(random_nonce() for _ in range(300)))
    os._exit(0)
os.waitpid(child, 0)
mine, theirs = b"".join(random_nonce() for _ in range(300)), os.read(reader, 4_000)
for nonces in (mine, theirs):
    print(nonces.hex())
"""


def test_a_nonce_has_96_bits_and_comes_once() -> None:
    found = [random_nonce() for _ in range(ENOUGH)]
    assert {len(nonce) for nonce in found} == {12}
    assert len(set(found)) == ENOUGH


def test_threads_share_none() -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.extend([random_nonce() for _ in range(ENOUGH)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(found) == 4 * ENOUGH


def test_a_thread_draws_its_own() -> None:
    random_nonce()  # this thread has some left
    with patch("os.urandom", side_effect=os.urandom) as draw:
        thread = threading.Thread(target=random_nonce)
        thread.start()
        thread.join()
    assert draw.call_count == 1


def test_a_forked_process_gives_none_of_its_parents() -> None:
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=60, check=True)
    mine, theirs = (bytes.fromhex(line) for line in done.stdout.split())
    cut = [{nonces[at : at + 12] for at in range(0, len(nonces), 12)} for nonces in (mine, theirs)]
    assert [len(nonces) for nonces in cut] == [300, 300]
    assert cut[0].isdisjoint(cut[1])


def test_many_are_drawn_at_once() -> None:
    with patch("os.urandom", side_effect=os.urandom) as draw:
        for _ in range(ENOUGH):
            random_nonce()
    assert 3 <= draw.call_count <= 5


@pytest.mark.parametrize("later", [1.5, -1.5])
def test_what_was_drawn_is_not_given_later(later: float) -> None:
    """As by an image of the machine's memory: it finds another time of day."""
    with patch("os.urandom", side_effect=os.urandom) as draw, patch("time.time", return_value=1e9) as clock:
        for _ in range(2):
            random_nonce()
        assert draw.call_count == 1
        clock.return_value += later
        random_nonce()
        assert draw.call_count == 2
