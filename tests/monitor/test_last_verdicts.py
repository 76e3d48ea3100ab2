"""What metrics say of the last window of each model."""

from datetime import timedelta
from typing import Any

import pyarrow as pa

from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.health import Verdicts
from sparkmon.monitor.last_verdicts import last_verdicts
from tests.support.panes import HOUR, MIDNIGHT


def finding(model: str, hour: int, column: str, value: float | None, status: str, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    start = MIDNIGHT + hour * HOUR
    own = {"model": model, "window_start": start, "window_end": start + timedelta(hours=1), "column_name": column}
    limits = {"noise": 0.02, "sketch_error": 0.01, "limit": 0.1, "threshold": 0.1}
    names = {"model_version": "", "column_kind": "feature", "drift_type": "BASELINE", "reference": "training"}
    judged = {
        "value": value,
        "status": status,
        "statistic": "ks",
        "data_type": "numeric",
        "confirmed": status == "drift",
    }
    counts = {"reference_count": 1, "current_count": 1}
    return {**own, **limits, **names, **judged, **counts, **other}


def verdicts(*rows: dict[str, Any]) -> dict[str, Verdicts]:
    return last_verdicts(pa.Table.from_pylist([*rows], schema=DRIFT_METRICS))


def test_the_last_window_of_each_model_counts_and_its_strongest_statistics() -> None:
    found = verdicts(
        finding("a", 1, "temp", 0.93, "drift"),
        finding("a", 2, "temp", 0.33, "drift"),
        finding("a", 2, "temp", 0.23, "drift", statistic="js"),
        finding("a", 2, "humid", 0.08, "ok"),
        finding("a", 2, "wind", None, "too_few_rows"),
        finding("a", 2, "temp", 0.83, "drift", slice_key="origin", slice_value="EWR"),
        finding("b", 1, "x", 0.53, "drift", confirmed=False),
        finding("b", 1, "ip", 9.0, "drift", column_kind="client"),
    )
    assert found["a"].drifted == 1
    assert {name: round(value, 9) for name, value in found["a"].excess.items()} == {"temp": 3.0, "humid": 0.5}
    assert found["b"].drifted == 0
    assert {name: round(value, 9) for name, value in found["b"].excess.items()} == {"x": 5.0}


def test_a_model_of_a_thousand_columns_has_the_twenty_that_are_furthest() -> None:
    rows = [
        finding("a", 1, f"x{place}", 0.03 + place / 1000, "ok" if place < 100 else "drift") for place in range(1000)
    ]
    found = verdicts(*rows)["a"]
    assert [*found.excess] == [f"x{place}" for place in range(999, 979, -1)]
    assert found.drifted == 900
