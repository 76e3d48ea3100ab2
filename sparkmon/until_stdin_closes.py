"""A process that ends when its standard input does, as it does if the parent at the other end of the pipe is killed.

As a program it runs any module so: ``python -m sparkmon.until_stdin_closes MODULE [ARGUMENT ...]``.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_stdin() -> None:
    """End this process, as SIGTERM does, once its standard input has closed; returns at once."""
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    while os.read(0, 4096):  # without a buffer, whose lock would outlive the thread
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    end_with_stdin()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
