import math

import numpy as np
import pytest

from sparkmon.distributions import Distribution
from sparkmon.statistics import STATISTICS, nan_rate, null_rate

REFERENCE = Distribution.from_sample(np.arange(1_000.0))


def test_nan_and_null_are_counted_apart() -> None:
    current = Distribution.from_sample([1.0, None, math.nan, math.nan])
    assert (nan_rate(REFERENCE, current), null_rate(REFERENCE, current)) == (0.5, 0.25)


def test_a_column_of_nan_alone_can_be_compared() -> None:
    measured = STATISTICS.get("nan_rate").measure(REFERENCE, Distribution.from_sample(np.full(200, math.nan)))
    assert measured.value == 1
    assert measured.current_count == 200
    assert measured.p_value == pytest.approx(0, abs=1e-200)
