"""Rates beside what is allowed: scipy's binomial test decides alike."""

from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import binomtest

from sparkmon.comparison import Checks, Finding, References, compare_profiles
from sparkmon.comparison.rates import judge_rate
from sparkmon.distributions.schema import PROFILES, REFERENCES
from sparkmon.errors import OptionError
from tests.comparison.judge_case import MIDNIGHT, numbers, row, table


@pytest.mark.parametrize("allowed", [0.0, 0.01, 0.2])
@pytest.mark.parametrize(("hits", "rows"), [(0, 50), (1, 1), (2, 2), (3, 60), (9, 60), (300, 20_000), (200, 20_000)])
def test_a_rate_is_over_the_limit_where_the_binomial_test_says_so(hits: int, rows: int, allowed: float) -> None:
    judged = judge_rate("stale_rate", hits, rows, allowed)
    p_value = binomtest(hits, rows, allowed, alternative="greater").pvalue
    assert judged["p_value"] == pytest.approx(p_value, rel=1e-8)
    assert judged["status"] == ("over_limit" if p_value < 0.001 else "ok")
    assert judged["value"] == hits / rows


def test_no_rows_are_too_few() -> None:
    judged = judge_rate("skew_rate", 0, 0)
    assert (judged["status"], judged["reason"]) == ("too_few_rows", "no rows")
    assert "value" not in judged


def test_rates_are_findings_beside_drift() -> None:
    start = {"window_start": MIDNIGHT, "window_end": MIDNIGHT + timedelta(hours=1)}
    ids = np.arange(400.0)
    flags = {"cards_1.missing": ids % 10 == 0, "cards_1.stale": ids < 0, "cards_1.age_s": ids, "x.skew": ids[:5] == 0}
    profiles = [
        row("m", "x", numbers(ids), **start),
        *(
            row("m", name, numbers(values.astype(float)), column_kind="row_flag", **start)
            for name, values in flags.items()
        ),
    ]
    checks = Checks(("ks",), rates={"stale_rate": 0.5})
    references = References(table([row("m", "x", numbers(ids))], REFERENCES), checks)
    rows = compare_profiles(table(profiles, PROFILES), references, checks).to_pylist()
    found = {(each["column_kind"], each["column_name"], each["statistic"]): each for each in rows}
    assert {key: (each["status"], each["value"], each["threshold"]) for key, each in found.items()} == {
        ("feature", "x", "ks"): ("ok", 0.0, 0.1),
        ("row_flag", "cards_1.missing", "missing_key_rate"): ("over_limit", 0.1, 0.01),
        ("row_flag", "cards_1.stale", "stale_rate"): ("ok", 0.0, 0.5),
        ("row_flag", "x.skew", "skew_rate"): ("ok", 0.2, 0.01),
    }
    skew = found["row_flag", "x.skew", "skew_rate"]
    assert (skew["current_count"], skew["reference"], skew["drift_type"]) == (5, "", "LIMIT")
    finding = Finding.of(found["row_flag", "cards_1.missing", "missing_key_rate"])
    assert finding.message() == (
        "cards_1.missing of the model m exceeds its limit in the window 2026-11-23 00:00 to "
        "2026-11-23 01:00 UTC: missing_key_rate 0.1 where 0.01 is allowed (400 rows)"
    )


def test_rates_are_checked_on_the_driver() -> None:
    with pytest.raises(OptionError, match=r"'rates\.skew'; known options are dead_letter_rate, missing_key_rate"):
        Checks(rates={"skew": 0.1})
    with pytest.raises(OptionError, match=r"rates\.skew_rate=2; expected a share from 0 to 1"):
        Checks(rates={"skew_rate": 2})
