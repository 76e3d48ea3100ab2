"""Every case of a verdict, by hand."""

import math
from dataclasses import replace

import pytest

from sparkmon.comparison import Checks, verdict
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.statistics import STATISTICS, Measurement

KS = STATISTICS.get("ks")
USUAL = Measurement(
    value=0.5,
    threshold=0.1,
    noise=0.05,
    p_value=0.0,
    sketch_error=0.01,
    least_rows=400,
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
    "a small reference, beyond chance": (replace(USUAL, least_rows=None), "drift"),
    "a small reference": (replace(USUAL, least_rows=None, p_value=0.01), "ok"),
    # 0.1 sqrt((1/5000 + 1/3) / (1/5000 + 1/400)) = 1.11: no Kolmogorov distance is so great.
    "nothing could be found": (replace(USUAL, current_count=3.0), "too_few_rows"),
    "no rows": (replace(USUAL, value=math.nan, current_count=0.0), "too_few_rows"),
    "no value": (replace(USUAL, value=math.nan, least_rows=None), "not_comparable"),
    "no yardstick": (replace(USUAL, threshold=math.nan), "not_comparable"),
    "a fall beyond the threshold": (replace(USUAL, value=-0.1601), "drift"),
    "reported only": (replace(USUAL, value=9.0, threshold=math.inf), "ok"),
    "reported only, few rows": (replace(USUAL, threshold=math.inf, least_rows=None), "ok"),
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
