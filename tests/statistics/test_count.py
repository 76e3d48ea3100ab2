import math

from sparkmon.distributions import Categories, Distribution
from sparkmon.statistics import STATISTICS

COUNT = STATISTICS.get("count")


def test_every_row_counts_and_no_null_distribution_is_claimed() -> None:
    reference = Distribution.from_sample([1.0, None, 3.0, 4.0])
    measured = COUNT.measure(reference, Distribution.from_sample([None, None, 1.0]))
    assert (measured.value, measured.p_value, measured.noise) == (-1, None, 0)
    assert math.isinf(measured.threshold)
    assert (measured.reference_count, measured.current_count) == (4, 3)


def test_untracked_levels_count() -> None:
    side = Categories({"a": 5}, null_count=2, n=10)
    assert COUNT.function(side, Categories({}, null_count=1, n=100)) == 101 - 12
