import numpy as np
import pytest
from hypothesis import given, strategies as st

from sparkmon.distributions import Distribution, bin_counts, reference_edges
from sparkmon.errors import ProfileError

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=150)


@given(NUMBERS, st.lists(st.floats(-1e7, 1e7) | st.none(), max_size=50))
def test_every_row_falls_into_one_bin(reference: list[float], current: list[float | None]) -> None:
    edges = reference_edges(Distribution.from_sample(reference))
    assert (np.diff(edges) > 0).all()
    found = bin_counts(Distribution.from_sample(current), edges)
    assert found.size == edges.size + 2
    assert found.sum() == len(current)
    numbers = [number for number in current if number is not None]
    expected, _ = np.histogram(numbers, [-np.inf, *np.nextafter(edges, np.inf), np.inf])
    assert found[:-1].tolist() == expected.tolist()


def test_a_continuous_reference_has_equal_bins() -> None:
    reference = Distribution.from_sample(np.random.default_rng(2).normal(size=5_000))
    assert bin_counts(reference, reference_edges(reference)).tolist() == [500] * 10 + [0]
    assert bin_counts(reference, reference_edges(reference, 4)).tolist() == [1_250] * 4 + [0]


def test_equal_quantiles_are_merged() -> None:
    reference = Distribution.from_sample([0] * 500 + list(range(1, 501)))
    assert reference_edges(reference).tolist() == [0, 100, 200, 300, 400]
    mostly_top = Distribution.from_sample(list(range(60)) + [60] * 940)
    assert reference_edges(mostly_top).size == 0


def test_fifty_values_have_bins_of_their_own_and_fifty_one_do_not() -> None:
    few, more = (Distribution.from_sample(np.arange(size)) for size in (50, 51))
    assert bin_counts(few, reference_edges(few)).tolist() == [0] + [1] * 50 + [0, 0]
    assert reference_edges(more).size == 9


def test_a_value_between_two_counts_as_the_nearer() -> None:
    edges = reference_edges(Distribution.from_sample([0, 1, 4]))
    found = bin_counts(Distribution.from_sample([-0.6, -0.4, 0.5, 0.6, 2.4, 2.6, 5.6]), edges)
    assert found.tolist() == [1, 2, 2, 1, 1, 0]


def test_single_precision_meets_double_precision() -> None:
    values = [0.1, 0.7, 1234.5678]
    for reference in (values, values[2:]):
        edges = reference_edges(Distribution.from_sample(reference))
        rounded = Distribution.from_sample(np.array(reference, np.float32))
        expected = bin_counts(Distribution.from_sample(reference), edges)
        assert bin_counts(rounded, edges).tolist() == expected.tolist()


def test_a_reference_without_numbers_has_no_bins() -> None:
    with pytest.raises(ProfileError, match="0 values"):
        reference_edges(Distribution.from_sample([None]))
    with pytest.raises(ProfileError, match="bins=1"):
        reference_edges(Distribution.from_sample([1, 2]), 1)
