"""The servers of the demonstration on the loopback interface: receiver, predictor and transformer."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import IO

import httpx

from sparkmon.demo.flights import MODEL
from sparkmon.demo.online_store import VIEW
from sparkmon.errors import SparkmonError

_START_S = 90.0
_STOP_S = 20.0


class ServerProcess(AbstractContextManager["ServerProcess"]):
    """A server, started at once and stopped at the end of the block; it also ends if this process is killed.

    ``command`` is a module and its arguments, with ``{port}`` in place of the port. It prints to ``log``, and is ready
    once ``ready_path`` is answered with success. The servers ``outlived_by`` are those that it needs while it stops:
    they end after it, even if this process is killed.
    """

    def __init__(
        self, command: Sequence[str], log: Path, ready_path: str, outlived_by: "Sequence[ServerProcess]" = ()
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        words = (each.replace("{port}", f"{port}") for each in command)
        self._command = [sys.executable, "-m", "sparkmon.until_stdin_closes", *words]
        self._log, self._ready_url = log, self.url + ready_path
        self._outlived_by = outlived_by
        self._start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Terminate the server and wait for its end; kill it after 20 s."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._input.close()

    def wait_ready(self) -> None:
        """Return once the server answers; SparkmonError with the end of its log if it does not within 90 s.

        The start may fail while a server that was just killed holds the port; it is then repeated.
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

    def _start(self) -> None:
        # A server runs as long as any process has the writing end of its input.
        inputs = [each._input.fileno() for each in self._outlived_by]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=inputs,
                # The servers share two cores with Spark; more threads would only compete.
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )

    @property
    def process_id(self) -> int:
        """The running server's."""
        return self._process.pid

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _is_ready(self, deadline: float) -> bool:
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(self._ready_url, timeout=2).is_success:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        return False


class Platform(ExitStack):
    """The servers of the demonstration, stopped at the end of the block; they also end if this process is killed."""

    def __init__(self, out: Path) -> None:
        """Put the spool and the logs in the directory ``out``."""
        super().__init__()
        self._out = out
        self.spool = out / "spool"

    def __enter__(self) -> "Platform":
        receive = ("sparkmon", "receive", str(self.spool), "--port", "{port}")
        self._receiver = self._start("receiver", receive, "/health")
        self._predictor = self._start(
            "predictor",
            ("sparkmon.demo.predictor", "{port}", self._receiver.url),
            "/v2/health/ready",
            self._receiver,  # it sends its last events while it stops
        )
        return self

    def start_transformer(self, store: str) -> None:
        """Start the transformer on a store with the feature view."""
        command = (
            *("sparkmon.serving.transformer", "--host", "127.0.0.1"),
            *("--http_port", "{port}", "--enable_grpc", "false", "--model_name", MODEL),
            *("--feature_view", VIEW.name, "--feature_view_version", str(VIEW.version)),
            *("--store", store, "--store_timeout_ms", "5000"),
            *("--predictor_host", self._predictor.url.removeprefix("http://")),
        )
        self._transformer = self._start("transformer", command, "/v2/health/ready")

    def wait_ready(self) -> str:
        """Wait for all servers; return the transformer's address."""
        for server in (self._receiver, self._predictor, self._transformer):
            server.wait_ready()
        return self._transformer.url

    def stop_serving(self) -> None:
        """Stop transformer and predictor; the receiver then has every event of the answered requests."""
        self._transformer.stop()
        self._predictor.stop()

    def _start(
        self, name: str, command: tuple[str, ...], ready_path: str, *outlived_by: ServerProcess
    ) -> ServerProcess:
        log = self._out / f"{name}.log"
        return self.enter_context(ServerProcess(command, log, ready_path, outlived_by))
