"""A column that stops coming is a finding, and a silent side does not affect the other."""

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.comparison import Checks, Finding, References, confirm, findings_table
from sparkmon.comparison.presence import missing_columns
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.schema import PROFILES, REFERENCES
from tests.comparison.judge_case import MIDNIGHT, numbers, row, table

ONE = numbers(np.ones(10))


def window(hour: int, version: str = "") -> dict[str, Any]:
    start = MIDNIGHT + timedelta(hours=hour)
    times = {"window_start": start, "window_end": start + timedelta(hours=1)}
    return times | {"model_version": version}


def missing() -> pa.Table:
    profiles = [
        *(row("m", name, ONE, **window(0)) for name in "ab"),
        row("m", "score", ONE, column_kind="prediction", **window(0)),
        *(row("m", name, ONE, **window(1)) for name in ("a", "extra")),
        row("m", "b", ONE, **window(1, "2")),
        row("m", "other", ONE, column_kind="prediction", **window(2)),
    ]
    expected = [*(row("m", name, ONE) for name in "ab"), row("m", "score", ONE, column_kind="prediction")]
    references = References(table(expected, REFERENCES), Checks())
    window_profiles = table(profiles, PROFILES)
    return findings_table(window_profiles, missing_columns(window_profiles, references))


def test_what_is_missing_is_found_where_others_of_its_kind_came() -> None:
    findings = missing()
    assert findings.schema == DRIFT_METRICS
    names = ("window_start", "model_version", "column_kind", "column_name")
    rows = [tuple(each[name] for name in names) for each in findings.to_pylist()]
    assert sorted((start.hour, *rest) for start, *rest in rows) == [
        (1, "", "feature", "b"),
        (1, "2", "feature", "a"),
        (2, "", "prediction", "score"),
    ]


def test_it_is_confirmed_at_once_with_a_sentence() -> None:
    messages = {Finding.of(each).message() for each in confirm(missing()).to_pylist() if each["confirmed"]}
    assert "b of the model m is missing in the window 2026-11-23 01:00 to 2026-11-23 02:00 UTC" in messages
    assert len(messages) == 3
