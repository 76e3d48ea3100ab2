"""``sparkmon receive`` as a child process on a free port of the loopback interface."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx

from sparkmon.errors import SparkmonError

__all__ = ["ReceiverProcess"]

_START_S = 60.0
_STOP_S = 20.0


class ReceiverProcess:
    """Start a receiver, and stop it at the end of the block; it also ends if this process is killed.

    Parameters
    ----------
    spool : Path
        The spool's directory.
    log : Path
        The file for what the receiver prints.
    """

    def __init__(self, spool: Path, log: Path) -> None:
        self._spool, self._log = spool, log
        self.url = ""

    def __enter__(self) -> ReceiverProcess:
        deadline = time.monotonic() + _START_S
        # A receiver whose parent was killed a moment ago may still hold the spool, so that the first try can fail.
        while time.monotonic() < deadline:
            self._start()
            if self._ready(deadline):
                return self
            self._process.wait()
            time.sleep(0.5)
        tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-5:])
        raise SparkmonError(f"the receiver did not start; {self._log} ends with:\n{tail}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "sparkmon", "receive", str(self._spool)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(port), "--until-stdin-closes"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def _ready(self, deadline: float) -> bool:
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                return httpx.get(f"{self.url}/health", timeout=2).is_success
            except httpx.TransportError:
                time.sleep(0.1)
        return False
