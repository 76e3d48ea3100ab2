"""What moved in a column, beside counts by hand."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from sparkmon.distributions import write_kll
from sparkmon.labels.moved import most_moved

COUNTS = ("count", "num_nulls", "num_nan", "num_inf", "num_numbers", "num_texts")


def numbers(values: npt.NDArray[np.float64], nulls: int = 0) -> dict[str, Any]:
    fields = dict.fromkeys(COUNTS, 0) | {"count": len(values) + nulls, "num_nulls": nulls, "num_numbers": len(values)}
    return fields | {"sketch": write_kll([values], 4_000), "avg": float(values.mean()), "m2": 1.0}


def levels(nulls: int = 0, **counts: int) -> dict[str, Any]:
    texts = sum(counts.values())
    fields = dict.fromkeys(COUNTS, 0) | {"count": texts + nulls, "num_nulls": nulls, "num_texts": texts}
    return fields | {"frequent_items": counts}


@pytest.mark.parametrize(
    ("current", "words"),
    [
        (np.repeat(np.arange(100.0), np.where(np.arange(100) >= 70, 3, 1)), "+42 rows above 69"),
        (np.repeat(np.arange(100.0), np.where(np.arange(100) < 50, 3, 1)), "+50 rows up to 49"),
        (np.concatenate([np.arange(100.0), np.full(100, 45.5)]), "+90 rows above 39 and up to 49"),
    ],
)
def test_numbers_move_to_a_range_of_the_references_bins(current: npt.NDArray[np.float64], words: str) -> None:
    """Of 1,000 numbers from 0 to 99, the deciles are 9, 19, ...; such as 90 rows where 30 % of 160 are usual."""
    reference = numbers(np.repeat(np.arange(100.0), 10))
    assert most_moved(reference, numbers(current)) == words


def test_nulls_and_levels_move_too() -> None:
    some = np.arange(100.0)
    assert most_moved(numbers(some), numbers(some, nulls=50)) == "+50 rows without a number"
    assert most_moved(levels(a=700, b=300), levels(a=20, b=20, nulls=10)) == "+10 rows of nulls"
    assert (
        most_moved(levels(a=700, b=300), levels(a=70, new=30)) == "+30 rows of levels that the reference does not have"
    )
    assert most_moved(levels(), levels(a=1)) == ""
