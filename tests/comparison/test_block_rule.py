"""What blocks show: scipy's t for one window, a hand-made sum for several, and the promise on quiet streams."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from sparkmon.comparison import Checks, Judge
from sparkmon.comparison.alpha import BlockLevels
from sparkmon.comparison.block_effects import BlockEffects
from tests.support.panes import HOUR, MIDNIGHT, panes_of, reference_table

Floats = npt.NDArray[np.float64]


def test_a_few_blocks_by_hand() -> None:
    effects = [0.02, 0.01, 0.03, 0.01, 0.02, 0.01]
    blocks = BlockEffects.of(effects)
    # Deviations from 1/60: .0033, -.0067, .0133, -.0067, .0033, -.0067; lagged products sum to less than 0.
    assert blocks.effective == 6
    assert blocks.limit() == pytest.approx(0.03 * (1 + 1 / math.sqrt(6)))
    scale = 1.4 * np.std(effects, ddof=1) * math.sqrt(7 / 6) * (1 + 0.5 / math.sqrt(6))
    assert blocks.p_value(0.08) == pytest.approx(stats.t.sf((0.08 - np.mean(effects)) / scale, 5))
    assert blocks.p_value(0.03) == pytest.approx(2 / 7)  # one of six blocks reaches it
    assert blocks.p_value(blocks.reach(0.001)) == pytest.approx(0.001, rel=1e-6)


def test_many_independent_blocks_set_their_quantile() -> None:
    effects = np.random.default_rng(1).permutation(np.arange(1, 400) / 1000).tolist()
    blocks = BlockEffects.of(effects)
    assert blocks.effective > 300
    assert blocks.limit(0.01) == 0.396  # the 396th of 399: (399 + 1) * 0.99


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_blocks_that_are_alike_are_worth_fewer(memory: float) -> None:
    noise = np.random.default_rng(2).normal(size=20_000)
    effects, last = [], 0.0
    for each in noise.tolist():
        last = memory * last + each
        effects.append(last)
    expected = 20_000 * (1 - memory) / (1 + memory)
    assert BlockEffects.of(effects).effective == pytest.approx(expected, rel=0.15)


def test_levels_follow_from_the_promise() -> None:
    hours = BlockLevels(0.1, 3_600)
    assert hours.once == pytest.approx(0.1 / 168)
    independent, alike = hours.twice(np.array([0.0, 1.0]))
    assert independent == pytest.approx(0.01)  # sqrt(0.1 / 168 / 3) = 0.014 is above the greatest
    assert alike == pytest.approx(0.1 / 168 / 3)


def judged(live: Floats, *, seed: int = 3, hours: int = 200) -> list[dict[str, object]]:
    """Judge hours of 500 rows beside 200 hours of N(0, 1)."""
    quiet = np.random.default_rng(seed).normal(size=hours * 500)
    references = reference_table("m", {"x": quiet}, blocks=hours)
    judge = Judge(references, Checks(("ks", "js")), step_s=3_600, lengths=["1 hour"])
    panes = panes_of("m", MIDNIGHT, {"x": live}, length=len(live) // 500 * HOUR)
    rows: list[dict[str, object]] = judge.findings(panes).sort_by("window_start").to_pylist()
    return rows


def test_a_shift_far_below_the_threshold_is_found_where_blocks_are_alike() -> None:
    random = np.random.default_rng(4)
    live = np.concatenate([random.normal(size=10 * 500), random.normal(0.2, 1, 3 * 500)])
    rows = judged(live)
    alarms = [row for row in rows if row["confirmed"]]
    assert {row["window_start"] for row in alarms} <= {
        MIDNIGHT + hour * HOUR for hour in range(10, 13)
    }
    assert alarms
    assert max(float(str(row["value"])) for row in alarms if row["statistic"] == "ks") < 0.18
    assert any(
        "blocks of the reference hardly ever reach it" in str(row["reason"]) for row in alarms
    )


def test_what_is_too_slight_for_one_window_adds_up() -> None:
    random = np.random.default_rng(5)
    rows = [row for row in judged(random.normal(0.1, 1, 48 * 500)) if row["statistic"] == "ks"]
    total, expected = 0.0, []
    for row in rows:
        deviation = stats.norm.isf(row["p_blocks"])
        memory = (200 - row["effective_blocks"]) / (200 + row["effective_blocks"])  # type: ignore[operator]
        total = max(0.0, total + min(deviation * math.sqrt((1 - memory) / (1 + memory)), 4) - 0.5)
        expected.append(total)
        total = 0.0 if row["confirmed"] else total
    assert any(row["confirmed"] for row in rows)
    noise = [float(str(row["value"])) - float(str(row["noise"])) for row in rows]
    for row, sum_so_far, effect in zip(rows, expected, noise, strict=True):
        if effect < 0.001:
            break  # a window within noise adds nothing; the sums part here
        assert row["cusum"] == pytest.approx(sum_so_far, rel=1e-6)


def test_three_standard_deviations_are_found_in_twenty_rows() -> None:
    random = np.random.default_rng(6)
    references = reference_table("m", {"x": random.normal(size=4_000)}, blocks=200)
    judge = Judge(references, Checks(), step_s=3_600, lengths=["1 hour"])
    quiet = panes_of("m", MIDNIGHT, {"x": random.normal(size=400 * 20)}, length=400 * HOUR)
    assert not any(judge.findings(quiet)["confirmed"].to_pylist())
    shifted = panes_of("m", MIDNIGHT, {"x": random.normal(3, 1, 2 * 20)}, length=2 * HOUR)
    assert any(judge.findings(shifted)["confirmed"].to_pylist())


def test_a_row_far_out_in_a_heavy_tail_is_no_drift() -> None:
    random = np.random.default_rng(7)
    references = reference_table("m", {"x": random.standard_cauchy(100_000)}, blocks=100)
    judge = Judge(references, Checks(("ks", "wasserstein")), step_s=3_600, lengths=["1 hour"])
    rows = random.standard_cauchy(400)
    rows[0] = 1e6
    findings = judge.findings(panes_of("m", MIDNIGHT, {"x": rows})).to_pylist()
    (far,) = (row for row in findings if row["statistic"] == "wasserstein")
    assert far["value"] > 2_000
    assert (far["status"], far["confirmed"]) == ("ok", False)
    assert "few rows far out" in far["reason"]
