"""A share of wrong rows next to its own past: the bound by hand, quiet and changed windows."""

import math

import numpy as np
import pytest

from sparkmon.errors import OptionError
from sparkmon.performance import Segment, adaptive_change


def test_the_bound_is_that_of_the_paper_by_hand() -> None:
    """1,000 rows with 100 wrong, then 500 with 100: m = 1 / (1/1000 + 1/500), p = 200/1500, one cut, delta .002."""
    change = adaptive_change([Segment(1_000, 100), Segment(500, 100)], 0.002)
    m, p, d = 1 / (1 / 1_000 + 1 / 500), 200 / 1_500, math.log(2 / 0.002)
    allowed = math.sqrt(2 / m * p * (1 - p) * d) + 2 / (3 * m) * d
    assert change.strength == pytest.approx(0.1 / allowed)
    assert (change.before, change.after) == (0.1, 0.2)


@pytest.mark.slow
def test_quiet_windows_alarm_less_often_than_delta_and_changes_are_found() -> None:
    generator, alarms = np.random.default_rng(0), 0
    for _ in range(200):
        windows = [Segment(100, float(each)) for each in generator.binomial(100, 0.15, 40)]
        alarms += sum(adaptive_change(windows[:end], 0.01).strength > 1 for end in range(2, 41))
    assert alarms <= 0.01 * 200 * 39
    worse = [*windows, *(Segment(100, float(each)) for each in generator.binomial(100, 0.30, 10))]
    strengths = [adaptive_change(worse[: 40 + late], 0.01).strength for late in range(1, 11)]
    assert next(late for late, each in enumerate(strengths, 1) if each > 1) <= 5


def test_what_changed_before_is_the_new_past() -> None:
    """After a change, the windows before it do not count: one as wrong as the new ones is no change."""
    windows = [Segment(500, 75)] * 10 + [Segment(500, 150)] * 10
    assert adaptive_change(windows[:11], 0.01).strength > 1
    last = adaptive_change(windows, 0.01)
    assert (last.strength, last.before, last.after) == (0.0, 0.3, 0.3)


def test_windows_without_rows_and_too_few_windows_are_no_change() -> None:
    assert adaptive_change([], 0.01).strength == 0
    assert adaptive_change([Segment(10, 1)], 0.01).strength == 0
    assert adaptive_change([Segment(0, 0), Segment(0, 0), Segment(500, 75)], 0.01).strength == 0
    with pytest.raises(OptionError, match="a share between 0 and 1"):
        adaptive_change([], 0.0)
