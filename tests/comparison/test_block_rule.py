"""What blocks show: scipy's t for one window, a hand-made sum for several, and the promise on quiet streams."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from sparkmon.comparison import Checks, Judge, References, promise
from sparkmon.comparison.block_effects import BlockEffects
from sparkmon.comparison.levels import Levels
from tests.support.panes import HOUR, MIDNIGHT, panes_of, reference_table

Floats = npt.NDArray[np.float64]
COLUMN = (None, None, "feature")


def test_a_few_blocks_by_hand() -> None:
    effects = [0.02, 0.01, 0.03, 0.01, 0.02, 0.01]
    blocks = BlockEffects.of(effects)
    # Deviations from 1/60: .0033, -.0067, .0133, -.0067, .0033, -.0067; lagged products sum to less than 0.
    assert blocks.effective == 6
    scale = np.std(effects, ddof=1) * math.sqrt(7 / 6) * (1 + 0.5 / math.sqrt(6))
    away = np.mean(effects) + scale * np.array([1.105, 2 * 1.21, 3 * 1.315, 5 * 1.45])
    for effect, t in zip(away.tolist(), (1, 2, 3, 5), strict=True):
        if effect > 0.03:
            assert blocks.p_value(effect) == pytest.approx(stats.t.sf(t, 5))
    assert blocks.p_value(0.03) == pytest.approx(2 / 7)  # one of six blocks reaches it
    assert blocks.p_value(blocks.reach(0.001)) == pytest.approx(0.001, rel=1e-6)
    # The limit is that point of t, as far out as six blocks bear: 1 / 36.
    for level, borne in ((0.05, 0.05), (0.001, 1 / 36)):
        t = stats.t.isf(borne, 5)
        assert blocks.limit(level) == pytest.approx(np.mean(effects) + scale * (1 + 0.105 * t) * t)


@pytest.mark.slow
def test_tails_are_as_long_as_those_of_distances() -> None:
    """Kolmogorov's distribution, and the size of a normal variable, in standard deviations above their means."""
    blocks = BlockEffects((0.0,) * 100_000, mean=0.0, scale=1.0, effective=1e6, surely=1e6)
    for p in (0.05, 0.01, 0.001, 1e-5):
        for law in (stats.kstwobign, stats.halfnorm):
            point = (law.isf(p) - law.mean()) / law.std()
            assert blocks.reach(p) == pytest.approx(point, rel=0.035)


def test_squares_are_taken_by_their_roots() -> None:
    roots = [0.2, 0.1, 0.3, 0.1, 0.2, 0.1]
    blocks = BlockEffects.of([each**2 for each in roots], squared=True)
    straight = BlockEffects.of(roots)
    assert blocks.limit(0.05) == pytest.approx(straight.limit(0.05) ** 2)
    assert blocks.p_value(0.64) == pytest.approx(straight.p_value(0.8))
    assert blocks.p_value(-0.1) == straight.p_value(0.0)


def test_what_is_at_most_one_is_taken_by_the_shift_that_it_stands_for() -> None:
    """Kolmogorov-Smirnov of a normal column shifted by d is 2 Phi(d / 2) - 1."""
    shifts = [0.4, 0.2, 0.7, 1.1, 0.1, 0.9]
    blocks = BlockEffects.of([2 * stats.norm.cdf(each / 2) - 1 for each in shifts], bounded=True)
    straight = BlockEffects.of(shifts)
    assert blocks.limit(0.05) == pytest.approx(2 * stats.norm.cdf(straight.limit(0.05) / 2) - 1)
    assert blocks.limit(0.05) < 1
    assert blocks.p_value(1.0) < blocks.p_value(0.9) == pytest.approx(straight.p_value(2 * stats.norm.ppf(0.95)))


def test_many_independent_blocks_set_their_quantile() -> None:
    effects = np.random.default_rng(1).permutation(np.arange(1, 400) / 1000).tolist()
    blocks = BlockEffects.of(effects)
    assert blocks.effective > 300
    assert blocks.limit(0.01) == 0.396  # the 396th of 399: (399 + 1) * 0.99


def test_a_memory_that_noise_hides_from_the_first_lag_is_seen() -> None:
    random = np.random.default_rng(8)
    level, levels = 0.0, []
    for step in random.normal(size=20_000):
        level = 0.99 * level + step * math.sqrt(1 - 0.99**2)
        levels.append(level)
    effects = np.array(levels) + random.normal(size=20_000)
    # Lag k correlates by 0.99^k / 2: 1 + 2 * sum of them is 100, where the first lag alone says 3.
    assert 100 < BlockEffects.of(effects.tolist()).effective < 400


def test_four_weeks_of_long_memory_are_not_taken_for_more_than_they_are() -> None:
    """Sizes of hours with a memory of 0.99 correlate by about 0.98^k: 672 are worth 7, and may look like 40."""
    random, surely = np.random.default_rng(16), []
    for _ in range(100):
        level, hours = random.normal(), []
        for step in random.normal(size=672):
            level = 0.99 * level + step * math.sqrt(1 - 0.99**2)
            hours.append(abs(level))
        blocks = BlockEffects.of(hours)
        assert blocks.surely < blocks.effective
        surely.append(Levels(1.0, 3_600).promise(blocks))
    assert np.mean(np.array(surely) > 1) > 0.9  # too short for one false alarm a week
    independent = BlockEffects.of(abs(random.normal(size=672)).tolist())
    assert independent.surely == pytest.approx(672, rel=0.15)


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
    hours = Levels(0.1, 3_600)
    assert hours.once == pytest.approx(0.1 / 168 / 20)
    independent, alike = hours.twice(np.array([0.0, 1.0]))
    assert independent == pytest.approx(0.01)  # sqrt(0.1 / 168 / 3) = 0.014 is above the greatest
    assert alike == pytest.approx(0.1 / 168 / 3)
    assert hours.among(10).once == pytest.approx(0.01 / 168 / 20)


def test_the_limit_follows_from_the_promise_and_the_columns() -> None:
    effects = np.random.default_rng(9).normal(0.1, 0.02, 60).tolist()
    blocks = {"ks": BlockEffects.of(effects)}
    limits = [
        Levels(promise, 3_600).among(tests).limits(blocks)["ks"]
        for promise, tests in ((10, 1), (1, 10), (0.1, 10), (0.1, 100), (0.1, 10_000), (0.1, 1e6))
    ]
    assert limits[0] == limits[1]  # 0.01 is the greatest level
    assert limits[1] < limits[2] < limits[3] < limits[4] == limits[5]
    memory = blocks["ks"].memory
    level = (0.01 / 168 / 3) ** (1 / (2 - memory))
    assert limits[2] == pytest.approx(blocks["ks"].reach(level))
    assert limits[5] == pytest.approx(blocks["ks"].reach(1 / blocks["ks"].effective ** 2))


def test_few_blocks_promise_what_they_can_hold() -> None:
    blocks = BlockEffects.of([0.1, 0.12] * 5)
    assert (blocks.effective, blocks.memory) == (10, 0)
    # At 1 / 10^2, two of three: 3 / 10^4 of the 168 hours of a week, and of its 7 days.
    assert Levels(1, 3_600).promise(blocks) == pytest.approx(168 * 3e-4)
    assert Levels(1, 86_400).promise(blocks) == pytest.approx(7 * 3e-4)


@pytest.mark.slow
def test_a_reference_that_is_too_short_says_so() -> None:
    random = np.random.default_rng(11)
    level, hours = 0.0, []
    for _ in range(200):
        level = 0.97 * level + random.normal(0, math.sqrt(1 - 0.97**2))
        hours.append(random.normal(level, 1, 500))
    references = reference_table("m", {"x": np.concatenate(hours)}, blocks=200)
    for promised, is_short in ((0.01, True), (1_000.0, False)):
        checks = Checks(("ks",), false_alarms_per_week=promised)
        judge = Judge(references, checks, step_s=3_600, lengths=["1 hour"])
        (found,) = judge.findings(panes_of("m", MIDNIGHT, {"x": hours[0]})).to_pylist()
        said = "the reference is too short: of this column it can promise"
        assert (said in found["reason"], said in found["explanation"]) == (is_short, is_short)


def judged(
    live: Floats, *, seed: int = 3, hours: int = 200, statistics: tuple[str, ...] = ("ks", "js")
) -> list[dict[str, object]]:
    """Judge hours of 500 rows beside 200 hours of N(0, 1)."""
    quiet = np.random.default_rng(seed).normal(size=hours * 500)
    references = reference_table("m", {"x": quiet}, blocks=hours)
    judge = Judge(references, Checks(statistics), step_s=3_600, lengths=["1 hour"])
    panes = panes_of("m", MIDNIGHT, {"x": live}, length=len(live) // 500 * HOUR)
    rows: list[dict[str, object]] = judge.findings(panes).sort_by("window_start").to_pylist()
    return rows


@pytest.mark.slow
def test_a_shift_far_below_the_threshold_is_found_where_blocks_are_alike() -> None:
    random = np.random.default_rng(4)
    live = np.concatenate([random.normal(size=10 * 500), random.normal(0.2, 1, 3 * 500)])
    rows = judged(live)
    alarms = [row for row in rows if row["confirmed"]]
    assert {row["window_start"] for row in alarms} <= {MIDNIGHT + hour * HOUR for hour in range(10, 13)}
    assert alarms
    assert max(float(str(row["value"])) for row in alarms if row["statistic"] == "ks") < 0.18
    assert any("blocks of the reference hardly ever reach it" in str(row["reason"]) for row in alarms)


@pytest.mark.slow
@pytest.mark.parametrize("statistic", ["ks", "wasserstein"])
def test_what_is_too_slight_for_one_window_adds_up(statistic: str) -> None:
    random = np.random.default_rng(5)
    found = judged(random.normal(0.1, 1, 48 * 500), statistics=("ks", "js", "wasserstein"))
    rows = [row for row in found if row["statistic"] == statistic]
    total, expected = 0.0, []
    for row in rows:
        deviation = stats.norm.isf(row["p_blocks"])
        memory = (200 - row["effective_blocks"]) / (200 + row["effective_blocks"])  # type: ignore[operator]
        total = max(0.0, total + min(deviation * math.sqrt((1 - memory) / (1 + memory)), 4) - 1)
        expected.append(total)
        total = 0.0 if row["confirmed"] else total
    assert any("windows add up" in str(row["reason"]) for row in rows)
    noise = [float(str(row["value"])) - float(str(row["noise"])) for row in rows]
    for row, sum_so_far, effect in zip(rows, expected, noise, strict=True):
        if effect < 0.01:
            break  # a window within noise adds nothing; the sums part here
        assert row["cusum"] == pytest.approx(sum_so_far, rel=1e-6)


@pytest.mark.slow
def test_levels_do_not_add_up_by_other_statistics_than_js() -> None:
    findings = judged(np.random.default_rng(5).normal(size=2 * 500), statistics=("ks", "psi", "js", "wasserstein"))
    assert {row["statistic"] for row in findings if row["cusum"] is not None} == {"ks", "wasserstein"}


@pytest.mark.slow
def test_what_adds_up_alarms_as_seldom_as_the_levels_say() -> None:
    hours = Levels(1.0, 3_600)
    (limit,) = hours.adding_up(np.array([20]))
    random, sums, alarms = np.random.default_rng(14), np.zeros(4_000), 0
    for _ in range(5_000):
        sums = np.maximum(0.0, sums + random.normal(size=4_000) - 1)
        alarms += int((sums > limit).sum())
        sums[sums > limit] = 0.0
    # A third of one a week, shared by 20 series: one in 3 * 20 * 168 windows.
    assert alarms == pytest.approx(4_000 * 5_000 / (3 * 20 * 168), rel=0.1)
    assert hours.adding_up(np.array([1]))[0] == pytest.approx(limit, rel=0.01)  # at most one in 10,000
    assert Levels(0.1, 3_600).adding_up(np.array([20]))[0] == pytest.approx(limit + math.log(10) / 2)


@pytest.mark.slow
def test_a_fifth_of_a_standard_deviation_is_found_in_three_hours() -> None:
    """Hours whose means lie 3.69, 2.23 and 2.73 standard errors off, where 4.47 are expected."""
    even = stats.norm.ppf((np.arange(500) + 0.5) / 500)
    random = np.random.default_rng(15)
    columns = {f"x{place}": random.normal(size=200 * 500) for place in range(10)}
    judge = Judge(reference_table("m", columns, blocks=200), Checks(), step_s=3_600, lengths=["1 hour"])
    live = {name: random.normal(size=3 * 500) for name in columns}
    live["x0"] = np.concatenate([even + errors / math.sqrt(500) for errors in (3.69, 2.23, 2.73)])
    findings = judge.findings(panes_of("m", MIDNIGHT, live, length=3 * HOUR))
    confirmed = findings.filter(findings["confirmed"])
    assert {*confirmed["column_name"].to_pylist()} == {"x0"}


@pytest.mark.slow
def test_three_standard_deviations_are_found_in_twenty_rows() -> None:
    random = np.random.default_rng(6)
    references = reference_table("m", {"x": random.normal(size=4_000)}, blocks=200)
    judge = Judge(references, Checks(), step_s=3_600, lengths=["1 hour"])
    quiet = panes_of("m", MIDNIGHT, {"x": random.normal(size=400 * 20)}, length=400 * HOUR)
    assert not any(judge.findings(quiet)["confirmed"].to_pylist())
    shifted = panes_of("m", MIDNIGHT, {"x": random.normal(3, 1, 2 * 20)}, length=2 * HOUR)
    assert any(judge.findings(shifted)["confirmed"].to_pylist())


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_promise_of_a_reference_adds_up_over_columns() -> None:
    random = np.random.default_rng(12)
    level, hours = 0.0, []
    for _ in range(200):
        level = 0.97 * level + random.normal(0, math.sqrt(1 - 0.97**2))
        hours.append(random.normal(level, 1, 100))
    columns = {"weather": np.concatenate(hours), "steady": random.normal(size=20_000)}
    references = reference_table("m", columns, blocks=200)
    held = promise(references)
    assert held.too_short == ("weather",)
    blocks = References(references, Checks(("ks", "js"))).basis(("m", *COLUMN, "weather"), "")
    assert blocks is not None
    least = 0.0
    for each in blocks.blocks.values():
        assert each.surely < each.effective
        memory = (200 - each.surely) / (200 + each.surely)
        least = max(least, 168 * 3 * each.surely ** (-2 * (2 - memory)))
    assert held.false_alarms_per_week == pytest.approx(0.5 + least)  # its half is kept by the other
    of_many = promise(references, 1_000.0)
    assert (of_many.false_alarms_per_week, of_many.too_short) == (1_000.0, ())
    assert promise(reference_table("m", columns)).false_alarms_per_week == math.inf


@pytest.mark.slow
def test_blocks_that_do_not_fill_a_window_are_not_used() -> None:
    quiet = np.random.default_rng(13).normal(size=24 * 100)
    references = reference_table("m", {"x": quiet}, blocks=24)
    said = "the blocks of the reference are not used, for the window is no whole number of them"
    for length, blocks in (("1 hour", 24), ("2 hours", 12), ("30 minutes", 0), ("90 minutes", 0)):
        judge = Judge(references, Checks(("ks",)), step_s=3_600, lengths=[length])
        (found,) = judge.findings(panes_of("m", MIDNIGHT, {"x": quiet[:100]})).to_pylist()
        assert found["blocks"] == blocks
        assert (said in found["reason"], said in found["explanation"]) == (not blocks, not blocks)
