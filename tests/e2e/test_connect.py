"""Everything a client of Spark Connect needs, without a line for it: no py4j in our Python."""

import json
import sys
from pathlib import Path

import pytest
from scipy.stats import ks_2samp

from tests.support.program import run_program

pytestmark = pytest.mark.spark


def test_a_monitor_and_the_sql_functions_work_over_spark_connect(tmp_path: Path) -> None:
    result = run_program([sys.executable, "-m", "tests.e2e.over_connect", str(tmp_path)], timeout_s=850)
    assert result.returncode == 0, result.stderr[-3000:]
    rows = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    first, second, *findings, over_rows, sql, detector = rows
    none = {"redelivered": 0, "dead_letters": {}, "namespaces": ["prod"]}
    assert first == {"rows": 4_000, "late_rows": 0, **none}
    assert second == {"rows": 1, "late_rows": 1, **none, "redelivered": 1, "dead_letters": {"BODY_NOT_JSON": 1}}
    # Decided on by a process of the server, told by the client.
    assert "ALERT critical: temp of the model flights drifted from training" in result.stderr
    assert result.stderr.count("ALERT ") == 1
    # Rows come every 4 s: there are two full hours of 900 before those that are warm.
    assert [(row["statistic"], row["current_count"]) for row in findings[:4]] == [
        *(("ks", 900), ("psi", 900)),
        *(("ks", 900), ("psi", 900)),
    ]
    assert {row["status"] for row in findings[:4]} == {"ok"}
    assert {row["status"] for row in findings[-2:]} == {"drift"}
    reference = [number / 100 for number in range(10_000)]
    first_hour = [number % 100 for number in range(900)]
    expected = ks_2samp(reference, first_hour).statistic
    assert abs(findings[0]["value"] - expected) < 0.002  # the reference's sketch: 0.072 % at 99 %
    windows = [line.split("|")[1:3] for line in sql["lines"] if line.startswith("|2026")]
    assert windows == [["2026-01-05 12:00:00", "amount     "], ["2026-01-05 18:00:00", "amount     "]]
    (outlier,) = detector["lines"]
    assert outlier.startswith("row 1 of e-1: ")
    assert "takes the row off the plane of the training data" in outlier
    assert outlier.endswith("(off_plane)")
    assert over_rows["value"] == ks_2samp(range(1_000), [n / 2 for n in range(1_000)]).statistic
