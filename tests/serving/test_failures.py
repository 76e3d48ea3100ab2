"""What the caller gets when the predictor or the store fails, and that the transformer recovers."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from kserve import InferInput, InferRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from prometheus_client import CollectorRegistry

from sparkmon.errors import ServingError
from sparkmon.protocol.enrichment import Enrichment
from sparkmon.serving.enricher import Enriched
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.predictor import Predictor
from sparkmon.serving.request_reader import EnrichmentRequest
from sparkmon.serving.settings import TransformerSettings
from tests.serving.conftest import World
from tests.support.ports import free_ports
from tests.support.serving import Answer, Served, start_predictor, start_transformer

V1 = "/v1/models/fraud:predict"
ONE = {"instances": [[7, "dænske", 1.0]]}


class Scripted(ThreadingHTTPServer):
    """A predictor that answers with what it was told: status, body, headers, and after how long."""

    daemon_threads = True
    script: tuple[int, bytes, dict[str, str], float] = (200, b'{"predictions": [1]}', {}, 0.0)
    release: threading.Event
    """Ends the wait of a script before its time."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.release = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Scripted)
        status, body, headers, wait_s = self.server.script
        self.server.release.wait(wait_s)
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def transformer(world: World, scripted: Scripted) -> Iterator[Served]:
    flags: tuple[str, ...] = ("--max_in_flight", "4", "--predictor_request_timeout_seconds", "4")
    flags += ("--circuit_failures", "3", "--circuit_open_ms", "1000", "--max_body_bytes", "2000")
    host = f"127.0.0.1:{scripted.server_port}"
    with start_transformer(world.store, host, *flags) as served:
        yield served


@pytest.mark.parametrize("status", [400, 404, 422, 429, 500, 503])
def test_the_predictors_status_and_body_are_returned(transformer: Served, scripted: Scripted, status: int) -> None:
    body = b'{"error": "as the predictor says"}'
    scripted.script = (status, body, {"content-type": "application/json", "retry-after": "7"}, 0.0)
    answer = transformer.post(V1, ONE, {"x-request-id": "e-1"})
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-request-id"] == "e-1"


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b""])
def test_an_invalid_answer_of_the_predictor_is_502(transformer: Served, scripted: Scripted, body: bytes) -> None:
    scripted.script = (200, body, {}, 0.0)
    assert transformer.post(V1, ONE).status == 502


def test_a_redirect_is_not_followed(transformer: Served, scripted: Scripted) -> None:
    scripted.script = (302, b"", {"location": "http://127.0.0.1:1/"}, 0.0)
    assert transformer.post(V1, ONE).status == 502


def comes_back(served: Served) -> Answer:
    """Ask until the answer is not that the predictor is left alone."""
    end = time.monotonic() + 60
    while (answer := served.post(V1, ONE)).status == 503 and time.monotonic() < end:
        time.sleep(0.1)
    return answer


def test_an_overload_is_refused_at_once_and_the_rest_answered(transformer: Served, scripted: Scripted) -> None:
    scripted.script = (200, b'{"predictions": [1]}', {}, 3.5)
    before = transformer.metric("sparkmon_transformer_shed_total")
    answers: list[Answer] = []
    with ThreadPoolExecutor(12) as pool:
        for each in as_completed([pool.submit(transformer.post, V1, ONE) for _ in range(12)]):
            answers.append(each.result())
            if len(answers) == 8:  # the predictor answers once the others have been refused
                scripted.release.set()
    scripted.release.clear()
    assert [answer.status for answer in answers] == [503] * 8 + [200] * 4
    assert {answer.headers.get("retry-after") for answer in answers[:8]} == {"1"}
    assert transformer.metric("sparkmon_transformer_shed_total") - before == 8
    scripted.script = (200, b'{"predictions": [1]}', {}, 0.0)
    assert transformer.post(V1, ONE).status == 200


def test_a_late_predictor_is_504_and_is_called_again_after_a_pause(transformer: Served, scripted: Scripted) -> None:
    scripted.script = (200, b'{"predictions": [1]}', {}, 60.0)
    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(lambda _: transformer.post(V1, ONE).status, range(3)))
    assert statuses == [504] * 3
    refused = transformer.post(V1, ONE)  # asked, the predictor would let it wait for 504
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    scripted.script = (200, b'{"predictions": [1]}', {}, 0.0)
    scripted.release.set()
    assert comes_back(transformer).status == 200
    scripted.release.clear()
    name = "sparkmon_transformer_predictor_failures_total"
    assert transformer.metric(f'{name}{{reason="timeout"}}') == 3
    assert transformer.metric(f'{name}{{reason="circuit_open"}}') >= 1


def test_a_body_beyond_the_limit_is_413(transformer: Served) -> None:
    assert transformer.post(V1, {"instances": [[7, "x" * 2000, 1.0]]}).status == 413
    host, port = "127.0.0.1", transformer.ports["http"]
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    with socket.create_connection((host, port), timeout=10) as connection:
        head = f"POST {V1} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + chunk * 2 + b"0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"instances": [[7, "dænske"]]}, "instance 0 has 2 values; expected card_id, bank, amount"),
        ({"instances": [[7, "dænske", 1.0], [7]]}, "instance 1 has 1 values"),
        ({"instances": [{"card_id": 7, "amount": 1}]}, "instance 0 has no 'bank'"),
        ({"instances": [{"card_id": 7, "bank": "x"}]}, "instance 0 has no 'amount'"),
        ({"instances": [{"card_id": 7, "bank": "x", "amount": 1, "a": 2}]}, "has 'a'"),
        ({"instances": [[7.5, "dænske", 1.0]]}, "card_id=7.5"),
        ({"instances": [[True, "dænske", 1.0]]}, "card_id=True"),
        ({"instances": [[[7], "dænske", 1.0]]}, "card_id=[7]"),
        ({"instances": {"card_id": 7}}, "no list of `instances`"),
        ({"rows": []}, "no list of `instances`"),
        ([1], "got list"),
        ({"instances": [[7, "dænske", 1.0]], "parameters": 3}, "parameters"),
        (b"{", "Unrecognized request format"),
    ],
)
def test_a_malformed_request_is_400_and_names_what_is_expected(transformer: Served, body: object, reason: str) -> None:
    answer = transformer.post(V1, body)
    assert answer.status == 400
    assert reason in answer.json["error"]


@pytest.mark.parametrize(
    ("body", "head_length", "status"),
    [
        (b'{"inputs": []}', "x", 400),
        (b'{"inputs": []}', "99999999", 400),
        (b"null", "4", 400),
        (b'"x"', "5", 400),
        (b'{"inputs": [{"name": "card_id", "shape": "x", "datatype": "INT64", "data": [1]}]}', "81", 400),
        (b'{"instances": [{"card_id": 1e999}]}', None, 422),
        (b'{"inputs": [{"name": "card_id", "shape": [1]}]}', None, 422),
    ],
)
def test_an_invalid_v2_request_is_the_callers_fault(
    transformer: Served, body: bytes, head_length: str | None, status: int
) -> None:
    headers = {} if head_length is None else {"inference-header-content-length": head_length}
    if headers:
        headers["content-type"] = "application/octet-stream"
    answer = transformer.post("/v2/models/fraud/infer", body, headers)
    assert answer.status == status
    assert answer.json


def test_a_predictor_that_dies_is_503_until_it_is_back(world: World) -> None:
    with start_predictor(world.model) as predictor:
        ports = (predictor.ports["http"], predictor.ports["grpc"])
        flags = ("--circuit_open_ms", "200", "--enable_predictor_health_check")
        over_http = start_transformer(world.store, f"127.0.0.1:{ports[0]}", *flags)
        over_grpc = start_transformer(world.store, f"127.0.0.1:{ports[1]}", *flags, "--predictor_protocol", "grpc-v2")
        with over_http, over_grpc:
            both = (over_http, over_grpc)
            answers = [served.post(V1, ONE).json for served in both]
            predictor.kill()
            for served in both:
                start = time.monotonic()
                assert [served.post(V1, ONE).status for _ in range(8)] == [503] * 8
                assert time.monotonic() - start < 60  # less than the time-out of one call
                served.wait_for("/v2/health/ready", 503)
            with start_predictor(world.model, ports=ports):
                for served, answer in zip(both, answers, strict=True):
                    served.wait_for("/v2/health/ready", 200)
                    assert comes_back(served).json == answer


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["v1", "grpc-v2"])
@pytest.mark.parametrize(("retries", "failures", "calls"), [(0, 9, 1), (2, 9, 3), (9, 3, 3)])
def test_a_predictor_that_cannot_be_reached_is_called_again_as_often_as_asked_or_until_it_is_left_alone(
    protocol: str, retries: int, failures: int, calls: int
) -> None:
    registry = CollectorRegistry()
    host = f"127.0.0.1:{free_ports(1)[0]}"
    settings = TransformerSettings(
        predictor_host=host,
        predictor_protocol=protocol,
        predictor_request_retries=retries,
        circuit_failures=failures,
    )
    enriched = Enriched(EnrichmentRequest([], []), ("a",), [[1.0]], Enrichment("fraud:1", {}))

    async def call() -> None:
        predictor = Predictor("fraud", settings, TransformerMetrics(registry))
        with pytest.raises(ServingError, match="PREDICTOR_UNREACHABLE"):
            await predictor.call(enriched, {})
        await predictor.close()

    asyncio.run(call())
    name = "sparkmon_transformer_predictor_failures_total"
    assert registry.get_sample_value(name, {"reason": "unreachable"}) == calls


def test_errors_over_grpc_have_their_codes(transformer: Served, scripted: Scripted) -> None:
    scripted.script = (404, b"{}", {}, 0.0)
    codes = [grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT]
    with grpc.insecure_channel(f"127.0.0.1:{transformer.ports['grpc']}") as channel:
        for values, code in zip((["7", "dænske", "1"], ["7"]), codes, strict=True):
            tensor = InferInput("ids", [1, len(values)], "BYTES", values)
            request = InferRequest("fraud", [tensor]).to_grpc()
            with pytest.raises(grpc.RpcError) as caught:
                GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=20)
            assert caught.value.code() is code
