"""Every case of a verdict, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sparkmon.comparison import Checks, verdict
from sparkmon.distributions import Distribution
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.statistics import STATISTICS, Measurement

KS = STATISTICS.get("ks")
USUAL = Measurement(
    value=0.5,
    threshold=0.1,
    noise=0.05,
    p_value=0.0,
    sketch_error=0.01,
    greatest_c=1 / 5000 + 1 / 400,
    reference_count=5000.0,
    current_count=1000.0,
)
CASES = {
    "far over": (replace(USUAL), "drift"),
    "just over all three": (replace(USUAL, value=0.1601), "drift"),
    "just within noise": (replace(USUAL, value=0.1599), "ok"),
    "over the threshold, within sketch error": (replace(USUAL, value=0.3, sketch_error=0.2), "ok"),
    "nothing": (replace(USUAL, value=0.0), "ok"),
    "as many rows as needed": (replace(USUAL, current_count=400.0), "drift"),
    "few rows, beyond chance": (replace(USUAL, current_count=20.0, p_value=0.0009), "drift"),
    "few rows, as chance may give": (replace(USUAL, current_count=20.0, p_value=0.0011), "ok"),
    "a small reference, beyond chance": (replace(USUAL, greatest_c=1 / 6000), "drift"),
    "a small reference": (replace(USUAL, greatest_c=1 / 6000, p_value=0.01), "ok"),
    # 0.1 sqrt((1/5000 + 1/3) / (1/5000 + 1/400)) = 1.11: no Kolmogorov distance is so great.
    "nothing could be found": (replace(USUAL, current_count=3.0), "too_few_rows"),
    "no rows": (replace(USUAL, value=math.nan, current_count=0.0), "too_few_rows"),
    "no value": (replace(USUAL, value=math.nan, greatest_c=0.0), "not_comparable"),
    "no yardstick": (replace(USUAL, threshold=math.nan), "not_comparable"),
    "a fall beyond the threshold": (replace(USUAL, value=-0.1601), "drift"),
    "reported only": (replace(USUAL, value=9.0, threshold=math.inf), "ok"),
    "reported only, few rows": (replace(USUAL, threshold=math.inf, greatest_c=0.0), "ok"),
    "reported only, no rows": (replace(USUAL, value=math.nan, threshold=math.inf, current_count=0.0), "too_few_rows"),
    "a threshold of zero": (replace(USUAL, threshold=0.0, value=0.0601), "drift"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_each_case_has_its_status(case: str) -> None:
    measured, status = CASES[case]
    assert verdict(KS, measured)[0] == status


def test_the_reason_names_the_numbers() -> None:
    _, reason = verdict(KS, USUAL)
    assert reason == "ks 0.5, less 0.05 of noise and 0.01 of sketch error, exceeds its threshold 0.1"
    few = replace(USUAL, current_count=20.0, p_value=0.01)
    _, reason = verdict(KS, few)
    # 0.1 sqrt((1/5000 + 1/20) / (1/5000 + 1/400)) = 0.431, and without the root 1.86.
    assert reason.endswith("exceeds its threshold 0.1; of 20 rows, it is found from 0.431 on")
    _, reason = verdict(STATISTICS.get("psi"), few)
    assert reason.endswith("of 20 rows, it is found from 1.86 on")
    _, reason = verdict(KS, replace(USUAL, current_count=3.0))
    assert reason == "3 rows; ks would have to be above 1.11"
    _, reason = verdict(STATISTICS.get("kl"), replace(USUAL, threshold=math.inf))
    assert reason == "kl 0.5 is reported only: it has no threshold"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        # 1.949 (Kolmogorov's 99.9 % point) times sqrt(1/60 + 1/500).
        ("ks", "of 500 rows against 60, it is found from 0.266 on"),
        # sqrt(chi2(9).isf(0.001) / (8 ln 2) * (1/60 + 1/500)).
        ("js", "of 500 rows against 60, it is found from 0.306 on"),
        # 1 - 0.001^(1/60) = 0.109, times sqrt(1 + 60/500).
        ("null_rate", "of 500 rows against 60, it is found from 0.115 on"),
    ],
)
def test_a_small_reference_says_what_it_finds(name: str, said: str) -> None:
    statistic = STATISTICS.get(name)
    reference, current = (Distribution.from_sample(stats.norm.ppf((np.arange(n) + 0.5) / n)) for n in (60, 500))
    status, reason = verdict(statistic, statistic.measure(reference, current, 0.01))
    assert (status, reason.partition("; ")[2]) == ("ok", said)


def test_a_reference_of_two_rows_finds_nothing() -> None:
    reference, current = Distribution.from_sample([0.0, 1.0]), Distribution.from_sample(range(500))
    # 1.949 sqrt(1/2 + 1/500) = 1.38: no Kolmogorov distance is so great.
    found = verdict(KS, KS.measure(reference, current))
    assert found == ("too_few_rows", "500 rows against 2; ks would have to be above 1.38")


def test_checks_refuse_what_they_cannot_do() -> None:
    with pytest.raises(UnknownNameError, match="no statistic named 'psy'"):
        Checks(statistics=("ks", "psy"))
    with pytest.raises(OptionError, match="'statistics' is missing"):
        Checks(statistics=())
    with pytest.raises(OptionError, match=r"a threshold for 'psi', which is not compared"):
        Checks(statistics=("ks",), thresholds={"psi": 0.1})
    for bad in (-0.1, math.nan):
        with pytest.raises(OptionError, match=r"thresholds\.ks=.*expected a number of 0 or more"):
            Checks(statistics=("ks",), thresholds={"ks": bad})
    assert Checks(thresholds={"ks": 0}).statistics[:3] == ("ks", "psi", "js")
