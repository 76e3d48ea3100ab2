"""Parts put together are as all rows at once."""

import math

import datasketches
import numpy as np
import pytest

from sparkmon.distributions import Categories, Distribution, QuantileTable, merge_summaries
from sparkmon.errors import ProfileError


def test_samples_together_are_one_sample() -> None:
    rng = np.random.default_rng(1)
    parts = [np.append(rng.poisson(3, size).astype(float), math.nan) for size in (50, 1, 900)]
    merged = merge_summaries([Distribution.from_sample(part) for part in parts])
    whole = Distribution.from_sample(np.concatenate(parts))
    assert isinstance(merged, Distribution)
    np.testing.assert_array_equal(merged.values, whole.values)
    np.testing.assert_array_equal(merged.weights, whole.weights)
    for name in ("n", "null_count", "nan_count", "least", "greatest", "rank_error"):
        assert getattr(merged, name) == getattr(whole, name)


def test_sketches_together_are_within_their_error_and_keep_moments() -> None:
    rng = np.random.default_rng(2)
    parts = [rng.normal(mean, 1, 20_000) for mean in (-1, 0, 2)]
    made = []
    for part in parts:
        sketch = datasketches.kll_doubles_sketch(800)
        sketch.update(part)
        found = Distribution.from_kll(sketch.serialize())
        moments = (float(part.mean()), float(part.std()))
        made.append(
            Distribution(
                found.values,
                found.weights,
                found.rank_error,
                found.n,
                least=found.least,
                greatest=found.greatest,
                moments=moments,
            )
        )
    merged = merge_summaries(made)
    whole = np.sort(np.concatenate(parts))
    assert isinstance(merged, Distribution)
    assert merged.rank_error == made[0].rank_error
    points = np.linspace(-4, 5, 200)
    exact = np.searchsorted(whole, points, side="right") / whole.size
    assert np.abs(merged.cdf(points) - exact).max() <= merged.rank_error
    assert (merged.mean, merged.std) == pytest.approx((whole.mean(), whole.std()), rel=1e-12)
    assert (merged.least, merged.greatest) == (whole[0], whole[-1])


def test_levels_are_added_up() -> None:
    merged = merge_summaries([Categories({"a": 2, "b": 1}, 1, 4), Categories({"b": 5}, 0, 5), Categories({}, 3, 0)])
    assert isinstance(merged, Categories)
    assert (dict(merged.counts), merged.null_count, merged.n) == ({"a": 2, "b": 6}, 4, 9)


def test_what_cannot_be_put_together_is_refused() -> None:
    table = Distribution.from_table(QuantileTable.from_percentiles({0.5: 1.0}, 10, minimum=0, maximum=2))
    numbers, levels = Distribution.from_sample([1.0]), Categories({"a": 1}, 0, 1)
    wrong: list[list[Distribution | Categories]] = [[], [numbers, levels], [table, numbers]]
    for parts in wrong:
        with pytest.raises(ProfileError, match="cannot be put together"):
            merge_summaries(parts)
