import math

import datasketches
import numpy as np
import pytest

from sparkmon.distributions import Distribution, QuantileTable
from sparkmon.statistics import STATISTICS, range_rate

RANGE = STATISTICS.get("range_rate")


def sketched(rows: np.ndarray, k: int) -> Distribution:
    sketch = datasketches.kll_doubles_sketch(k)
    sketch.update(rows)
    return Distribution.from_kll(sketch.serialize())


def test_a_sketch_keeps_the_references_exact_range() -> None:
    rows = np.random.default_rng(4).normal(size=100_000)
    reference = sketched(rows, 8)
    assert reference.values[0] > rows.min()
    current = Distribution.from_sample([rows.min(), rows.max(), 0.0])
    assert range_rate(reference, current) == 0
    beyond = Distribution.from_sample([rows.min() - 0.01, rows.max() + 0.01, 0.0])
    assert range_rate(reference, beyond) == pytest.approx(2 / 3)


def test_the_error_is_that_of_the_ends_that_are_exceeded() -> None:
    rng = np.random.default_rng(5)
    reference = Distribution.from_sample(rng.uniform(0, 1, 5_000))
    inside, above, around = (
        RANGE.measure(reference, sketched(rng.uniform(low, high, 20_000), 800))
        for low, high in ((0.1, 0.9), (0.1, 1.1), (-0.1, 1.1))
    )
    assert (inside.value, inside.sketch_error, inside.p_value) == (0, 0, 1)
    assert above.sketch_error == pytest.approx(0.00345, abs=1e-5)
    assert around.sketch_error == pytest.approx(2 * above.sketch_error)
    assert around.p_value == pytest.approx(0, abs=1e-9)


def test_a_table_without_extremes_cannot_say() -> None:
    current = Distribution.from_sample([1.0, 99.0])
    open_ended = QuantileTable.from_percentiles({0.25: 1.0, 0.75: 3.0}, 40)
    assert math.isnan(range_rate(Distribution.from_table(open_ended), current))
    closed = QuantileTable.from_percentiles({0.25: 1.0, 0.75: 3.0}, 40, minimum=0, maximum=9)
    assert range_rate(Distribution.from_table(closed), current) == 0.5


def test_a_further_row_is_outside_with_a_known_chance() -> None:
    rng = np.random.default_rng(6)
    share = np.mean(
        [range_rate(*(Distribution.from_sample(rng.exponential(size=rows)) for rows in (99, 50))) for _ in range(2_000)]
    )
    reference = Distribution.from_sample(np.arange(99.0))
    assert share == pytest.approx(RANGE.measure(reference, reference).noise, rel=0.1) == 0.02
