"""The correction of many tests, against scipy's, and what it takes back."""

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import false_discovery_control

from sparkmon.comparison import correct
from sparkmon.comparison.levels import Levels
from sparkmon.errors import OptionError

COLUMNS = (
    *("model", "model_version", "window_start", "window_end", "drift_type", "column_name"),
    *("p_value", "status", "reason"),
)


def whole(rows: list[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            dict(zip(COLUMNS, row, strict=True)) | {"slice_key": None, "slice_value": None, "statistic": "ks"}
            for row in rows
        ]
    )


def by_column(findings: pa.Table) -> dict[tuple[Any, Any, Any], dict[str, Any]]:
    rows = findings.to_pylist()
    return {(row["model"], row["window_start"], row["column_name"]): row for row in rows}


def test_the_adjusted_values_of_each_window_are_scipys() -> None:
    random = np.random.default_rng(5)
    windows = {start: random.beta(0.3, 1, 40).round(4).tolist() for start in range(3)}
    rows = [
        ("m", "", start, start + 1, "BASELINE", f"c{place}", p_value, "drift", "r")
        for start, values in windows.items()
        for place, p_value in enumerate([*values, None])
    ]
    corrected = by_column(correct(whole(rows), 0.05))
    assert len(corrected) == len(rows)
    for start, values in windows.items():
        for place, expected in enumerate(false_discovery_control(values)):
            row = corrected["m", start, f"c{place}"]
            assert row["p_adjusted"] == pytest.approx(expected, rel=1e-12)
            assert row["status"] == ("drift" if expected <= 0.05 else "ok")
        untested = corrected["m", start, "c40"]
        assert (untested["p_adjusted"], untested["status"]) == (None, "drift")


def test_models_are_corrected_apart_and_the_reason_says_so() -> None:
    rows = [
        (model, "", 0, 1, "BASELINE", f"c{place}", 0.004 if place == 0 else 0.9, "drift", "r")
        for model in ("a", "b")
        for place in range(10)
    ]
    findings = whole(rows)
    first = by_column(correct(findings, 0.01))["a", 0, "c0"]
    assert first["p_adjusted"] == pytest.approx(0.04)
    assert first["status"] == "ok"
    assert first["reason"] == ("r; not borne out among all tests of this window (p_adjusted 0.040, allowed 0.010)")


@pytest.mark.parametrize(("alarms", "window_s"), [(1, 60), (0.1, 3600), (0.5, 3600)])
def test_the_level_gives_the_alarms_that_were_asked_for(alarms: float, window_s: float) -> None:
    alpha = Levels(alarms, window_s).alpha
    random = np.random.default_rng(8)
    over = random.random(4_000_000) < alpha
    confirmed = over[2:] & (over[1:-1] | over[:-2])
    per_week = confirmed.mean() * 7 * 86_400 / window_s
    assert per_week == pytest.approx(alarms * 2 / 3, rel=0.25)  # the rule of three is an upper bound


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(OptionError, match="got alpha=1; expected a number between 0 and 1"):
        correct(whole([]), 1)
    with pytest.raises(OptionError, match="got false_alarms_per_week=0; expected a number above 0"):
        Levels(0, 60)


@pytest.mark.slow
def test_a_window_of_200_000_findings_is_corrected_within_two_seconds() -> None:
    """Ten requests may invent 10,000 columns, each with a finding per statistic: the cost is n log n."""
    p_values = np.random.default_rng(6).random(200_000)
    (row,) = whole([("m", "", 0, 1, "BASELINE", "c", 0.5, "ok", "r")]).to_pylist()
    columns = {name: [value] * p_values.size for name, value in row.items()}
    findings = pa.table(columns | {"p_value": p_values.tolist()})
    start = time.process_time()
    corrected = correct(findings, 0.05)
    assert time.process_time() - start < 2
    expected = false_discovery_control(p_values)
    assert corrected["p_adjusted"].to_numpy() == pytest.approx(expected, rel=1e-12)
