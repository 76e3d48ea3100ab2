"""What the other blocks have had: counted again from their rows."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from scipy.stats import norm

from sparkmon.comparison import Checks, References
from sparkmon.comparison.other_blocks import other_blocks
from sparkmon.distributions import Categories, Distribution
from sparkmon.profiles import reference_of

DAYS = [(["a", "b", "b"], [3.0, 5.0]), (["a"], [1.0, 4.0]), (["c", "a"], [2.0, 9.0]), ([], [])]


def test_levels_are_those_of_the_other_days() -> None:
    found = other_blocks([Categories(Counter(levels), 0, len(levels)) for levels, _ in DAYS])
    for place, others in enumerate(found):
        expected = Counter(level for day, (levels, _) in enumerate(DAYS) if day != place for level in levels)
        assert isinstance(others, Categories)
        assert (dict(others.counts), others.n) == (dict(expected), expected.total())


def test_the_range_is_that_of_the_other_days() -> None:
    found = other_blocks([Distribution.from_sample(numbers) for _, numbers in DAYS])
    for place, others in enumerate(found):
        expected = [number for day, (_, numbers) in enumerate(DAYS) if day != place for number in numbers]
        assert isinstance(others, Distribution)
        assert (others.least, others.greatest, others.n) == (min(expected), max(expected), len(expected))


def test_of_one_day_with_numbers_nothing_is_known() -> None:
    alone, _ = other_blocks([Distribution.from_sample(rows) for rows in ([1.0], [])])
    assert alone.rows == 0


@pytest.mark.parametrize("reach", [0.0, 0.1])
def test_a_range_that_days_leave_by_themselves_is_no_limit_to_them(spark: SparkSession, reach: float) -> None:
    """Each day is a stretch of its own, of which a share lies beyond those of all other days."""
    days, rows = 10, 1_000
    lows = np.where(np.arange(days) == 0, -reach, 0.0)
    columns: dict[str, Any] = {
        "time": np.repeat(np.datetime64("2026-01-01") + np.arange(days), rows).astype("datetime64[us]"),
        "x": (lows[:, None] + np.linspace(0, 1, rows) * (1.0 - lows[:, None])).ravel(),
    }
    table = pa.table(columns)
    made = reference_of(spark.createDataFrame(table), "m", time="time").toArrow()
    references = References(made, Checks(("range_rate",)))
    basis = references.basis(("m", None, None, "feature", "x"), "")
    assert basis is not None
    found = basis.blocks["range_rate"]
    assert found.ascending[-2] <= 0
    greatest = 2 * norm.cdf(found.ascending[-1] / 2) - 1
    # Of the first day 0.1 / 1.1 of its rows are below 0; noise and sketch error are taken off.
    expected = 91 / 1_000 - 2 / 9_001 - 0.00345 if reach else 0.0
    assert max(0.0, greatest) == pytest.approx(expected, abs=0.0035)
