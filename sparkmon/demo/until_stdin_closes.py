"""A module run as a program that ends when its standard input does: ``until_stdin_closes MODULE [ARGUMENT ...]``.

The parent process has the other end of the pipe: if the parent is killed, the pipe closes.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Run the module; end it as SIGTERM does once the input has closed."""
    threading.Thread(target=_wait, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _wait() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
