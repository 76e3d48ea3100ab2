"""A server as a child process on a free port of the loopback interface."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import httpx

from sparkmon.errors import SparkmonError

_START_S = 90.0
_STOP_S = 20.0


class ServerProcess:
    """Start a server, and stop it at the end of the block; it also ends if this process is killed.

    The program must end when its standard input closes: ``sparkmon receive --until-stdin-closes``, or any module by
    ``sparkmon.until_stdin_closes``.

    Parameters
    ----------
    command : callable
        Port to the arguments of Python, such as ``["-m", "sparkmon", "receive", ...]``.
    log : Path
        The file for what the server prints.
    ready_path : str
        The path that answers with success once the server is ready.
    outlived_by : sequence of ServerProcess
        Servers that this one needs while it stops: they end after it, even if this process is killed.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        log: Path,
        ready_path: str,
        outlived_by: Sequence[ServerProcess] = (),
    ) -> None:
        self._command, self._log, self._ready_path = command, log, ready_path
        self._outlived_by = outlived_by
        self.url = ""

    def __enter__(self) -> ServerProcess:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Terminate the server and wait for its end; kill it after 20 s."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait_ready(self) -> None:
        """Return once the server answers.

        The start may fail while a server that was just killed holds the port; it is then repeated.

        Raises
        ------
        SparkmonError
            It did not answer within 90 s; the message has the end of its log.
        """
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._is_ready(deadline):
                return
            self.stop()
            time.sleep(0.5)
            self._start()
        tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-5:])
        raise SparkmonError(f"a server did not start; {self._log} ends with:\n{tail}")

    @property
    def host(self) -> str:
        """``host:port``."""
        return self.url.removeprefix("http://")

    def _start(self) -> None:
        if not self.url:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        # A server runs as long as any process has the writing end of its input.
        inputs = [each._input for each in self._outlived_by]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command(int(self.url.rpartition(":")[2]))],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=inputs,
                # The servers share two cores with Spark; more threads would only compete.
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )

    @property
    def _input(self) -> int:
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    def _is_ready(self, deadline: float) -> bool:
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}{self._ready_path}", timeout=2).is_success:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        return False
