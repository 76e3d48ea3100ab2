"""The sentences of a finding: its explanation, its reason, and the message of its alert."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from sparkmon.comparison.finding import Finding, explanations
from tests.support import findings
from tests.support.findings import NOON

FINDING = Finding.of({**findings.FINDING, **{"p_value": 1e-9, "p_adjusted": 2e-8, "limit": 0.1, "confirmed": True}})
WHO = "distance of the model taxi (version 2)"
WINDOW = "in the window 2026-11-23 12:00 to 2026-11-23 13:00 UTC"
ROWS = "3,000 rows against 12,000"


def test_all_sentences_of_a_drift_begin_alike() -> None:
    headline = f"{WHO} drifted from training {WINDOW}: "
    assert FINDING.message() == f"{headline}ks 0.5 exceeds its threshold 0.1 ({ROWS})"
    assert FINDING.explain() == (
        f"{headline}ks 0.5 ({ROWS}), less 0.01 of noise and 0 of sketch error, exceeds its threshold 0.1; "
        "p 1e-09, among all tests of the window 2e-08; confirmed."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"status": "provisional"},
            f"{WHO} drifts from training so far {WINDOW.replace('window', 'open window')}: "
            f"ks 0.5 exceeds its threshold 0.1 ({ROWS})",
        ),
        (
            {"limit": 0.14, "blocks": 59},
            f"{WHO} drifted from training {WINDOW}: ks 0.5 exceeds its limit 0.14 ({ROWS})",
        ),
        (
            {"slice_key": "distance > 10", "slice_value": "true"},
            f"{WHO} drifted from training in the slice (distance > 10) = true {WINDOW}: "
            f"ks 0.5 exceeds its threshold 0.1 ({ROWS})",
        ),
        (
            {"slice_key": "origin", "slice_value": "JFK", "column_kind": "joint"},
            f"the features together of the model taxi (version 2) drifted from training in the slice origin = JFK "
            f"{WINDOW}: ks 0.5 exceeds its threshold 0.1 ({ROWS})",
        ),
        (
            {"window_end": NOON + timedelta(seconds=30), "model_version": ""},
            "distance of the model taxi drifted from training in the window 2026-11-23 12:00:00 to "
            f"2026-11-23 12:00:30 UTC: ks 0.5 exceeds its threshold 0.1 ({ROWS})",
        ),
        ({"statistic": "missing_column", "drift_type": "LIMIT", "status": "over_limit"}, f"{WHO} is missing {WINDOW}"),
        (
            {"statistic": "extra_column", "drift_type": "LIMIT", "status": "over_limit"},
            f"{WHO} is not in the reference {WINDOW}",
        ),
        (
            {
                **{"statistic": "stale_rate", "drift_type": "LIMIT", "status": "over_limit"},
                **{"reference": "", "reference_count": None},
            },
            f"{WHO} exceeds its limit {WINDOW}: stale_rate 0.5 where 0.1 is allowed (3,000 rows)",
        ),
    ],
)
def test_messages(changes: dict[str, object], message: str) -> None:
    assert replace(FINDING, **changes).message() == message  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"value": 0.05}, "no longer drifts from training {}: ks 0.05 is within its threshold 0.1"),
        ({"value": 0.105}, "no longer drifts from training {}: ks 0.105 is within the noise of its threshold 0.1"),
        ({"value": 0.05, "drift_type": "LIMIT"}, "is within its limit again {}: ks 0.05 is within its limit 0.1"),
    ],
)
def test_messages_of_a_recovery(changes: dict[str, object], end: str) -> None:
    finding = replace(FINDING, status="ok", **changes)  # type: ignore[arg-type]
    assert finding.message(recovered=True) == f"{WHO} {end.format(WINDOW)} ({ROWS})"


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        (
            {"status": "too_few_rows", "reason": "20 rows; ks needs 400"},
            "was not judged by ks {}: 20 rows; ks needs 400.",
        ),
        (
            {"statistic": "missing_column", "current_count": 0, "reference_count": None},
            "is missing {}: the reference has it, and no row of this window.",
        ),
        (
            {"statistic": "extra_column", "reference_count": None},
            "is not in the reference {}: the reference does not have it (3,000 rows).",
        ),
        (
            {"status": "ok", "reason": "r; not borne out among all tests", "confirmed": None},
            f"has not drifted from training {{}}: ks 0.5 ({ROWS}), less 0.01 of noise and 0 of sketch error, exceeds "
            "its threshold 0.1; p 1e-09, among all tests of the window 2e-08, which is not enough.",
        ),
        (
            {"confirmed": False, "p_value": None, "bins": 10, "blocks": 59, "p_blocks": 0.02},
            f"drifted from training {{}}: ks 0.5 ({ROWS}, 10 bins), less 0.01 of noise and 0 of sketch error, exceeds "
            "its threshold 0.1 (59 blocks of the reference stay below it; one window in 50 would reach this); "
            "not confirmed by earlier windows yet.",
        ),
    ],
)
def test_explanations(changes: dict[str, object], end: str) -> None:
    finding = replace(FINDING, **changes)  # type: ignore[arg-type]
    assert finding.explain() == f"{WHO} {end.format(WINDOW)}"


def test_a_drift_within_its_threshold_says_what_it_is_beyond() -> None:
    by_blocks = replace(
        FINDING,
        value=0.07,
        limit=0.1,
        threshold=0.1,
        noise=0.02,
        sketch_error=0.0,
        p_blocks=1e-9,
        blocks=59,
        status="drift",
    )
    assert "ks 0.07 is what 59 blocks of the reference hardly ever reach" in by_blocks.message()
    assert "one window in over a million would reach this" in by_blocks.explain()
    assert "; it is what 59 blocks of the reference hardly ever reach; " in by_blocks.explain()
    adding_up = replace(by_blocks, reason="; but windows add up: cusum 8.4 of 8", cusum=8.4)
    assert "ks 0.07 adds up over windows to 8.4 standard deviations" in adding_up.message()


def test_explanations_of_many_are_those_of_each() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"column_name": "fare", "window_end": NOON + timedelta(hours=2)},  # equal figures, another place
        {"column_name": "fare", "p_value": 0.2},
        {"statistic": "missing_column", "drift_type": "LIMIT", "status": "over_limit"},
        {"status": "too_few_rows", "reason": "no rows"},
        {"status": "too_few_rows", "reason": "3 rows; ks would have to be above 1.13"},
    ]
    several = [replace(FINDING, **change) for change in changes]
    columns = [[getattr(each, field.name) for each in several] for field in fields(Finding)]
    assert [*explanations(columns)] == [each.explain() for each in several]
