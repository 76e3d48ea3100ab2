"""The judge agrees with the plan of Spark joins and windows that it replaced, on every number of every finding.

``findings.parquet`` is what that plan made of :mod:`tests.comparison.judge_case`: three windows judged together, three
more after them with these as the earlier ones, and the same three as open windows. What is made of the numbers is the
rule, which has changed since: :mod:`tests.comparison.test_block_rule` has it.
"""

import math
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from sparkmon.comparison import Checks, Judge
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.schema import PROFILE_KEY, PROFILES, REFERENCES
from tests.comparison import judge_case as case
from tests.support.source import ROOT

GOLDEN = ROOT / "tests" / "golden" / "judge" / "findings.parquet"
NUMBERS = (
    *("value", "threshold", "noise", "p_value", "p_adjusted", "reference_count"),
    *("current_count", "sketch_error", "bins"),
)
KEY = (*PROFILE_KEY, "drift_type", "reference", "statistic")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(case.references(), case.CHECKS, step_s=3600, lengths=case.LENGTHS)


@pytest.fixture(scope="module")
def first(judge: Judge) -> pa.Table:
    return judge.findings(case.profiles([0, 1, 2]))


@pytest.fixture(scope="module")
def second(judge: Judge, first: pa.Table) -> pa.Table:
    return judge.findings(case.profiles([3, 4, 5]), first, case.profiles([0, 1, 2]))


def keyed(findings: pa.Table) -> Mapping[tuple[Any, ...], dict[str, Any]]:
    rows = {tuple(row[name] for name in KEY): row for row in findings.to_pylist()}
    assert len(rows) == findings.num_rows
    return rows


def golden(call: str) -> pa.Table:
    rows = pq.read_table(GOLDEN).filter(pc.field("call") == call)
    return rows.select([*KEY, *NUMBERS])


def assert_same(findings: pa.Table, call: str) -> None:
    assert findings.schema == DRIFT_METRICS
    rows, expected = keyed(findings.select([*KEY, *NUMBERS])), keyed(golden(call))
    assert not rows.keys() ^ expected.keys()
    for key, row in rows.items():
        for name, value in row.items():
            other = expected[key][name]
            if isinstance(value, float) and other is not None:
                assert math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-12), (key, name)
            else:
                assert value == other, (key, name)


@pytest.mark.slow
def test_windows_that_come_together_are_judged_as_by_the_plan(first: pa.Table) -> None:
    assert_same(first, "first")


@pytest.mark.slow
def test_windows_after_others_are_judged_as_by_the_plan(second: pa.Table) -> None:
    assert_same(second, "second")


@pytest.mark.slow
def test_open_windows_are_judged_as_by_the_plan(judge: Judge) -> None:
    rows = keyed(judge.provisional(case.profiles([3, 4, 5])))
    columns = {key[: len(PROFILE_KEY)] for key in rows}
    assert not {key[: len(PROFILE_KEY)] for key in keyed(golden("open"))} - columns
    assert {row["status"] for row in rows.values()} == {"provisional"}


def test_every_rule_had_something_to_decide(second: pa.Table) -> None:
    rows = second.to_pylist()
    assert {row["drift_type"] for row in rows} == {*("BASELINE", "CONSECUTIVE", "TRAILING", "SEASONAL", "LIMIT")}
    assert {row["status"] for row in rows} == {*("ok", "drift", "over_limit", "too_few_rows", "no_reference")}
    assert {row["confirmed"] for row in rows if row["status"] == "drift"} == {True, False}
    assert {row["statistic"] for row in rows} >= {"missing_column", "extra_column", "stale_rate"}
    assert any(row["blocks"] for row in rows)


@pytest.mark.slow
def test_models_are_judged_alike_alone_and_together(second: pa.Table) -> None:
    rows = keyed(second)
    judge = Judge(case.references(), case.CHECKS, step_s=3600, lengths=case.LENGTHS)
    earlier = case.profiles([0, 1, 2])
    before = judge.findings(earlier)
    for model in "abc":
        mine = pc.field("model") == model
        alone = judge.findings(case.profiles([3, 4, 5]).filter(mine), before.filter(mine), earlier.filter(mine))
        assert keyed(alone) == {key: row for key, row in rows.items() if key[0] == model}


@pytest.mark.slow
def test_columns_that_clients_invent_do_not_stop_it() -> None:
    """Ten requests with 1,000 unseen column names each: 100,000 findings in one window."""
    start = {"window_start": case.MIDNIGHT, "window_end": case.MIDNIGHT + timedelta(hours=1)}
    one = case.numbers(np.ones(1))
    names = ["x", *(f"new{place}" for place in range(10_000))]
    profiles = case.table([case.row("m", name, one, **start) for name in names], PROFILES)
    references = case.table([case.row("m", "x", case.numbers(np.arange(900.0)))], REFERENCES)
    judge = Judge(references, Checks(), step_s=3600, lengths=["1 hour"])
    begin = time.process_time()
    findings = judge.findings(profiles)
    assert time.process_time() - begin < 8  # 1.6 on a quiet machine
    assert findings.num_rows == 10_000 * 11 + 10
    extra = findings.filter(pc.field("statistic") == "extra_column")
    assert extra.num_rows == 10_000
    assert set(extra["confirmed"].to_pylist()) == {True}


@pytest.mark.slow
def test_a_reference_beyond_the_bound_is_read_again_and_what_was_computed_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, windows = judge_of(("psi", "ks")), case.profiles([0])
    monkeypatch.setattr("sparkmon.comparison.references._MOST_VALUES", 0)
    first = one.findings(windows)
    monkeypatch.setattr("sparkmon.distributions.bins.reference_edges", None)  # it fails if called
    assert one.findings(windows).equals(first)


def judge_of(statistics: tuple[str, ...]) -> Judge:
    return Judge(case.references(), Checks(statistics), step_s=3600, lengths=case.LENGTHS)
