"""What moved in a column, next to counts by hand."""

import numpy as np
import numpy.typing as npt
import pytest

from sparkmon.distributions import Categories, Distribution
from sparkmon.explain import moved


def numbers(values: npt.NDArray[np.float64], nulls: int = 0) -> Distribution:
    return Distribution.from_sample([*values, *[None] * nulls])


def levels(nulls: int = 0, **counts: float) -> Categories:
    return Categories(counts, float(nulls), sum(counts.values()))


def words(reference: object, current: object) -> str:
    both = moved(reference, current)
    assert both is not None
    return both.words


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (np.repeat(np.arange(100.0), np.where(np.arange(100) >= 70, 3, 1)), "+42 rows above 69"),
        (np.repeat(np.arange(100.0), np.where(np.arange(100) < 50, 3, 1)), "+50 rows up to 49"),
        (np.concatenate([np.arange(100.0), np.full(100, 45.5)]), "+90 rows above 39 and up to 49"),
    ],
)
def test_numbers_move_to_a_range_of_the_references_bins(current: npt.NDArray[np.float64], expected: str) -> None:
    """Of 1,000 numbers from 0 to 99, the deciles are 9, 19, ...; such as 90 rows where 30 % of 160 are usual."""
    assert words(numbers(np.repeat(np.arange(100.0), 10)), numbers(current)) == expected


def test_nulls_and_levels_move_too() -> None:
    some = np.arange(100.0)
    assert words(numbers(some), numbers(some, nulls=50)) == "+50 rows without a number"
    assert words(levels(a=700, b=300), levels(a=20, b=20, nulls=10)) == "+10 rows of nulls"
    assert words(levels(a=700, b=300), levels(a=70, new=30)) == "+30 rows of levels that the reference does not have"
    assert moved(levels(), levels(a=1)) is None


def test_rows_that_moved_sum_to_nothing_and_their_share_is_the_total_variation_distance() -> None:
    """70 of 100 in a and 30 in b became 20 and 30: of 50 rows, 15 moved, 0.3 of them."""
    both = moved(levels(a=70, b=30), levels(a=20, b=30))
    assert both is not None
    assert both.rows.sum() == pytest.approx(0)
    assert both.first(2) == [("a", -15.0), ("b", 15.0)]
    assert both.share == pytest.approx(0.3)
