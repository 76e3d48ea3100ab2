"""A predictor and transformers in processes of their own, on free ports of this machine, over a real store."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from tests.support.source import ROOT

__all__ = ["Answer", "Served", "start_predictor", "start_transformer"]


class Answer(NamedTuple):
    """One HTTP answer, its header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """The body as JSON."""
        return json.loads(self.body)


class Served:
    """A running model server; leaving it kills the process if it still runs.

    Parameters
    ----------
    module : str
        What ``python -m`` runs.
    arguments : sequence of str
        Its arguments.
    with_grpc : bool
        Whether to wait for the gRPC port, too.
    """

    def __init__(self, module: str, arguments: Sequence[str], *, with_grpc: bool = True) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        assert self.process.stderr is not None
        said = ""
        wanted = {"http": r"Uvicorn running on http://127\.0\.0\.1:(\d+)"}
        if with_grpc:
            wanted["grpc"] = r"gRPC server running on 127\.0\.0\.1:(\d+)"
        self.ports: dict[str, int] = {}
        for line in self.process.stderr:
            said += line
            for name, pattern in wanted.items():
                if match := re.search(pattern, line):
                    self.ports[name] = int(match[1])
            if set(self.ports) == set(wanted):
                break
        else:
            self.__exit__(None, None, None)
            raise AssertionError(f"{module} did not start: {said}")
        self._drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:  # noqa: ANN401 - JSON or bytes
        """Post JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"content-type": "application/json", **(headers or {})}
        return self._ask(urllib.request.Request(self.url(path), data, told))

    def get(self, path: str) -> Answer:
        """Get a page."""
        return self._ask(urllib.request.Request(self.url(path)))

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        return f"http://127.0.0.1:{self.ports['http']}{path}"

    def metric(self, sample: str) -> float:
        """Return the value of one sample of ``/metrics``, labels included; 0 where it is not there."""
        text = self.get("/metrics").body.decode()
        match = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
        return float(match[1]) if match else 0.0

    def wait_for(self, path: str, status: int, seconds: float = 60.0) -> None:
        """Wait until a page answers with a status."""
        end = time.monotonic() + seconds
        while self._status(path) != status:
            assert time.monotonic() < end, f"{path} did not become {status}"
            time.sleep(0.05)

    def _status(self, path: str) -> int:
        try:
            return self.get(path).status
        except urllib.error.URLError:
            return 0

    def kill(self) -> None:
        """End the process at once, and its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> int:
        """Send SIGTERM and return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)

    def __enter__(self) -> "Served":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        if hasattr(self, "_drain"):
            self._drain.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


def start_predictor(model: Path, seen: Path | None = None, ports: tuple[int, int] = (0, 0)) -> Served:
    """Start a predictor named ``fraud`` of a joblib file; what it was asked is noted in ``seen``."""
    numbers = [str(port) for port in ports]
    arguments = [str(model), "fraud", *numbers, "" if seen is None else str(seen)]
    return Served("tests.support.sklearn_predictor", arguments)


def start_transformer(store: str, predictor: str, *flags: str, view: str = "fraud") -> Served:
    """Start a transformer named ``fraud`` before a predictor's ``host:port``."""
    arguments = [
        *("--host", "127.0.0.1", "--http_port", "0", "--grpc_port", "0", "--model_name", "fraud"),
        *("--store", store, "--feature_view", view, "--predictor_host", predictor, *flags),
    ]
    with_grpc = "--enable_grpc" not in flags
    return Served("sparkmon.serving.transformer", arguments, with_grpc=with_grpc)
