"""The rules and the dashboard of ``examples/prometheus``, as Prometheus' own tool reads and evaluates them."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sparkmon.health import Counts, MonitorStatus, Traffic
from sparkmon.health.metrics import families
from sparkmon.health.status import QueryStatus
from tests.health.test_health_checks import NOON
from tests.support.prometheus_programs import program
from tests.support.source import ROOT

pytestmark = pytest.mark.alertmanager

RULES = ROOT / "examples" / "prometheus" / "sparkmon.rules.yml"
GRAFANA = ROOT / "examples" / "prometheus" / "grafana.json"
ALIVE = {'up{job="sparkmon",instance="m"}': "1x90", 'sparkmon_monitor_query_active{instance="m"}': "1x90"}


def promtool(*words: object) -> subprocess.CompletedProcess[str]:
    tool = program("promtool")
    if tool is None:
        pytest.skip("there is no promtool; make build/alertmanager/.fetched fetches one")
    return subprocess.run([str(tool), *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stderr
    assert "8 rules found" in done.stdout


@pytest.mark.parametrize(
    ("alert", "series", "labels"),
    [
        ("SparkmonMonitorGone", {}, {}),
        (
            "SparkmonMonitorGone",
            ALIVE | {'up{job="sparkmon",instance="m"}': "1x10 0x80"},
            {"job": "sparkmon", "instance": "m"},
        ),
        ("SparkmonQueryStopped", ALIVE | {'sparkmon_monitor_query_active{instance="m"}': "0x90"}, {"instance": "m"}),
        (
            "SparkmonMonitorStalled",
            ALIVE | {'sparkmon_monitor_health_check_failing{name="stalled",instance="m"}': "1x90"},
            {"name": "stalled", "instance": "m"},
        ),
        (
            "SparkmonMonitorStalled",
            ALIVE
            | {
                'sparkmon_monitor_last_batch_timestamp_seconds{instance="m"}': "0x90",
                'sparkmon_monitor_topic_records_behind{instance="m"}': "7x90",
            },
            {"instance": "m"},
        ),
        (
            "SparkmonModelSilent",
            ALIVE
            | {
                'sparkmon_monitor_last_window_timestamp_seconds{model="a",instance="m"}': "0x90",
                'sparkmon_monitor_last_window_timestamp_seconds{model="b",instance="m"}': "90000x90",
            },
            {"model": "a", "instance": "m"},
        ),
        (
            "SparkmonDeadLetters",
            ALIVE
            | {
                'sparkmon_monitor_events_total{instance="m"}': "0+100x90",
                'sparkmon_monitor_dead_letters_total{condition="A",instance="m"}': "0+1x90",
                'sparkmon_monitor_dead_letters_total{condition="B",instance="m"}': "0+1x90",
            },
            {"instance": "m"},
        ),
        (
            "SparkmonSinkFailing",
            ALIVE | {'sparkmon_monitor_sink_failing{sink="pager",instance="m"}': "1x90"},
            {"sink": "pager", "instance": "m"},
        ),
        ("SparkmonSpoolFillsUp", ALIVE | {'sparkmon_receiver_full_in_hours{instance="r"}': "20x90"}, {"instance": "r"}),
        (
            "SparkmonEventsLost",
            ALIVE | {'sparkmon_receiver_unread_bytes_removed_total{instance="r"}': "0x40 600x50"},
            {"instance": "r"},
        ),
    ],
)
def test_a_rule_fires_for_what_it_is_about_and_not_for_a_monitor_that_is_well(
    tmp_path: Path, alert: str, series: dict[str, str], labels: dict[str, str]
) -> None:
    def expecting(given: dict[str, str], found: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in given.items()],
            "alert_rule_test": [{"eval_time": "80m", "alertname": alert, "exp_alerts": found}],
        }

    warnings = ("SparkmonModelSilent", "SparkmonDeadLetters", "SparkmonSpoolFillsUp")
    severity = "warning" if alert in warnings else "critical"
    summary = next(
        line.split("summary: ")[1]
        for line in RULES.read_text().split(f"alert: {alert}\n")[1].splitlines()
        if "summary: " in line
    )
    for name, value in labels.items():
        summary = summary.replace(f"{{{{ $labels.{name} }}}}", value)
    summary = summary.replace("{{ $value | humanize }}", "20")
    fires = {"exp_labels": labels | {"severity": severity}, "exp_annotations": {"summary": summary}}
    tests = [expecting(series, [fires]), expecting(ALIVE, [])]
    shutil.copy(RULES, tmp_path)
    (tmp_path / "tests.yml").write_text(json.dumps({"rule_files": [RULES.name], "tests": tests}))
    done = promtool("test", "rules", tmp_path / "tests.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_use_existing_metrics() -> None:
    query = QueryStatus(behind=3, last_batch_time=NOON)
    now = MonitorStatus(NOON, NOON, query=query, counts=Counts(traffic={"a": Traffic(NOON, 1, 1)}), waiting={"p": 1})
    names = {sample.name for family in families(now, ()) for sample in family.samples}
    names |= {"sparkmon_monitor_health_check_failing", "sparkmon_monitor_dead_letters_total"}
    words = RULES.read_text().replace("{", " ").replace("(", " ").replace("[", " ").split()
    used = {word.strip(")") for word in words if word.startswith("sparkmon_monitor_")}
    assert len(used) == 8
    assert used <= names


def test_prometheus_reads_what_grafana_asks_for_and_each_metric_exists(tmp_path: Path) -> None:
    targets = [target for panel in json.loads(GRAFANA.read_text())["panels"] for target in panel.get("targets", ())]
    asked = [each["expr"].replace("$__rate_interval", "5m").replace("$model", ".*") for each in targets]
    rules = [{"record": f"asked:{place}", "expr": expression} for place, expression in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "grafana", "rules": rules}]}))
    done = promtool("check", "rules", tmp_path / "rules.yml")
    assert done.returncode == 0, done.stderr
    known = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    used = {name for expression in asked for name in re.findall(r"sparkmon_\w+", expression)}
    assert len(used) >= 15
    assert [name for name in sorted(used) if f"`{name}`" not in known] == []
