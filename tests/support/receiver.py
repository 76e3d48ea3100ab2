"""A receiver in a process of its own, and posts to it exactly as a logger sent them."""

import base64
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from tests.support.source import ROOT

__all__ = ["CAPTURES", "Receiver", "captured", "event_headers"]

CAPTURES = ROOT / "tests" / "data" / "captures"

_SERVE = """
import json, sys
from sparkmon.receiver.app import serve
from sparkmon.receiver.settings import ReceiverSettings
from sparkmon.secret import Secret
told = json.loads(sys.argv[1])
if "token_file" in told:
    told["token"] = Secret(file=told.pop("token_file"))
serve(ReceiverSettings(**told), lambda port: print(f"listening on port {port}", file=sys.stderr, flush=True))
"""


def captured(case: str) -> list[tuple[list[tuple[str, str]], bytes]]:
    """Read the events of a captured case: headers and body as KServe's agent sent them."""
    events = json.loads((CAPTURES / f"{case}.json").read_text())["events"]
    return [
        ([(name, value) for name, value in event["headers"]], base64.b64decode(event["body_b64"])) for event in events
    ]


def event_headers(event_id: str, half: str = "request") -> list[tuple[str, str]]:
    """Make the attributes of a small event."""
    return [
        ("Ce-Specversion", "1.0"),
        ("Ce-Id", event_id),
        ("Ce-Type", f"org.kubeflow.serving.inference.{half}"),
        ("Ce-Source", "pod"),
        ("Ce-Time", "2026-11-23T00:36:06.741913326Z"),
        ("Content-Type", "application/json"),
    ]


class Receiver:
    """A running receiver; leaving it kills the process if it still runs.

    ``settings`` are those of :class:`ReceiverSettings`, and ``token_file``; ``tls`` is how to speak to one with a
    certificate.
    """

    def __init__(self, path: Path, tls: ssl.SSLContext | None = None, **settings: float | str) -> None:
        self.tls = tls
        self.said: list[str] = []
        told = json.dumps({"path": str(path), "port": 0, **settings})
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, told], stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if match := re.search(r"listening on port (\d+)", line):
                self.port = int(match[1])
                return
        self.__exit__(None, None, None)
        raise AssertionError(f"the receiver did not start: {''.join(self.said)}")

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection that is kept alive."""
        if self.tls is not None:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def post(
        self, headers: list[tuple[str, str]], body: bytes, path: str = "/"
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Post one event on a connection of its own; return status, headers and JSON body."""
        with closing(self.connect()) as connection:
            return self._post(connection, headers, body, path)

    def _post(
        self, connection: http.client.HTTPConnection, headers: list[tuple[str, str]], body: bytes, path: str
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        if "host" not in names:
            connection.putheader("Host", "127.0.0.1")
        if not names & {"content-length", "transfer-encoding"}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, json.loads(text) if text else {}

    def get(self, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> str:
        """Get a page's text."""
        with closing(self.connect()) as connection:
            connection.request("GET", path, headers=dict(headers))
            return connection.getresponse().read().decode()

    def health(self) -> dict[str, Any]:
        """Get ``/health``."""
        found: dict[str, Any] = json.loads(self.get("/health"))
        return found

    def raw(self, sent: bytes) -> bytes:
        """Send bytes on a connection of their own, and read until the receiver closes it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(sent)
            answer = b""
            while received := connection.recv(65536):
                answer += received
            return answer

    def metric(self, sample: str) -> float:
        """Get the value of one sample of ``/metrics``, labels included; 0 where it is not there."""
        match = re.search(rf"^{re.escape(sample)} (\S+)$", self.get("/metrics"), re.MULTILINE)
        return float(match[1]) if match else 0.0

    def terminate(self) -> int:
        """Send SIGTERM and return the exit status; what was logged is in ``said``."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stderr is not None
        self.said += self.process.stderr
        return self.process.wait(20)

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
