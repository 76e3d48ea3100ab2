"""The logger inside a real kserve model server: from a call over HTTP to decoded rows of a receiver's spool."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from tests.support.decoding import decode_batch
from tests.support.receiver import Receiver
from tests.support.source import ROOT
from tests.support.spools import log

SERVE = """
import sys
import kserve, kserve.model_server
from kserve.protocol.rest.server import RESTServer
from sparkmon.payload_logger import EventEmitter, PayloadLogger

class LoopbackServer(RESTServer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.config.host = "127.0.0.1"

class Sums(kserve.Model):
    def load(self):
        self.ready = True
        return True

    async def predict(self, payload, headers=None):
        return {"predictions": [sum(row) for row in payload["instances"]]}

kserve.model_server.RESTServer = LoopbackServer
port, sink = int(sys.argv[1]), sys.argv[2]
if sink:
    kserve.model_server.app.add_middleware(
        PayloadLogger,
        emitter=EventEmitter(sink, batch_size=50),
        inference_service="sums",
        namespace="demo",
        source="sums-pod",
        metadata_headers=["x-request-id"],
    )
model = Sums("sums")
model.load()
kserve.ModelServer(http_port=port, enable_grpc=False).start([model])
"""


@contextmanager
def model_server(sink: str) -> Iterator[tuple[subprocess.Popen[bytes], http.client.HTTPConnection]]:
    """Serve the model on loopback; an empty ``sink`` leaves the logger out."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port), sink], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        deadline = time.monotonic() + 180
        while True:
            try:
                connection.request("GET", "/v2/health/ready")
                assert connection.getresponse().read() == b'{"ready":true}'
                break
            except OSError:
                connection.close()
                assert process.poll() is None, "the model server did not start"
                assert time.monotonic() < deadline, "the model server did not start in time"
                time.sleep(0.1)
        yield process, connection
    finally:
        connection.close()
        process.kill()
        process.wait()


def ask(connection: http.client.HTTPConnection, model: str, number: int) -> tuple[int, list[tuple[str, str]], bytes]:
    """Call a model; return status, headers without the date, and body."""
    body = json.dumps({"instances": [[number, 0.5], [1, 2]]})
    headers = {"Content-Type": "application/json", "X-Request-Id": f"rq-{number}"}
    connection.request("POST", f"/v1/models/{model}:predict", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, [pair for pair in answer.getheaders() if pair[0] != "date"], content


def stored(path: Path) -> pa.RecordBatch:
    """Read every event of a spool."""
    spool = log(path)
    parts = spool.parts(spool.first(), spool.last(), 1 << 30)
    events = pa.Table.from_batches([found for part in parts for found in spool.read(part)])
    (batch,) = events.combine_chunks().to_batches()
    return batch


@pytest.mark.slow
def test_calls_of_a_kserve_model_become_rows_and_its_answers_stay_as_they_are(tmp_path: Path) -> None:
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver(tmp_path))
        url = f"http://127.0.0.1:{receiver.port}/"
        process, watched = stack.enter_context(model_server(url))
        _, plain = stack.enter_context(model_server(""))
        calls = [("sums", number) for number in range(40)] + [("absent", 40)]
        answers = [ask(watched, *call) for call in calls]
        assert answers == [ask(plain, *call) for call in calls]
        # The last events are still queued: a server that is told to stop sends them first.
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert receiver.terminate() == 0
    assert [answer[0] for answer in answers] == [200] * 40 + [404]
    events = stored(tmp_path)
    kept = events.to_pylist()
    halves = [event["event_type"] for event in kept]
    assert (halves.count("request"), halves.count("response")) == (41, 41)
    assert {(event["model"], event["namespace"], event["source"]) for event in kept} == {("sums", "demo", "sums-pod")}
    found = {event["metadata"][0][1][0]: event for event in kept if event["event_type"] == "response"}
    for number, (status, _, body) in enumerate(answers):
        response = found[f"rq-{number}"]
        assert response["payload"] == body
        assert response["status_code"] == (None if status == 200 else status)
    decoded = [row for row in decode_batch(events).to_pylist() if row["event_type"] == "response"]
    assert {row["kind"] for row in decoded} == {"v1_response", "error"}
    sums = {
        (row["request_id"], row["instance"]): row["predictions"][0][1]["number"]
        for row in decoded
        if row["kind"] == "v1_response"
    }
    expected = {(f"rq-{number}", 0): number + 0.5 for number in range(40)}
    assert sums == expected | {(f"rq-{number}", 1): 3.0 for number in range(40)}
