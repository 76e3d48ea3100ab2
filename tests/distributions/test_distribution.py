import math
import pickle

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from sparkmon.distributions import Distribution, summary_of
from sparkmon.errors import ProfileError

SAMPLES = hnp.arrays(float, st.integers(1, 60), elements=st.integers(-20, 20).map(float))


@given(SAMPLES, st.integers(-21, 21))
def test_cdf_is_the_share_at_or_below(sample: npt.NDArray[np.float64], point: int) -> None:
    assert Distribution.from_sample(sample).cdf(point) == pytest.approx(np.mean(sample <= point))


@given(SAMPLES, st.floats(0, 1))
def test_quantile_is_numpys_inverted_cdf(sample: npt.NDArray[np.float64], share: float) -> None:
    low, high = (np.quantile(sample, min(1, max(0, share + slack)), method="inverted_cdf") for slack in (-1e-8, 0))
    assert Distribution.from_sample(sample).quantile(share) in (low, high)


@given(SAMPLES)
def test_moments_are_numpys(sample: npt.NDArray[np.float64]) -> None:
    summary = Distribution.from_sample(sample)
    assert summary.mean == pytest.approx(sample.mean(), abs=1e-12)
    assert summary.std == pytest.approx(sample.std(), abs=1e-12)


def test_a_share_met_exactly_gives_the_lower_value() -> None:
    for n in range(2, 200):
        deciles = Distribution.from_sample(np.arange(1, 10 * n + 1)).quantile(np.arange(1, 10) / 10)
        assert deciles.tolist() == [n * tenth for tenth in range(1, 10)]


def test_nulls_are_counted_apart() -> None:
    summary = Distribution.from_sample([1, None, math.nan, 1, 3])
    assert (summary.n, summary.null_count, summary.rows) == (3, 2, 5)
    assert summary.weights.tolist() == [2, 1]


def test_nan_is_counted_apart_from_null() -> None:
    for sample in ([1, None, math.nan, 1], np.array([1, None, math.nan, 1], object)):
        summary = Distribution.from_sample(sample)
        assert (summary.null_count, summary.nan_count) == (2, 1)
    # An array of doubles has no other null than NaN: what it holds is NaN.
    assert Distribution.from_sample(np.array([1, math.nan])).nan_count == 1
    with pytest.raises(ProfileError, match=r"nan_count=2.*null_count=1"):
        Distribution(np.array([1.0]), np.array([1.0]), 0, 1, null_count=1, nan_count=2)


def test_extremes_are_known_of_exact_distributions_and_of_sketches() -> None:
    exact = Distribution.from_sample([3, 1, 2])
    assert (exact.least, exact.greatest) == (1, 3)
    values, weights = np.array([1.0, 2.0]), np.array([50.0, 50.0])
    rough = Distribution(values, weights, 0.01, 100)
    assert math.isnan(rough.least)
    assert math.isnan(rough.greatest)
    wide = Distribution(values, weights, 0.01, 100, least=-7.0, greatest=9.0)
    assert (wide.least, wide.greatest) == (-7, 9)
    for least, greatest in ((1.5, 9.0), (0.0, 1.5)):
        with pytest.raises(ProfileError, match="least="):
            Distribution(values, weights, 0.01, 100, least=least, greatest=greatest)


def test_known_moments_stand_for_the_weighted_ones() -> None:
    values, weights = np.array([1.0, 2.0]), np.array([50.0, 50.0])
    known = Distribution(values, weights, 0.01, 100, moments=(1.25, 4.0))
    assert (known.mean, known.std) == (1.25, 4.0)
    for moments in ((math.nan, 1.0), (0.0, math.inf), (0.0, -1.0)):
        with pytest.raises(ProfileError, match="moments="):
            Distribution(values, weights, 0.01, 100, moments=moments)


def test_a_profile_gives_its_own_moments_unless_they_overflowed() -> None:
    seven = bytes.fromhex("02020f04c80008000000000000001c40")  # the sketch of the one number 7
    said = {"count": 3, "num_numbers": 1, "num_texts": 0, "num_nan": 1, "sketch": seven}
    for moments, mean in (({"avg": 7.5, "m2": 0.0}, 7.5), ({"avg": 7.5, "m2": math.inf}, 7.0)):
        found = summary_of(said | moments, "numeric")
        assert isinstance(found, Distribution)
        assert (found.mean, found.null_count, found.nan_count) == (mean, 2, 1)
    empty = summary_of(said | {"num_numbers": 0, "avg": None, "m2": None}, "numeric")
    assert isinstance(empty, Distribution)
    assert (empty.n, empty.null_count, empty.nan_count) == (0, 3, 1)


def test_no_rows_make_an_empty_distribution() -> None:
    summary = Distribution.from_sample([None])
    assert (summary.n, summary.null_count) == (0, 1)
    assert np.isnan([summary.mean, summary.std, *summary.cdf([0]), *summary.quantile([0.5])]).all()


def test_a_constant_has_no_spread() -> None:
    assert Distribution.from_sample([0.1] * 7).std == 0


def test_huge_values_have_finite_moments() -> None:
    summary = Distribution.from_sample([-1e300, 1e300])
    assert (summary.mean, summary.std) == (0, 1e300)


@pytest.mark.parametrize("sample", [[1, math.inf], [-math.inf], ["one"], [object()]])
def test_what_is_no_number_is_refused(sample: list[float]) -> None:
    with pytest.raises(ProfileError):
        Distribution.from_sample(sample)


@pytest.mark.parametrize(
    ("values", "weights", "rank_error", "n", "null_count"),
    [
        ([1, 2], [1], 0, 1, 0),
        ([2, 1], [1, 1], 0, 2, 0),
        ([1, 1], [1, 1], 0, 2, 0),
        ([1, math.nan], [1, 1], 0, 2, 0),
        ([1, 2], [1, 0], 0, 1, 0),
        ([1, 2], [1, math.inf], 0, math.inf, 0),
        ([1, 2], [1, 1], 0, 3, 0),
        ([1, 2], [1, 1], 1, 2, 0),
        ([1, 2], [1, 1], math.nan, 2, 0),
        ([1, 2], [1, 1], 0, 2, -1),
    ],
)
def test_contradictory_fields_are_refused(
    values: list[float], weights: list[float], rank_error: float, n: float, null_count: float
) -> None:
    with pytest.raises(ProfileError):
        Distribution(np.array(values, float), np.array(weights, float), rank_error, n, null_count)


def test_arrays_cannot_be_written_and_travel_between_processes() -> None:
    summary = pickle.loads(pickle.dumps(Distribution.from_sample([1, 2, None])))
    assert (summary.values.tolist(), summary.null_count) == ([1, 2], 1)
    with pytest.raises(ValueError, match="read-only"):
        Distribution.from_sample([1, 2]).values[0] = 5
