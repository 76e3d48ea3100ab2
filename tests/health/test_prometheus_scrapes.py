"""A real Prometheus scrapes a monitor's and a receiver's endpoints, takes the rules, and answers what Grafana asks."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import start_http_server

from sparkmon.health import Counts, HealthLimits, MonitorStatus, Traffic
from sparkmon.health.health_checks import check_health
from sparkmon.health.metrics import HealthMetrics
from sparkmon.health.status import QueryStatus, Verdicts
from sparkmon.receiver.metrics import ReceiverMetrics
from tests.support.ports import free_ports
from tests.support.prometheus_programs import program
from tests.support.source import ROOT

pytestmark = pytest.mark.alertmanager
EXAMPLES = ROOT / "examples" / "prometheus"


@contextmanager
def prometheus(folder: Path, targets: list[str]) -> Iterator[httpx.Client]:
    """Run a Prometheus that scrapes these targets twice a second, with the rules of the examples."""
    server = program("prometheus")
    if server is None:
        pytest.skip("there is no Prometheus; make build/alertmanager/.fetched fetches one")
    settings = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "400ms", "evaluation_interval": "1s"},
        "rule_files": [str(EXAMPLES / "sparkmon.rules.yml")],
        "scrape_configs": [{"job_name": "sparkmon", "static_configs": [{"targets": targets}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    address = f"127.0.0.1:{free_ports(1)[0]}"
    words = ("--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}")
    process = subprocess.Popen([str(server), *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://{address}", transport=httpx.HTTPTransport(retries=10)) as client:
            yield client
    finally:
        process.terminate()
        process.wait()


def values(client: httpx.Client, query: str) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/query", params={"query": query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def wait_for(client: httpx.Client, query: str, count: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if len(values(client, query)) >= count:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{query} has fewer than {count} results")


def a_status() -> MonitorStatus:
    now = datetime.now(timezone.utc)
    counts = Counts(
        rows=100,
        late_rows=1,
        skipped_rows={"other": 5},
        dead_letters={"BODY_UNKNOWN": 2},
        traffic={"flights": Traffic(now, 60, 40)},
        verdicts={"flights": Verdicts(1, {"temp": 3.5, 'a"b\n': 0.5})},
        open_windows=2,
    )
    query = QueryStatus(batches=3, last_batch_time=now, last_batch_s=0.5, last_events_time=now, events=7, behind=4)
    status = MonitorStatus(now, now, query=query, counts=counts)
    return replace(
        status,
        waiting={"slack": 3},
        blocked_s={"slack": 9.0},
        failing=("slack",),
        open_incidents={("flights", "critical"): 2},
    )


def test_prometheus_answers_what_grafana_asks(tmp_path: Path) -> None:
    status = a_status()
    checks = check_health(status, status, HealthLimits())
    monitor = HealthMetrics(lambda: status, lambda: [*checks], port=0, host="127.0.0.1")
    receiver = ReceiverMetrics()
    server, thread = start_http_server(0, "127.0.0.1", receiver.registry)
    targets = [f"127.0.0.1:{port}" for port in (monitor.port, server.server_port)]
    with prometheus(tmp_path, targets) as client:
        wait_for(client, "up == 1", 2)
        wait_for(client, "rate(sparkmon_monitor_events_total[1m])", 1)
        groups = client.get("/api/v1/rules").json()["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert {rule["name"] for rule in rules if rule["health"] == "err"} == set()
        assert len(rules) == 8
        panels = json.loads((EXAMPLES / "grafana.json").read_text())["panels"]
        queries = [target["expr"] for panel in panels for target in panel.get("targets", ())]
        answers = {
            query: values(client, query.replace("$__rate_interval", "1m").replace("$model", ".*")) for query in queries
        }
        # What has no label has a value from the start; of what has one, there is none before it happens.
        empty = {query for query, found in answers.items() if not found}
        assert all("sparkmon_receiver_" in query for query in empty)
        (drifted,) = values(client, 'sparkmon_monitor_column_excess_ratio{column="temp"}')
        assert float(drifted["value"][1]) == 3.5
        assert len(values(client, 'sparkmon_monitor_column_excess_ratio{column="a\\"b\\n"}')) == 1
        assert values(client, "sum(sparkmon_monitor_open_incidents)")[0]["value"][1] == "2"
    monitor.stop()
    server.shutdown()
    server.server_close()
    thread.join()
