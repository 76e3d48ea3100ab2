from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from sparkmon.errors import OptionError
from sparkmon.statistics.null_laws import chi2_quantile, chi2_sf, kolmogorov_sf


@given(st.floats(0, 1_300), st.integers(1, 400))
def test_chi2_sf_is_scipys(value: float, degrees: int) -> None:
    assert chi2_sf(value, degrees) == pytest.approx(stats.chi2.sf(value, degrees), 1e-10, 1e-300)


def test_chi2_sf_at_its_ends() -> None:
    assert chi2_sf(0, 3) == 1
    assert chi2_sf(math.inf, 3) == 0
    assert (chi2_sf(0, 0), chi2_sf(0.1, 0)) == (1, 0)
    with pytest.raises(OptionError, match="degrees=-1"):
        chi2_sf(1, -1)


@pytest.mark.parametrize("degrees", [1, 2, 9, 50, 1_001])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 0.999])
def test_chi2_quantile_is_scipys(share: float, degrees: int) -> None:
    assert chi2_quantile(share, degrees) == pytest.approx(stats.chi2.ppf(share, degrees), 1e-10)


def test_chi2_quantile_at_its_ends() -> None:
    assert chi2_quantile(0, 5) == 0
    with pytest.raises(OptionError, match="share=1"):
        chi2_quantile(1, 5)


@given(st.floats(0.02, 18))
def test_kolmogorov_sf_is_scipys(value: float) -> None:
    expected = special.kolmogorov(value)
    assert kolmogorov_sf(value) == pytest.approx(expected, 1e-10, 1e-300)
    assert kolmogorov_sf(0) == 1
