"""Every case of a verdict, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sparkmon.comparison import Checks, verdict
from sparkmon.errors import OptionError, UnknownNameError
from sparkmon.statistics import Measurement

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
    "one row too few": (replace(USUAL, current_count=399.0), "too_few_rows"),
    "reference too small": (replace(USUAL, least_rows=None), "too_few_rows"),
    "no rows": (replace(USUAL, value=math.nan, current_count=0.0), "too_few_rows"),
    "no value": (replace(USUAL, value=math.nan, least_rows=None), "not_comparable"),
    "no yardstick": (replace(USUAL, threshold=math.nan), "not_comparable"),
    "a fall beyond the threshold": (replace(USUAL, value=-0.1601), "drift"),
    "reported only": (replace(USUAL, value=9.0, threshold=math.inf), "ok"),
    "reported only, few rows": (replace(USUAL, threshold=math.inf, least_rows=None), "ok"),
    "reported only, no rows": (
        replace(USUAL, value=math.nan, threshold=math.inf, current_count=0.0),
        "too_few_rows",
    ),
    "a threshold of zero": (replace(USUAL, threshold=0.0, value=0.0601), "drift"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_each_case_has_its_status(case: str) -> None:
    measured, status = CASES[case]
    assert verdict("ks", measured)[0] == status


def test_the_reason_names_the_numbers() -> None:
    _, reason = verdict("ks", USUAL)
    assert (
        reason == "ks 0.5, less 0.05 of noise and 0.01 of sketch error, exceeds its threshold 0.1"
    )
    _, reason = verdict("psi", replace(USUAL, least_rows=None, reference_count=30.0))
    assert reason.startswith("the reference's 30 rows are too few for a psi threshold of 0.1")
    _, reason = verdict("psi", replace(USUAL, current_count=20.0))
    assert reason == "20 rows; psi needs 400 for its threshold 0.1 to stand above noise"
    _, reason = verdict("kl", replace(USUAL, threshold=math.inf))
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
    assert Checks(thresholds={"ks": 0}).statistics[:3] == ("ks", "psi", "wasserstein")
