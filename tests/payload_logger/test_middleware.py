"""The middleware's events, compared with the real agent's for the same request and response."""

import asyncio
import base64
import json
from collections.abc import Callable, MutableMapping
from typing import Any, TypeAlias

import pytest

from sparkmon.errors import OptionError
from sparkmon.payload_logger import EventEmitter, PayloadLogger
from sparkmon.protocol.cloudevents import from_http
from sparkmon.records import Event
from tests.support.receiver import CAPTURES, captured
from tests.support.sink import Posted, sink

Message: TypeAlias = MutableMapping[str, Any]

AGENT: dict[str, Any] = {
    "inference_service": "iris",
    "namespace": "demo",
    "endpoint": "default",
    "source": "iris-predictor-00001-deployment-5d4f",
    "metadata_headers": ["x-request-id", "INFERENCE-HEADER-CONTENT-LENGTH"],
    "annotations": {"team": "risk", "model-version": "3"},
}
"""How the agent was told to run when it was captured; a case made with its loopback build by itself:"""
LOOPBACK = {**AGENT, "source": "iris-predictor-pod", "annotations": {}}
BARE = {"inference_service": "", "component": "", "source": "http://localhost:9204/"}
TOLD = {
    "minimal_flags_no_names": BARE,
    "mode_request_only": {**LOOPBACK, "mode": "request"},
    "mode_response_only": {**LOOPBACK, "mode": "response"},
}
ITS_OWN = {"Host", "User-Agent", "Accept-Encoding"}
CHANGING = {"Ce-Id", "Ce-Time", "Ce-Recordedtime"}
APPLICABLE = [
    *("v1_predict_json", "v1_predict_batch_64_rows", "v1_predict_client_ce_id"),
    *("v1_predict_dict_instances", "v1_predict_inputs_key", "v1_predict_no_content_type"),
    *("v1_string_instances", "v1_explain_json", "v2_infer_json", "v2_infer_json_bytes_mixed"),
    *("v2_infer_json_named_columns_pd", "v2_infer_binary_fp64", "openai_chat_json"),
    *("openai_chat_sse_stream", "empty_instances", "v1_error_400_bad_json", "v1_nan_inf"),
    *("v1_error_404_model", "v1_error_500_bad_shape", "v1_error_500_charset_content_type"),
    *("v2_error_422_missing_field", "v2_infer_binary_bf16_rejected", "mode_request_only"),
    *("mode_response_only", "minimal_flags_no_names"),
]


class Server:
    """An ASGI server of one request: gives the body in chunks, and keeps what the application sends."""

    def __init__(self, headers: dict[str, str], body: bytes, **scope: object) -> None:
        pairs = {"host": "model", "content-length": str(len(body)), **headers}
        self.scope: Message = {
            "type": "http",
            "method": "POST",
            "path": "/v1/models/iris:predict",
            "headers": [(name.lower().encode(), value.encode()) for name, value in pairs.items()],
            **scope,
        }
        middle = len(body) // 2
        self.chunks = [body[:middle], body[middle:]]
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if not self.chunks:
            return {"type": "http.disconnect"}
        chunk = self.chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks)}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def answering(status: int, *chunks: bytes) -> Callable[..., Any]:
    """Make an application that reads the whole request and answers so."""

    async def app(scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": status, "headers": []})
        for number, chunk in enumerate(chunks):
            last = number == len(chunks) - 1
            await send({"type": "http.response.body", "body": chunk, "more_body": not last})

    return app


def logged(server: Server, app: Callable[..., Any], **told: Any) -> list[Posted]:  # noqa: ANN401
    """Serve the request with a logger around ``app``; return what a sink got."""
    with sink() as there:
        emitter = EventEmitter(there.url, in_flight=1)
        wrapped = PayloadLogger(app, emitter=emitter, **{"inference_service": "iris", **told})
        try:
            asyncio.run(wrapped(server.scope, server.receive, server.send))
        finally:
            assert emitter.close() == 0
    return there.posted


def read(posted: list[Posted]) -> list[Event]:
    return [from_http(each.headers, each.body) for each in posted]


def comparable(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Put what differs from call to call, and between two HTTP clients, out of the way."""
    kept = {name: value.encode("latin-1", "replace").decode() for name, value in headers}
    return {name: "" if name in CHANGING else value for name, value in kept.items() if name not in ITS_OWN | {"Accept"}}


@pytest.mark.parametrize("case", APPLICABLE)
def test_the_events_are_those_that_the_agent_sent(case: str) -> None:
    told = json.loads((CAPTURES / f"{case}.json").read_text())
    request, response = told["client_request"], told["client_response"]
    server = Server(request["headers"], base64.b64decode(request["body_b64"] or ""))
    status, body = response["status"], base64.b64decode(response["body_b64"] or "")
    agent = TOLD.get(case, LOOPBACK if "loopback build" in told["producer"] else AGENT)
    posted = logged(server, answering(status, body[:7], body[7:], b""), **agent)
    expected = captured(case)
    if status != 200:
        failed = posted.pop()
        assert dict(failed.headers)["Ce-Statuscode"] == str(status)
        assert dict(failed.headers)["Ce-Type"].endswith(".response")
        assert failed.body == body
    assert [comparable(each.headers) for each in posted] == [comparable(headers) for headers, _ in expected]
    assert [each.body for each in posted] == [body for _, body in expected]
    ids = {dict(each.headers)["Ce-Id"] for each in posted}
    assert len(ids) == 1
    if "ce-id" in {name.lower() for name in request["headers"]}:
        assert ids == {dict(expected[0][0])["Ce-Id"]}


def test_times_are_the_arrival_and_the_end_of_the_response() -> None:
    async def slow(scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await asyncio.sleep(0.05)
        await answering(200, b"{}")(scope, receive, send)

    request, response = read(logged(Server({}, b"{}"), slow))
    assert 0.05 <= (response.event_time - request.event_time).total_seconds() < 1
    assert request.recorded_time is not None
    assert 0.05 <= (request.recorded_time - request.event_time).total_seconds() < 1
    assert response.recorded_time is not None
    assert 0 <= (response.recorded_time - response.event_time).total_seconds() < 0.05


def test_metadata_is_written_as_go_writes_it() -> None:
    server = Server({}, b"{}")
    server.scope["headers"] += [(b"x-tag", 'a <b> & Æ "q"'.encode()), (b"x-tag", b"\xff")]
    request, _ = logged(server, answering(200, b"{}"), metadata_headers=["X-TAG", "absent"])
    metadata = dict(request.headers)["Ce-Metadata"]
    assert metadata == r'{"X-Tag":["a \u003cb\u003e \u0026 Æ \"q\"","' + "\ufffd" + '"]}'


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {}), ("HEAD", {}), ("POST", {"User-Agent": "kube-probe/1.31"}), ("POST", {"Kubelet-Probe": "1"})],
)
def test_health_checks_and_probes_are_not_logged(method: str, headers: dict[str, str]) -> None:
    server = Server(headers, b"", method=method, path="/v2/health/ready")
    assert logged(server, answering(200, b"{}")) == []
    assert len(server.sent) == 2


def test_messages_pass_unchanged_and_streams_are_not_delayed() -> None:
    chunks = [b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"]
    seen: list[int] = []
    server = Server({}, b"{}")

    async def app(scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            seen.append(len(server.sent))
        await send({"type": "http.response.body"})

    _, response = logged(server, app)
    assert seen == [2, 3, 4]
    assert response.body == b"".join(chunks)
    assert server.sent == [
        {"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]},
        *({"type": "http.response.body", "body": chunk, "more_body": True} for chunk in chunks),
        {"type": "http.response.body"},
    ]


def test_the_event_of_a_body_over_the_limit_has_its_size() -> None:
    server = Server({}, b"q" * 101)
    posted = logged(server, answering(200, b"a" * 60, b"a" * 40), max_body_bytes=100, annotations={"team": "risk"})
    request, response = read(posted)
    assert (request.payload, response.payload) == (b"", b"a" * 100)
    note = "left out: 101 bytes, the limit is 100"
    assert request.annotations == {"sparkmon-body": note, "team": "risk"}
    assert response.annotations == {"team": "risk"}


def test_an_application_that_fails_before_it_answers_has_a_response_500() -> None:
    async def app(scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await receive()
        await receive()
        raise LookupError("model")

    server = Server({}, b"{}")
    with sink() as there:
        emitter = EventEmitter(there.url, in_flight=1)
        wrapped = PayloadLogger(app, emitter=emitter, inference_service="iris")
        with pytest.raises(LookupError, match="model"):
            asyncio.run(wrapped(server.scope, server.receive, server.send))
        emitter.close()
    request, response = read(there.posted)
    assert (request.payload, request.status_code, request.annotations) == (b"{}", None, {})
    assert (response.payload, response.status_code, response.annotations) == (b"", 500, {})
    assert request.event_id == response.event_id


def test_a_response_that_breaks_off_is_annotated() -> None:
    async def app(scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"[1, 2", "more_body": True})

    request, response = read(logged(Server({}, b"abcd"), app))
    assert (request.payload, request.annotations) == (b"ab", {"sparkmon-body": "cut short after 2 bytes"})
    assert (response.payload, response.annotations) == (b"[1, 2", {"sparkmon-body": "cut short after 5 bytes"})


def test_a_call_that_is_cancelled_without_an_answer_has_only_a_request() -> None:
    async def app(scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await receive()
        await receive()
        await asyncio.sleep(60)

    async def cancelled(wrapped: PayloadLogger, server: Server) -> None:
        call = asyncio.ensure_future(wrapped(server.scope, server.receive, server.send))
        while server.chunks:
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    with sink() as there:
        emitter = EventEmitter(there.url)
        wrapped = PayloadLogger(app, emitter=emitter, inference_service="iris")
        asyncio.run(cancelled(wrapped, Server({}, b"{}")))
        emitter.close()
    (request,) = read(there.posted)
    assert (request.event_type, request.payload, request.annotations) == ("request", b"{}", {})


@pytest.mark.parametrize(
    "told", [{"mode": "both"}, {"metadata_headers": ["X Request"]}, {"inference_service": "a\r\nb"}]
)
def test_options_that_no_event_can_carry_are_refused(told: dict[str, Any]) -> None:
    emitter = EventEmitter("http://127.0.0.1:1/")
    with pytest.raises(OptionError, match=r"^\[SPARKMON_OPTION\] got "):
        PayloadLogger(answering(200), emitter=emitter, **{"inference_service": "x", **told})
