"""Rates of outliers: what the reference's rows and blocks allow, what they look like, and windows that are open."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from sparkmon.comparison import Checks, Judge
from sparkmon.comparison.rates import judge_rate
from sparkmon.distributions.schema import OUTLIER, PROFILES, REFERENCES
from tests.comparison.judge_case import MIDNIGHT, Values, numbers, row, table

HOUR = timedelta(hours=1)
RANDOM = np.random.default_rng(8)
COUNT, ROWS = 40_000, 1_000
X = RANDOM.normal(size=COUNT)


def of_reference(p_values: Values, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a row
    """Return the flag's row of a reference: p-values up to 0.05 are numbers, others null."""
    tail = p_values[p_values <= 0.05]
    profile = numbers(tail, nulls=p_values.size - tail.size)
    return row("m", OUTLIER, profile, column_kind="row_flag", data_type="row_flag", column_index=2, **fields)


def references(p_values: Values, blocks: int = 0) -> pa.Table:
    rows = [row("m", "x", numbers(X)), of_reference(p_values)]
    for place, part in enumerate(np.split(p_values, blocks) if blocks else ()):
        start = MIDNIGHT - timedelta(days=100) + place * HOUR
        rows.append(of_reference(part, block_start=start, block_end=start + HOUR))
    return table(rows, REFERENCES)


def window(hour: int, outliers: int, x: Values | None = None, rows: int = ROWS) -> list[dict[str, Any]]:
    bounds = {"window_start": MIDNIGHT + hour * HOUR, "window_end": MIDNIGHT + (hour + 1) * HOUR}
    flags = np.repeat([1.0, 0.0], [outliers, rows - outliers])
    values = X[:rows] if x is None else x
    return [
        row("m", "x", numbers(values), **bounds),
        row("m", OUTLIER, numbers(flags), column_kind="row_flag", **bounds),
    ]


def judge(made: pa.Table, rate: float = 0.001, allowed: Mapping[str, float] | None = None) -> Judge:
    return Judge(made, Checks(("ks",), rates=allowed or {}), step_s=3600, lengths=["1 hour"], outlier_p=rate)


def rates(findings: pa.Table) -> list[dict[str, Any]]:
    return [each for each in findings.to_pylist() if each["statistic"] == "outlier_rate"]


UNIFORM = RANDOM.permutation((np.arange(COUNT) + 1) / COUNT)


@pytest.mark.slow
def test_twenty_in_a_thousand_alert_at_once_and_a_thousand_quiet_windows_hardly_ever() -> None:
    quiet = [each for hour in range(1_000) for each in window(hour, int(RANDOM.binomial(ROWS, 0.001)))]
    found = rates(judge(references(UNIFORM)).findings(table(quiet, PROFILES)))
    assert len(found) == 1_000
    assert sum(each["confirmed"] for each in found) <= 1
    (broken,) = rates(judge(references(UNIFORM)).findings(table(window(0, 20), PROFILES)))
    assert (broken["status"], broken["confirmed"], broken["reference_count"]) == ("over_limit", True, COUNT)
    # 40 of 40,000 training rows: what they leave believable is Clopper and Pearson's upper bound.
    assert broken["limit"] == pytest.approx(stats.beta.ppf(0.999, 41, COUNT - 40), rel=1e-6)


def test_the_rate_is_read_of_the_reference_whatever_it_is() -> None:
    (one,) = rates(judge(references(UNIFORM), rate=0.02).findings(table(window(0, 20), PROFILES)))
    assert one["limit"] == pytest.approx(stats.beta.ppf(0.999, 801, COUNT - 800), rel=1e-3)
    assert one["status"] == "ok"
    (own,) = rates(judge(references(UNIFORM), allowed={"outlier_rate": 0.5}).findings(table(window(0, 400), PROFILES)))
    assert (own["limit"], own["status"]) == (0.5, "ok")


def test_what_blocks_reach_is_allowed() -> None:
    # Every fourth hour of the training data has 25 outliers in 1,000 rows.
    p_values = np.tile(np.concatenate([np.full(25, 0.0005), np.full(3_975, 0.04)]), 10)
    without = rates(judge(references(p_values)).findings(table(window(0, 25), PROFILES)))
    assert without[0]["status"] == "over_limit"
    (found,) = rates(judge(references(p_values, blocks=40)).findings(table(window(0, 25), PROFILES)))
    assert (found["status"], found["blocks"]) == ("ok", 40)
    assert found["limit"] == found["block_limit"] > without[0]["limit"]
    (more,) = rates(judge(references(p_values, blocks=40)).findings(table(window(0, 120), PROFILES)))
    assert more["status"] == "over_limit"


def test_it_says_whether_it_looks_like_drift_or_like_single_rows() -> None:
    judged = judge(references(UNIFORM))
    (single,) = rates(judged.findings(table(window(0, 20), PROFILES)))
    assert "it looks like outliers: no column drifted" in single["explanation"]
    (drifted,) = rates(judged.findings(table(window(0, 60, X[:ROWS] + 1), PROFILES)))
    assert "it looks like drift: x drifted, too" in drifted["explanation"]


def test_other_row_flags_are_neither_missing_nor_extra() -> None:
    bounds = {"window_start": MIDNIGHT, "window_end": MIDNIGHT + HOUR}
    skew = row("m", "x.skew", numbers(np.zeros(ROWS)), column_kind="row_flag", **bounds)
    found = judge(references(UNIFORM)).findings(table([window(0, 0)[0], skew], PROFILES))
    assert {*found["statistic"].to_pylist()} == {"ks", "skew_rate"}


def test_an_open_window_is_reported_if_it_is_gross() -> None:
    judged = judge(references(UNIFORM))
    (found,) = rates(judged.provisional(table(window(0, 15, rows=100), PROFILES)))
    assert found["status"] == "provisional"
    assert found["explanation"].startswith("the share of outliers of the model m exceeds its limit so far in the open ")
    assert rates(judged.provisional(table(window(0, 1, rows=100), PROFILES))) == []


@pytest.mark.slow
def test_evidence_of_a_rate_holds_at_every_look() -> None:
    random, allowed, level = np.random.default_rng(1), 0.01, 0.05
    alarms = 0
    for hits in random.binomial(50, allowed, size=(500, 40)).cumsum(axis=1):
        p_values = [
            judge_rate("skew_rate", int(n), 50 * at, allowed, anytime=True)["p_value"] for at, n in enumerate(hits, 1)
        ]
        alarms += min(p_values) <= level
    assert alarms <= stats.binom.ppf(0.999, 500, level)
    assert judge_rate("skew_rate", 10, 50, allowed, anytime=True)["p_value"] < 1e-6
