"""Student's t and the incomplete beta function beside scipy's."""

import pytest
from scipy import special, stats

from sparkmon.statistics.laws.incomplete_beta import incomplete_beta
from sparkmon.statistics.laws.student_t import student_t_point, student_t_sf


@pytest.mark.parametrize("degrees", [1.5, 3.4, 10, 35, 671])
def test_the_tail_is_scipys(degrees: float) -> None:
    for value in (-3, 0.1, 1, 4, 20, 200):
        expected = stats.t.sf(value, degrees)
        assert student_t_sf(value, degrees) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("degrees", [1.5, 12, 300])
def test_the_point_is_scipys(degrees: float) -> None:
    for p in (0.3, 0.001, 1e-7):
        assert student_t_point(p, degrees) == pytest.approx(stats.t.isf(p, degrees), rel=1e-7)


def test_the_incomplete_beta_function_is_scipys() -> None:
    for a, b, x in ((0.5, 0.5, 0.2), (300.0, 0.5, 0.999), (2.0, 1e6, 1e-6), (5.0, 3.0, 0.0)):
        assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-8)
