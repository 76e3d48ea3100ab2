"""A column that the reference does not have is a finding if the reference has any of its kind."""

from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.comparison import Checks, Finding, References, confirm, findings_table
from sparkmon.comparison.presence import extra_columns
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.schema import PROFILES, REFERENCES
from tests.comparison.judge_case import numbers, row, table, texts

SEVEN = numbers(np.ones(7))


def extra(*references: dict[str, Any], version: str = "") -> pa.Table:
    rows = [
        row("m", "a", SEVEN, model_version=version),
        row("m", "b", texts({"x": 7}), model_version=version),
        row("m", "score", SEVEN, column_kind="prediction", model_version=version),
    ]
    profiles = table(rows, PROFILES)
    columns = extra_columns(profiles, References(table(references, REFERENCES), Checks()))
    return findings_table(profiles, columns)


def test_what_the_reference_does_not_have_is_found() -> None:
    findings = extra(row("m", "a", SEVEN))
    assert findings.schema == DRIFT_METRICS
    (finding,) = findings.to_pylist()
    names = ("column_name", "data_type", "current_count", "statistic", "status", "reference")
    assert [finding[name] for name in names] == [*("b", "categorical", 7, "extra_column", "over_limit", "training")]


def test_a_model_without_any_reference_has_nothing_extra() -> None:
    assert extra(row("other", "a", SEVEN)).num_rows == 0


def test_a_column_of_any_reference_of_the_version_is_expected() -> None:
    of_all = row("m", "a", SEVEN)
    assert extra(of_all, row("m", "b", SEVEN, model_version="2"), version="2").num_rows == 0
    findings = extra(of_all, row("m", "b", SEVEN, model_version="1"), version="2")
    assert findings["column_name"].to_pylist() == ["b"]


def test_it_is_confirmed_at_once_with_a_sentence() -> None:
    (finding,) = confirm(extra(row("m", "a", SEVEN))).to_pylist()
    assert finding["confirmed"]
    assert Finding.of(finding).message() == "b of the model m is not in the reference"
