"""Windows explained by asking a model server: within the budget, sums that are exact, frozen features that are seen."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from sparkmon.attributions import AttributionBaseline, AttributionsPass, ModelEndpoint
from sparkmon.attributions.sample import Sample
from sparkmon.comparison import Finding
from sparkmon.errors import OptionError, StoreError
from sparkmon.explain import rows_asked
from sparkmon.protocol import EVENTS, ROWS, own_id, without_own
from sparkmon.records import Feature
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import Tables, TableWriter
from tests.attributions.model_server import ModelServer, serving

START, HOUR = datetime(2026, 3, 1, tzinfo=timezone.utc), timedelta(hours=1)
FEATURES = (Feature("income", "numeric"), Feature("age", "numeric"), Feature("region", "categorical"))
BUDGET = rows_asked(200, 3, 3)


def model(rows: list[list[Any]]) -> list[float]:
    """Income first, then age, times what the region says."""
    return [(2.0 * income + 0.8 * age) * (1.5 if region == "north" else 1.0) for income, age, region in rows]


def drawn(rows: int, seed: int) -> npt.NDArray[np.object_]:
    generator = np.random.default_rng(seed)
    matrix = np.empty((rows, 3), object)
    matrix[:, 0], matrix[:, 1] = generator.normal(size=rows), generator.normal(size=rows)
    matrix[:, 2] = np.where(generator.random(rows) < 0.3, "north", "south")
    return matrix


def log(tables: TableWriter, hour: int, rows: npt.NDArray[np.object_]) -> None:
    """Write the requests and responses of a window of an hour, and close it."""
    logged = []
    for place, (values, score) in enumerate(zip(rows.tolist(), model(rows.tolist()), strict=True)):
        common = dict.fromkeys(ROWS.names) | dict.fromkeys(("namespace", "component", "endpoint", "source"), "")
        common |= {"model": "loans", "model_version": "", "kind": "v1", "event_id": f"{hour}-{place}", "instance": 0}
        common |= {"event_time": START + hour * HOUR + HOUR * place / len(rows), "request_id": f"{hour}-{place}"}
        cells = [
            (each.name, {"number": None, "text": value} if isinstance(value, str) else {"number": value, "text": None})
            for each, value in zip(FEATURES, values, strict=True)
        ]
        logged += [
            common | {"event_type": "request", "features": cells},
            common | {"event_type": "response", "predictions": [("score", {"number": score, "text": None})]},
        ]
    tables.append(pa.Table.from_pylist(logged, schema=ROWS), "rows")
    mark: dict[str, Any] = {"query_id": "q", "batch_id": hour, "model": "loans", "requests": len(rows)}
    mark |= {"window_start": START + hour * HOUR, "window_end": START + (hour + 1) * HOUR, "closed_time": START}
    tables.append(pa.Table.from_pylist([mark | {"responses": len(rows)}], schema=CLOSED_WINDOWS), "closed_windows")


def judge(
    tables: TableWriter, server: ModelServer, baseline: AttributionBaseline, protocol: str = "v1"
) -> tuple[list[dict[str, Any]], list[pa.Table]]:
    endpoint = ModelEndpoint(server.url, protocol, rows_per_second=1e6)
    findings: list[pa.Table] = []
    once = AttributionsPass(tables, {"loans": endpoint}, {"loans": baseline}, HOUR, findings.append)
    return once.run(START), findings


@pytest.fixture(scope="module")
def baseline() -> AttributionBaseline:
    with serving(model) as server:
        measured = AttributionBaseline.measure(
            ModelEndpoint(server.url, rows_per_second=1e6), "loans", FEATURES, drawn(2_000, 1)
        )
        assert server.rows == rows_asked(400, 3, 3)
    return AttributionBaseline.from_bytes(measured.to_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_a_window_is_explained_once_within_its_budget(
    tmp_path: Path, baseline: AttributionBaseline, protocol: str
) -> None:
    tables = Tables(str(tmp_path)).open()
    log(tables, 0, drawn(900, 2))
    with serving(model) as server:
        rows, (findings,) = judge(tables, server, baseline, protocol)
        assert 0 < server.rows <= BUDGET
        assert {row["asked_rows"] for row in rows} == {server.rows}
        assert judge(tables, server, baseline, protocol) == ([], [])
        assert server.rows <= BUDGET
    importance = {row["column_name"]: row["importance"] for row in rows}
    assert importance["income"] > importance["age"] > importance["region"]
    assert {row["status"] for row in findings.to_pylist()} == {"ok"}


def test_mean_attributions_sum_to_the_mean_answer_and_decompose_a_change_of_it(
    tmp_path: Path, baseline: AttributionBaseline
) -> None:
    tables = Tables(str(tmp_path)).open()
    window = drawn(150, 3)
    window[:, 0] += 1.0
    log(tables, 0, window)  # all of its rows are explained
    with serving(model) as server:
        rows, _ = judge(tables, server, baseline)
    mean = {row["column_name"]: row["mean_attribution"] for row in rows}
    before = {row["column_name"]: row["reference_mean_attribution"] for row in rows}
    kept = rows[0]["explained_rows"]
    if kept == 150:
        assert sum(mean.values()) == pytest.approx(np.mean(model(window.tolist())), abs=1e-6)
    change = sum(mean.values()) - sum(before.values())
    assert sum(mean[name] - before[name] for name in mean) == pytest.approx(change, abs=1e-6)
    assert mean["income"] - before["income"] == pytest.approx(2.0 * 1.15, abs=0.5)
    assert abs(mean["age"] - before["age"]) < 0.2


@pytest.mark.slow
def test_a_frozen_top_feature_is_found_where_its_order_stays(tmp_path: Path, baseline: AttributionBaseline) -> None:
    tables = Tables(str(tmp_path)).open()
    window = drawn(900, 4)
    window[:, 0] = 0.0
    log(tables, 0, window)
    with serving(model) as server:
        _, (findings,) = judge(tables, server, baseline)
    by_name = {row["statistic"]: row for row in findings.to_pylist()}
    drift = by_name["attribution_relative_l1"]
    assert drift["status"] == "drift"
    assert drift["causes"]["related_columns"][0] == "income"
    message = Finding.of(drift).message()
    assert "it looks like a model that relies on other features: income " in message
    assert 1 - by_name["attribution_ndcg"]["value"] > 0.90  # what SageMaker's rule calls fine


@pytest.mark.slow
def test_a_model_that_is_down_is_asked_once(tmp_path: Path, baseline: AttributionBaseline) -> None:
    tables = Tables(str(tmp_path)).open()
    log(tables, 0, drawn(900, 5))
    with serving(model) as server:
        server.is_down = True
        rows, findings = judge(tables, server, baseline)
        assert ([row["status"] for row in rows], findings, server.requests) == (["failed"], [], 1)
        server.is_down = False
        assert judge(tables, server, baseline) == ([], [])
        log(tables, 1, drawn(900, 6))
        rows, _ = judge(tables, server, baseline)
        assert {row["window_end"] for row in rows} == {START + 2 * HOUR}
    stopped = ModelServer(model)
    stopped.url = server.url  # nobody listens there any more
    log(tables, 2, drawn(900, 7))
    assert [row["status"] for row in judge(tables, stopped, baseline)[0]] == ["failed"]


@pytest.mark.slow
def test_requests_are_signed_so_that_monitors_leave_them_out_and_nobody_else_can_claim_it(
    tmp_path: Path, baseline: AttributionBaseline
) -> None:
    tables = Tables(str(tmp_path)).open()
    log(tables, 0, drawn(400, 8))
    with serving(model) as server:
        judge(tables, server, baseline)
        ids = [
            *server.ids,
            own_id("another key"),
            "sparkmon-attributions-" + 64 * "\u00e9",
            "sparkmon-attributions-",
            "a",
        ]
    events: Any = [{name: None for name in EVENTS.names} | {"event_id": each} for each in ids]
    fields = [field.with_nullable(True) for field in EVENTS]
    (batch,) = pa.Table.from_pylist(events, schema=pa.schema(fields)).to_batches()
    kept = without_own(batch, [baseline.key])
    assert kept.column("event_id").to_pylist() == ids[-4:]
    assert without_own(batch, []).num_rows == len(ids)


def test_a_sample_is_the_same_in_whichever_parts_a_window_comes() -> None:
    generator = np.random.default_rng(9)
    ids, scores = [f"r{place}" for place in range(1_000)], generator.random(1_000)
    rows = np.array([[each] for each in ids], object)
    edges = np.arange(1, 10) / 10
    whole = Sample.of(ids, scores, rows, edges, 20)
    parts = [
        Sample.of(ids[part], scores[part], rows[part], edges, 20)
        for part in (slice(600, 1_000), slice(0, 1), slice(1, 600))
    ]
    merged = parts[0].merge(parts[1]).merge(parts[2])
    assert {*merged.rows[:, 0]} == {*whole.rows[:, 0]}
    assert (merged.counts, len(merged.rows)) == (whole.counts, 200)
    # Each stratum stands for all of its rows.
    strata = np.array(merged.strata)
    assert [merged.weights[strata == each].sum() for each in range(10)] == pytest.approx(np.array(whole.counts) / 1_000)


def test_a_stratum_with_few_rows_leaves_its_share_to_the_others() -> None:
    """Of 5, 500 and 0 rows, 60 are chosen: all 5, and 55."""
    scores = np.append(np.full(5, 0.1), np.full(500, 0.4))
    ids, rows = [f"r{place}" for place in range(505)], np.arange(505).astype(object)[:, None]
    sample = Sample.of(ids, scores, rows, np.array([0.3, 0.6]), 60).within(60)
    assert (np.bincount(sample.strata, minlength=3).tolist(), sample.counts) == ([5, 55, 0], (5, 500, 0))
    assert sample.weights.sum() == pytest.approx(1)
    assert sample.weights[np.array(sample.strata) == 0].sum() == pytest.approx(5 / 505)


@pytest.mark.slow
def test_what_is_wrong_is_refused(baseline: AttributionBaseline) -> None:
    with pytest.raises(OptionError, match="expected one of v1, v2, grpc"):
        ModelEndpoint("http://model", protocol="v3")
    with pytest.raises(OptionError, match="http://HOST:PORT"):
        ModelEndpoint("model:80")
    with pytest.raises(OptionError, match="got 250 training rows; expected 300 or more"):
        AttributionBaseline.measure(ModelEndpoint("http://model"), "loans", FEATURES, drawn(250, 1))
    with (
        serving(lambda rows: ["late"] * len(rows)) as server,  # type: ignore[list-item]
        ModelEndpoint(server.url).open("loans", FEATURES, "key") as opened,
        pytest.raises(StoreError, match="is no number"),
    ):
        opened.predict(drawn(5, 1))
    with (
        serving(lambda rows: [1.0]) as server,
        ModelEndpoint(server.url).open("loans", FEATURES, "key") as opened,
        pytest.raises(StoreError, match="for 5 rows, it answered with 1 rows"),
    ):
        opened.predict(drawn(5, 1))
