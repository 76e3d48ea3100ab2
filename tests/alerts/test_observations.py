"""From findings to the observations of each column."""

import time
from collections import Counter
from math import inf, nan
from typing import Any

import pyarrow as pa
import pytest

from sparkmon.alerts import observations_of
from sparkmon.alerts.schema import OBSERVATIONS
from tests.support.findings import FINDING, HOUR, NOON, ORIGIN, findings, hour


def rows_of(findings: pa.Table, *unsettled: str) -> list[dict[str, Any]]:
    rows = [dict(each.alert) for each in observations_of(findings, unsettled)]
    assert all(row.keys() == {*OBSERVATIONS.names} for row in rows)
    return sorted(rows, key=lambda row: (row["model"], row["column_name"]))


def drifts_of(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in rows_of(findings(*changes)) if row["outcome"] == "drift"]


def test_the_strongest_statistic_of_a_column_has_its_alert() -> None:
    rows = drifts_of(
        {},
        {"statistic": "psi", "value": 3.0, "threshold": 0.2},
        {"statistic": "wasserstein", "value": 90.0, "threshold": 30.0},
        {"column_name": "ok", "status": "ok"},
        {"column_name": "few", "status": "too_few_rows"},
        {"column_name": "other", "value": 0.2},
        {"column_name": "next", **hour(1)},
        {"column_name": "next"},
        {"model": "van", "window_start": None, "window_end": None},
    )
    assert [(row["model"], row["column_name"], row["statistic"]) for row in rows] == [
        ("taxi", "distance", "psi"),
        ("taxi", "next", "ks"),
        ("taxi", "next", "ks"),
        ("taxi", "other", "ks"),
        ("van", "distance", "ks"),
    ]
    assert len({row["alert_id"] for row in rows}) == 5
    assert rows[0]["message"] == (
        "distance of the model taxi (version 2) drifted from training in the window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: psi 3 exceeds its threshold 0.2 (3,000 rows against 12,000)"
    )
    assert rows[4]["message"] == (
        "distance of the model van (version 2) drifted from training: "
        "ks 0.5 exceeds its threshold 0.1 (3,000 rows against 12,000)"
    )


@pytest.mark.parametrize(
    ("values", "first"),
    [
        # As Spark orders multiples: none, because the threshold is 0; NaN; from the largest on; by name.
        ({"b": (0.5, 0.1), "a": (0.4, 0.1)}, "b"),
        ({"b": (-0.5, 0.1), "a": (0.4, 0.1)}, "b"),
        ({"b": (0.5, 0.1), "a": (0.5, 0.1)}, "a"),
        ({"b": (0.5, 0.0), "a": (inf, 0.1)}, "b"),
        ({"b": (nan, 0.1), "a": (inf, 0.1)}, "b"),
        ({"b": (None, 0.1), "a": (nan, 0.1)}, "b"),
    ],
)
def test_statistics_are_ordered_by_the_multiple_of_their_threshold(
    values: dict[str, tuple[float | None, float]], first: str
) -> None:
    changes = [
        {"statistic": name, "value": value, "threshold": threshold} for name, (value, threshold) in values.items()
    ]
    (row,) = drifts_of(*changes)
    assert (row["statistic"], row["statistics"]) == (first, ["a", "b"])


def test_a_slice_alerts_only_if_the_whole_column_does_not() -> None:
    far = {"slice_key": "distance > 1000", "slice_value": "true", "value": 0.3}
    rows = drifts_of(
        {},
        ORIGIN,
        {"column_name": "a", "status": "ok"},
        {"column_name": "a", **ORIGIN},
        {"column_name": "a", "statistic": "psi", **ORIGIN},
        {"column_name": "b", **far},
        {"column_name": "b", "column_kind": "prediction", "value": 0.2},
        {"column_name": "c", "confirmed": False},
        {"column_name": "c", "confirmed": True, **far},
        {"column_name": "d", "confirmed": False, **far},
    )
    columns = [(row["column_name"], row["column_kind"], row["slice_value"]) for row in rows]
    assert sorted(columns) == [
        ("a", "feature", "JFK"),
        ("b", "feature", "true"),
        ("b", "prediction", None),
        ("c", "feature", "true"),
        ("distance", "feature", None),
    ]
    messages = {row["column_name"]: row["message"] for row in rows if row["slice_key"] is not None}
    assert (
        "a of the model taxi (version 2) drifted from training in the slice origin = JFK in the window"
        in (messages["a"])
    )
    assert "from training in the slice (distance > 1000) = true in the window" in messages["c"]
    outcomes = {row["slice_key"]: row["outcome"] for row in rows_of(findings({}, ORIGIN))}
    assert outcomes == {None: "drift", "origin": "inhibited"}


@pytest.mark.parametrize(
    ("changes", "incident_id", "alert_id"),
    [
        (
            {},
            "80537aa62b40dd5e2820dc8de81c5e92a328495710adde37edc926fdb8b6de2e",
            "44d383caa6ccd338bc141f3a4a8bdca23b1eb7fa7716aee4f75f76e53fe7ac9b",
        ),
        (
            {"status": "provisional"},
            "80537aa62b40dd5e2820dc8de81c5e92a328495710adde37edc926fdb8b6de2e",
            "e53a797ce7ea30be6b12f021ac08232374fcd760f0764e7dbbab9f74cbc0461c",
        ),
        (
            ORIGIN,
            "fcdea98c21590f2d9280c464209f99d8546d42f56151d65fdd69c2f9ba8d5b2c",
            "ffb315318ce1240735b65073a2b2cee20789a8c9487caab1be3038a5152a7bee",
        ),
        (
            {"window_end": NOON + 24 * HOUR},
            "f1a2ee4cad1006a2afff679836757c206966453418ce8d07d93482e5bb34d60b",
            "48c36c6507786cca31177f690e8f804f60d733e897a322e9af246339ad421789",
        ),
        (
            {
                **{"model": "vän", "model_version": "", "column_kind": "prediction"},
                **{"window_start": None, "window_end": None, "reference": "previous"},
            },
            "fcee1458f628ba5c5872e48cb262c912ab046f393ac3cb77211a3b5385a3a4dc",
            "d2dd7c285dcdfd95038191e353eb1eb51f5de25ef6f3d19c8a897ee5f2729716",
        ),
    ],
)
def test_ids_are_those_of_existing_tables(changes: dict[str, Any], incident_id: str, alert_id: str) -> None:
    """The ids are what Spark's ``sha2`` made of the same findings, in the session's time zone whatever it was."""
    for zone in ("UTC", "America/New_York"):
        table = findings(changes)
        for place, name in ((2, "window_start"), (3, "window_end")):
            column = table[name].cast(pa.timestamp("us", tz=zone))
            table = table.set_column(place, name, column)
        (row,) = rows_of(table)
        assert (row["incident_id"], row["alert_id"]) == (incident_id, alert_id)
        assert row["window_end"] == (FINDING | changes)["window_end"]


def test_a_provisional_drift_says_so() -> None:
    (early,) = drifts_of({"status": "provisional"})
    assert early["message"] == (
        "distance of the model taxi (version 2) drifts from training so far in the open window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: ks 0.5 exceeds its threshold 0.1 (3,000 rows against 12,000)"
    )


def test_an_incident_keeps_its_id_from_window_to_window() -> None:
    day = {"window_end": NOON + 24 * HOUR}
    rows = drifts_of({}, hour(1), day, {"column_kind": "prediction"}, {"reference": "previous"})
    assert len({row["alert_id"] for row in rows}) == 5
    by_incident = Counter(row["incident_id"] for row in rows)
    assert sorted(by_incident.values()) == [1, 1, 1, 2]


def test_the_multiple_of_the_limit_is_the_severity() -> None:
    rows = drifts_of(
        {"column_name": "a", "value": 0.49},
        {"column_name": "b", "value": 0.5},
        {"column_name": "c", "value": 0.5, "limit": 0.11},
        {"column_name": "d", "statistic": "missing_column", "value": 1.0, "threshold": 0.0},
        {"column_name": "e", "statistic": "extra_column", "value": 1.0, "threshold": 0.0},
        {"column_name": "f", "value": -0.6},
    )
    assert [row["severity"] for row in rows] == [*("warning", "critical", "warning", "critical", "info", "critical")]


def test_a_column_is_ok_only_by_a_statistic_and_only_if_its_incident_is_unsettled() -> None:
    ok = {"status": "ok", "value": 0.02}
    table = findings(
        ok,
        {"status": "ok", "statistic": "psi", "value": 0.15, "threshold": 0.2},
        {"column_name": "few", "status": "too_few_rows"},
        {"column_name": "mixed", **ok},
        {"column_name": "mixed", "statistic": "psi", "confirmed": False},
        {"column_name": "other", **ok},
    )
    names = ("distance", "few", "mixed")
    unsettled = [drifts_of({"column_name": name})[0]["incident_id"] for name in names]
    rows = {row["column_name"]: row for row in rows_of(table, *unsettled)}
    assert {name: row["outcome"] for name, row in rows.items()} == {"distance": "ok", "mixed": "unconfirmed"}
    assert rows["distance"]["message"] == (
        "distance of the model taxi (version 2) no longer drifts from training in the window 2026-11-23 12:00 to "
        "2026-11-23 13:00 UTC: psi 0.15 is within its threshold 0.2 (3,000 rows against 12,000)"
    )
    assert rows["distance"]["statistics"] == ["ks", "psi"]
    assert rows["mixed"]["statistics"] == ["psi"]
    assert [row["column_name"] for row in rows_of(table)] == ["mixed"]


@pytest.mark.slow
def test_twenty_thousand_findings_of_one_window_take_a_second() -> None:
    changes = [
        {"column_name": f"column {number // 2}", "statistic": statistic}
        for number, statistic in enumerate(["ks", "psi"] * 10_000)
    ]
    table = findings(*changes)
    start = time.process_time()
    observations = observations_of(table)
    assert time.process_time() - start < 2
    assert [each.statistics for each in observations] == [("ks", "psi")] * 10_000
