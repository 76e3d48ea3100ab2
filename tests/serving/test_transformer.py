"""Ids through a real transformer and a real predictor, against the model called with the full vector."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import joblib
import numpy as np
import pytest
from kserve import InferInput, InferRequest, InferResponse
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.payload_logger.test_event_emitter import wait_for
from tests.serving.conftest import World
from tests.support.serving import Served, start_transformer
from tests.support.sink import sink
from tests.support.source import ROOT

V1, V2 = "/v1/models/fraud:predict", "/v2/models/fraud/infer"
FLAGS = {
    "v1": (),
    "v2": ("--predictor_protocol", "v2"),
    "v2-binary": ("--predictor_protocol", "v2", "--predictor_binary", "true"),
    "grpc-v2": ("--predictor_protocol", "grpc-v2"),
}


def start(world: World, *flags: str) -> Served:
    port = world.predictor.ports["grpc" if "grpc-v2" in flags else "http"]
    return start_transformer(world.store, f"127.0.0.1:{port}", *flags)


class Sink(ThreadingHTTPServer):
    """Takes the events of a payload logger and keeps their attributes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TakeEvent)
        self.events: list[dict[str, str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *arguments: object) -> None:
        self.shutdown()
        self.server_close()


class _TakeEvent(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Sink)
        self.rfile.read(int(self.headers["content-length"]))
        self.server.events.append({k.lower(): v for k, v in self.headers.items()})
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module", params=["v1", "v2", "v2-binary", "grpc-v2"])
def transformer(world: World, request: pytest.FixtureRequest) -> Iterator[Served]:
    with start(world, *FLAGS[request.param]) as served:
        yield served


@pytest.fixture(scope="module")
def expected(world: World) -> list[float]:
    model = joblib.load(world.model)
    found: list[float] = model.predict(np.array(world.vectors, dtype=float)).tolist()
    return found


def tensors(world: World) -> list[InferInput]:
    ids = np.array([row["card_id"] for row in world.asked], dtype=np.int64)
    banks = np.array([row["bank"] for row in world.asked], dtype=np.object_)
    amounts = np.array([row["amount"] for row in world.asked], dtype=np.float64)
    made = []
    for name, datatype, values in (
        ("card_id", "INT64", ids),
        ("bank", "BYTES", banks),
        ("amount", "FP64", amounts.reshape(3, 1)),
    ):
        tensor = InferInput(name, list(values.shape), datatype)
        tensor.set_data_from_numpy(values, binary_data=True)
        made.append(tensor)
    return made


def by_v1_objects(served: Served, world: World) -> list[float]:
    answer = served.post(V1, {"instances": world.asked})
    assert answer.status == 200, answer.body
    return list(answer.json["predictions"])


def by_v1_lists(served: Served, world: World) -> list[float]:
    rows = [[row["card_id"], row["bank"], row["amount"]] for row in world.asked]
    return list(served.post(V1, {"inputs": rows}).json["predictions"])


def by_v2_json(served: Served, world: World) -> list[float]:
    inputs = [
        {"name": name, "shape": [3], "datatype": kind, "data": [row[name] for row in world.asked]}
        for name, kind in (("card_id", "INT64"), ("bank", "BYTES"), ("amount", "FP64"))
    ]
    answer = served.post(V2, {"id": "q-1", "inputs": inputs})
    assert answer.status == 200, answer.body
    assert answer.json["id"] == "q-1"
    (output,) = answer.json["outputs"]
    assert (output["datatype"], output["shape"]) == ("FP64", [3])
    return list(output["data"])


def by_v2_binary(served: Served, world: World) -> list[float]:
    request = InferRequest("fraud", tensors(world), parameters={"binary_data_output": True})
    body, length = request.to_rest()
    headers = {"content-type": "application/octet-stream"}
    answer = served.post(V2, body, headers | {"inference-header-content-length": str(length)})
    assert answer.status == 200, answer.body
    head_length = int(answer.headers["inference-header-content-length"])
    assert len(answer.body) == head_length + 3 * 8
    return list(np.frombuffer(answer.body[head_length:], "<f8"))


def by_grpc(served: Served, world: World) -> list[float]:
    request = InferRequest("fraud", tensors(world), request_id="q-1").to_grpc()
    with grpc.insecure_channel(f"127.0.0.1:{served.ports['grpc']}") as channel:
        answer = GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=20)
    assert answer.id == "q-1"
    return list(InferResponse.from_grpc(answer).outputs[0].as_numpy())


@pytest.mark.parametrize("ask", [by_v1_objects, by_v1_lists, by_v2_json, by_v2_binary, by_grpc])
def test_ids_give_the_predictions_of_the_full_vectors(
    transformer: Served, world: World, expected: list[float], ask: Callable[[Served, World], list[float]]
) -> None:
    assert ask(transformer, world) == expected


def test_the_predictors_log_has_ids_missing_stale_and_age(transformer: Served, world: World) -> None:
    body = {"instances": world.asked, "parameters": {"team": "risk", "sparkmon": "forged"}}
    transformer.post(V1, body, {"x-request-id": "log-1", "x-b3-spanid": "s", "X-Client-Id": "c", "ce-foo": "no"})
    said = json.loads(world.seen.read_text().splitlines()[-1])
    assert said["parameters"]["team"] == "risk"
    note = json.loads(said["parameters"]["sparkmon"])
    ages = note["age_s"].pop("cards_1")
    assert note == {
        "view": "fraud:1",
        "keys": {"card_id": [7, 2**53 + 1, 404], "bank": ["dænske"] * 3},
        "missing": {"cards_1": [2], "banks_1": []},
        "stale": {"cards_1": [1]},
        "age_s": {},
    }
    assert ages[2] is None
    assert ages[1] - ages[0] == pytest.approx(7200, abs=0.01)
    assert said["headers"]["x-request-id"] == "log-1"
    assert said["headers"]["x-b3-spanid"] == "s"
    assert said["headers"]["x-client-id"] == "c"  # whose rows they are, for `adversaries`
    assert "ce-foo" not in said["headers"]


def test_the_request_id_is_returned_with_answers_and_with_errors(transformer: Served) -> None:
    for body, status in (({"instances": [[7, "dænske", 1.0]]}, 200), ({"instances": [[7]]}, 400)):
        answer = transformer.post(V1, body, {"x-request-id": "back-1"})
        assert (answer.status, answer.headers["x-request-id"]) == (status, "back-1")


def test_a_body_of_another_content_type_is_read_as_v1(transformer: Served) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    assert transformer.post(V1, {"instances": [[7, "dænske", 1.0]]}, headers).status == 200


def test_it_is_ready_and_counts(transformer: Served) -> None:
    assert transformer.get("/v2/health/ready").status == 200
    assert transformer.get("/v1/models/fraud").status == 200
    before = transformer.metric('sparkmon_transformer_missing_keys_total{group="cards_1"}')
    transformer.post(V1, {"instances": [[404, "dænske", 1.0], [405, "dænske", 1.0]]})
    after = transformer.metric('sparkmon_transformer_missing_keys_total{group="cards_1"}')
    assert after - before == 2
    assert transformer.metric("sparkmon_transformer_lookup_seconds_count") > 0
    assert transformer.metric("sparkmon_transformer_in_flight") == 0


def test_columns_and_no_notes_if_requested(world: World, expected: list[float]) -> None:
    flags = ("--predictor_layout", "columns", "--predictor_protocol", "v2")
    with start(world, *flags, "--enrichment_notes", "false") as served:
        assert by_v1_lists(served, world) == expected
        said = json.loads(world.seen.read_text().splitlines()[-1])["parameters"]
        assert said == {"content_type": "pd"}


def test_a_missing_key_is_404_over_http_and_not_found_over_grpc(world: World) -> None:
    with start(world, "--on_missing", "error") as served:
        answer = served.post(V1, {"instances": world.asked})
        assert answer.status == 404
        assert answer.json == {
            "error": "[KEY_MISSING] the feature group 'cards_1' has no row for card_id=404 (instance 2)"
        }
        with pytest.raises(grpc.RpcError) as caught:
            by_grpc(served, world)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        assert "card_id=404" in caught.value.details()
        body = {"instances": [{"card_id": 7, "bank": "dænske"}]}
        assert served.post(V1, body).status == 400


def test_a_missing_key_takes_the_defaults(world: World) -> None:
    model = joblib.load(world.model)
    flags = ("--on_missing", "default", "--default", "mean_amount=1.5", "--default", "amount=-1")
    with start(world, *flags) as served:
        body = {"instances": [{"card_id": 404, "bank": "dænske"}]}
        found = served.post(V1, body).json["predictions"]
    assert found == model.predict(np.array([[1.5, -1.0, np.nan, 0.125]])).tolist()


def test_the_payload_logger_emits_each_call(world: World) -> None:
    with Sink() as sink:
        with start(world, "--log_url", f"http://127.0.0.1:{sink.server_port}/") as served:
            served.post(V1, {"instances": world.asked}, {"ce-id": "log-7"})
            assert served.terminate() == 0
        events = {event["ce-type"].rpartition(".")[2]: event for event in sink.events}
        assert set(events) == {"request", "response"}
        for event in events.values():
            assert event["ce-id"] == "log-7"
            assert event["ce-inferenceservicename"] == "fraud"
            assert event["ce-component"] == "transformer"


def test_metrics_count_the_events_that_the_payload_logger_drops(world: World) -> None:
    with sink() as there:
        there.answers = [(400, {}), (202, {})]
        with start(world, "--log_url", there.url) as served:
            served.post(V1, {"instances": world.asked})
            wait_for(lambda: served.metric("sparkmon_emitter_delivered_total") == 1)
            wait_for(lambda: served.metric("sparkmon_emitter_queued_events") == 0)
            assert served.metric("sparkmon_emitter_emitted_total") == 2
            assert served.metric('sparkmon_emitter_dropped_total{reason="refused"}') == 1


def test_sigterm_ends_it_cleanly(world: World) -> None:
    with start(world) as served:
        assert served.post(V1, {"instances": world.asked}).status == 200
        assert served.terminate() == 0


def test_two_workers_serve(world: World, expected: list[float]) -> None:
    with start_transformer(
        world.store, f"127.0.0.1:{world.predictor.ports['http']}", *("--workers", "2", "--enable_grpc", "false")
    ) as served:
        served.wait_for("/v2/health/ready", 200)
        for _ in range(10):
            assert by_v1_objects(served, world) == expected


def test_an_unknown_view_is_an_error_before_anything_starts(world: World) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sparkmon.serving.transformer", "--store", world.store),
            *("--feature_view", "frauds", "--predictor_host", "localhost:1"),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert "fraud" in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_nothing_of_it_loads_spark() -> None:
    code = (
        "import sys, sparkmon.serving.transformer, sparkmon.serving.hopsworks_transformer;"
        "print('pyspark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"
