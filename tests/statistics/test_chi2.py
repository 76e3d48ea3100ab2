import pytest
from scipy import stats

from sparkmon.distributions import Categories
from sparkmon.statistics import STATISTICS, chi2

CHI2 = STATISTICS.get("chi2")
FAIR = Categories({"a": 5e8, "b": 5e8}, null_count=0, n=10**9)


def test_it_does_not_fall_as_the_reference_grows() -> None:
    current = Categories({"a": 60, "b": 40}, null_count=0, n=100)
    small = Categories({"a": 50, "b": 50}, null_count=0, n=100)
    assert chi2(FAIR, current) == chi2(small, current) == pytest.approx(0.1005, abs=1e-4)


def test_least_rows_are_those_of_the_chi_square_distribution() -> None:
    assert CHI2.measure(FAIR, FAIR).least_rows == round(stats.chi2.ppf(0.999, 1) / (4 * 0.01))


def test_the_lesser_evidence_counts_where_a_rare_level_is_met() -> None:
    reference = Categories({"a": 19_970, "b": 30}, null_count=0, n=20_000)
    current = Categories({"a": 298, "b": 2}, null_count=0, n=300)
    table = [[19_970, 30], [298, 2]]
    pearson = stats.chi2_contingency(table, correction=False).pvalue
    exact = stats.fisher_exact(table).pvalue
    found = CHI2.measure(reference, current).p_value
    assert found is not None
    assert pearson < exact < found
