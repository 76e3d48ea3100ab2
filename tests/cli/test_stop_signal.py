"""A signal that comes while the program waits for it."""

import os
import signal
import subprocess
import sys

import pytest

from sparkmon.cli.stop_signal import StopSignal

SEND = """
import os, signal, sys
while True:
    os.kill(int(sys.argv[1]), signal.SIGUSR1)
"""


@pytest.mark.slow
def test_a_handler_may_interrupt_a_wait_at_any_point() -> None:
    """A ``threading.Event`` comes to a standstill within some thousand signals."""
    stopped = StopSignal()
    before = signal.signal(signal.SIGUSR1, lambda *_: stopped.set())
    sender = subprocess.Popen([sys.executable, "-c", SEND, str(os.getpid())])
    try:
        for _ in range(20_000):
            stopped = StopSignal()
            assert stopped.wait(10.0)
    finally:
        sender.kill()
        sender.wait()
        signal.signal(signal.SIGUSR1, before)


def test_a_wait_without_a_signal_ends() -> None:
    stopped = StopSignal()
    assert not stopped.wait(0.01)
    stopped.set()
    assert stopped.wait(60.0)
