"""KServe's own model server asked over gRPC, and its explainer over V1: the same numbers, within the budget."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest

from sparkmon.attributions import AttributionBaseline, ModelEndpoint
from sparkmon.attributions.explained import explained
from sparkmon.errors import OptionError, StoreError
from sparkmon.explain import permutation_shapley
from tests.attributions.kserve_model import BASE, WEIGHTS
from tests.attributions.test_attributions_pass import FEATURES, drawn
from tests.support.ports import free_ports
from tests.support.source import ROOT


@dataclass
class Server:
    http: str
    grpc: str
    counted: Path

    def rows(self) -> int:
        """Return how many rows it was asked for."""
        return int(self.counted.read_text()) if self.counted.exists() else 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    http, grpc = free_ports(2)
    counted = tmp_path_factory.mktemp("model") / "rows"
    command = [sys.executable, "-m", "tests.attributions.kserve_model", str(http), str(grpc), str(counted)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 180
            while True:
                try:
                    assert httpx.get(f"http://127.0.0.1:{http}/v2/health/ready", trust_env=False).json()["ready"]
                    break
                except httpx.TransportError:
                    assert process.poll() is None, "the model server did not start"
                    assert time.monotonic() < deadline, "the model server did not start in time"
                    time.sleep(0.1)
            yield Server(f"http://127.0.0.1:{http}", f"grpc://127.0.0.1:{grpc}", counted)
        finally:
            process.kill()


@pytest.mark.slow
def test_grpc_gives_the_sums_of_v1_within_the_budget(server: Server) -> None:
    rows, background = drawn(40, 1), drawn(20, 2)
    found = []
    for url, protocol in ((server.http, "v1"), (server.http, "v2"), (server.grpc, "grpc")):
        endpoint, before = ModelEndpoint(url, protocol, rows_per_second=1e6), server.rows()
        with endpoint.open("loans", FEATURES, "key") as opened:
            own = permutation_shapley(opened.predict, rows, background, 3, np.random.default_rng(3))
        assert opened.asked_rows == server.rows() - before == endpoint.rows_asked(40, 3, 3)
        np.testing.assert_allclose(own.phi.sum(axis=1), own.answers - own.bases, atol=1e-9)
        found.append(own)
    for other in found[1:]:
        np.testing.assert_allclose(other.phi, found[0].phi, atol=1e-9)


@pytest.mark.slow
def test_an_explainer_is_asked_instead_of_permutations(server: Server) -> None:
    endpoint, before = ModelEndpoint(server.http, explainer=True, rows=100, rows_per_second=1e6), server.rows()
    baseline = AttributionBaseline.measure(endpoint, "loans", FEATURES, drawn(400, 4))
    assert server.rows() - before == endpoint.rows_asked(200, 3, 3) == 400
    assert baseline.importances[2] == 0
    rows = drawn(30, 5)
    rows[:, 2] = "south"
    with endpoint.open("loans", FEATURES, baseline.key) as opened:
        own = opened.attributions(rows, baseline.background, 3, np.random.default_rng(6))
    np.testing.assert_allclose(own.phi[:, :2], rows[:, :2].astype(float) * WEIGHTS)
    np.testing.assert_allclose(own.bases, BASE)


@pytest.mark.slow
def test_a_model_that_is_not_there_and_answers_that_are_none_are_said(server: Server) -> None:
    with (
        ModelEndpoint(server.grpc, "grpc", name="other").open("loans", FEATURES, "key") as opened,
        pytest.raises(StoreError, match="answered NOT_FOUND"),
    ):
        opened.predict(drawn(1, 7))
    closed = ModelEndpoint(f"grpc://127.0.0.1:{free_ports(1)[0]}", "grpc", timeout_s=2)
    with closed.open("loans", FEATURES, "key") as opened, pytest.raises(StoreError, match="answered UNAVAILABLE"):
        opened.predict(drawn(1, 7))


@pytest.mark.parametrize("answer", [b"{}", b"no", b"[[1, 2]]", b'{"explanations": [["a", 1, 2]]}', b"[[1, 2, null]]"])
def test_an_explainer_that_answers_with_something_else_is_refused(answer: bytes) -> None:
    with pytest.raises(StoreError, match="the explainer"):
        explained(answer, 1, 3)


@pytest.mark.parametrize(
    ("url", "protocol", "explainer"),
    [("http://h", "grpc", False), ("grpc://h", "v1", False), ("http://h", "v2", True), ("http", "v1", False)],
)
def test_endpoints_that_cannot_be_are_refused(url: str, protocol: str, explainer: bool) -> None:
    with pytest.raises(OptionError):
        ModelEndpoint(url, protocol, explainer=explainer)
