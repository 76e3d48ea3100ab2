"""Whether a model got worse, by a window and by what windows add up to."""

import math

import numpy as np
import pytest
from scipy import stats

from sparkmon.errors import OptionError
from sparkmon.performance import ClassOutcomes, ConceptTests, CusumPart, Losses, NumberOutcomes


def classes_of(wrong: int, rows: int) -> ClassOutcomes:
    labels = np.zeros(rows, np.int64)
    labels[:wrong] = 1
    return ClassOutcomes.of_labels(labels, np.zeros(rows, np.int64), None, 2)


def test_the_strength_of_a_window_is_as_rare_as_the_exact_binomial_tail() -> None:
    losses = Losses(10**9, 0.15, math.sqrt(0.15 * 0.85), 0.0, 0.15)
    tests = ConceptTests(1.0, 3600)
    strength = tests.strength(losses, 0.27, 100)
    assert stats.norm.sf(strength) == pytest.approx(stats.binom.sf(26, 100, 0.15), rel=1e-3)
    assert tests.strength(losses, 0.15, 100) == pytest.approx(0, abs=0.3)
    assert tests.strength(losses, 0.05, 100) < -2


def test_windows_of_few_rows_and_of_a_short_reference_are_held_to_less() -> None:
    long, short = (Losses.of(classes_of(15 * size, 100 * size)) for size in (10_000, 10))
    tests = ConceptTests(1.0, 3600)
    assert tests.strength(short, 0.25, 400) < tests.strength(long, 0.25, 400)
    assert tests.z_limit == pytest.approx(stats.norm.isf(1 / 336))


def test_a_reference_whose_blocks_vary_by_themselves_alarms_later() -> None:
    """Blocks of 100 rows at 5 % and 25 % in turn: between them 100 * .1^2 over .15 * .85 = 7.84."""
    rows = [classes_of(wrong, 100).truth for wrong in (5, 25) * 10]
    outcomes = ClassOutcomes(np.concatenate(rows), np.zeros(2000, np.int64))
    blocks = np.split(np.arange(2000), 20)
    losses = Losses.of(outcomes, blocks)
    assert losses.dispersion == pytest.approx(20 / 19 * 100 * 0.1**2 / (0.15 * 0.85))
    assert Losses.of(outcomes, blocks[:9]).dispersion == 1
    assert (
        ConceptTests(1.0, 3600).strength(losses, 0.25, 400)
        < 2.5
        < ConceptTests(1.0, 3600).strength(Losses.of(outcomes), 0.25, 400)
    )


def test_large_errors_are_those_of_a_fifth_of_the_held_out_rows() -> None:
    truth = np.arange(1000.0)
    losses = Losses.of(NumberOutcomes(truth, truth + np.arange(1000.0)))
    assert losses.mean == pytest.approx(499.5)
    assert losses.share == pytest.approx(0.2, abs=0.001)
    z, p = losses.window(520.0, 1000)
    assert z == pytest.approx(20.5 / (np.arange(1000).std() * math.sqrt(2 / 1000)))
    assert p == pytest.approx(stats.norm.sf(z))


@pytest.mark.parametrize("before", [0.0, 2.5])
def test_parts_of_a_sum_merge_to_what_row_by_row_gives(before: float) -> None:
    steps = np.random.default_rng(3).normal(-0.1, 1, 500)
    expected, highest = before, -math.inf
    for step in steps.tolist():
        expected = max(0.0, expected + step)
        highest = max(highest, expected)
    part = CusumPart.of(np.empty(0))
    for some in np.array_split(steps, 7):
        part = part.then(CusumPart.of(some))
    assert (part.after(before), part.peak(before)) == pytest.approx((expected, max(highest, before)))


def test_the_limit_of_the_sum_holds_the_false_alarms_that_it_promises() -> None:
    """The mean time to the limit of 2,000 independent rows is no shorter, and at most four times as long."""
    losses, generator = Losses.of(classes_of(15_000, 100_000)), np.random.default_rng(4)
    limit, times = losses.limit(2_000), []
    for _ in range(100):
        value, time = 0.0, 0
        while value <= limit:
            block = losses.part((generator.random(50) < 0.15).astype(float))
            value = math.inf if block.peak(value) > limit else block.after(value)
            time += 50
        times.append(time)
    assert 2_000 <= np.mean(times) <= 8_000


def test_the_knob_is_a_number_above_0() -> None:
    with pytest.raises(OptionError, match="false_alarms_per_week=0"):
        ConceptTests(0, 3600)
