"""The demonstration as a user runs it: on two stores, and killed in the middle, started again, with nothing lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from playwright.sync_api import Browser, expect

from sparkmon.dashboard.settings import DashboardSettings
from sparkmon.store import open_store
from tests.support.browser import page_of
from tests.support.decoding import decode_batch
from tests.support.program import run_program
from tests.support.served import served
from tests.support.source import ROOT
from tests.support.spools import log

pytestmark = pytest.mark.spark

LIVE_FLIGHTS = 38_905  # 77,809 flights, less the 38,904 for training and reference
ATTACK = 5 * 126  # rows that the attacker asks for
CHUNK = 136 + 5  # rows that are sent before the progress is stored
COMMAND = [sys.executable, "-m", "sparkmon", "demo"]
START_S = 400


def run(*arguments: str) -> dict[str, Any]:
    result = run_program([*COMMAND, *arguments, "--json"], timeout_s=500)
    assert result.returncode == 0, result.stderr
    summary: dict[str, Any] = json.loads(result.stdout)
    assert set(summary) == {"rows", "windows", "findings", "alerts", "seconds"}
    features = Counter(alert["feature"] for alert in summary["alerts"])
    assert {"temp", "humid", ":clients"} <= set(features)
    performance = {"accuracy_score", "estimate of accuracy_score"}
    assert "accuracy_score" in features  # the model got worse, which labels show
    assert set(features) <= {"temp", "humid", ":outlier", ":clients", "delay_probability"} | performance
    assert {alert["slice_value"] for alert in summary["alerts"] if alert["feature"] == ":clients"} == {"mallory"}
    assert all(alert["value"] > alert["threshold"] for alert in summary["alerts"])
    # 13 numbers with ten statistics, two names with four, two rates of missing keys, seven of skew, one of outliers,
    # four of performance
    assert summary["findings"] == pytest.approx(153 * summary["windows"], abs=170)
    return summary


def logged_answers(spool: Path) -> int:
    """Count the predictions in the log, event by event."""
    segments = log(spool)
    batches = [
        batch for part in segments.parts(segments.first(), segments.last(), 1 << 30) for batch in segments.read(part)
    ]
    rows = pa.Table.from_batches([decode_batch(batch) for batch in batches]).to_pylist()
    return sum(row["event_type"] == "response" and row["instance"] >= 0 for row in rows)


def sent_chunks(out: Path) -> int:
    """Read how many of the 288 chunks have been sent."""
    note = out / "progress.json"
    return int(json.loads(note.read_text())["sent_chunks"]) if note.exists() else 0


def kill_once_windows_have_closed(out: Path, *arguments: str, chunks: int = 288) -> None:
    """Start a demo and kill it; it ends with so many chunks sent, even if no window has closed."""
    process = subprocess.Popen(
        [*COMMAND, "--out", str(out), "--headless", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + START_S
    closed = out / "tables" / "closed_windows" / "_delta_log" / f"{1:020}.json"  # the first made the table
    while not closed.exists() and sent_chunks(out) < chunks:
        assert process.poll() is None, "the demo ended before it was killed"
        assert time.monotonic() < deadline, "no window was closed in time"
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_demo_that_was_killed_continues_without_loss_or_duplicates(tmp_path: Path, chromium: Browser) -> None:
    out = tmp_path / "out"
    # A machine that is busy closes its first window late: then it is killed before the end of the traffic.
    kill_once_windows_have_closed(out, chunks=250)
    assert 0 < sent_chunks(out) < 288
    summary = run("--out", str(out))
    # Calls of the chunk that was not stored before the kill are sent again: new calls in the log.
    assert LIVE_FLIGHTS + ATTACK <= summary["rows"] <= LIVE_FLIGHTS + ATTACK + CHUNK
    assert summary["rows"] == logged_answers(out / "spool")
    click_through(chromium, out)


def click_through(chromium: Browser, out: Path) -> None:
    """Find the broken column in three clicks, look at what it shows, and deal with it."""
    settings = DashboardSettings(f"{out}/tables", store=f"{out}/store", write=True)
    with served(settings) as client, page_of(chromium, str(client.base_url)) as page:
        page.goto("/")
        page.get_by_role("region", name="Models").get_by_role("link", name="flights").click()
        page.get_by_role("region", name="Columns").get_by_role("link", name="temp", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("temp")
        expect(page.locator(".plot .js-plotly-plot")).to_have_count(2)
        expect(page.locator(".lead")).to_contain_text("drifted from training")
        page.get_by_role("region", name="Findings").get_by_role("link", name="wasserstein").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("temp")
        page.get_by_role("link", name="Overview").click()
        card = page.locator("article.incident").filter(has=page.get_by_role("link", name="temp", exact=True))
        expect(card).to_contain_text("temp of the model flights drifted from training")
        card.get_by_role("button", name="Acknowledge").click()
        expect(card.get_by_text("acknowledged by")).to_be_visible()
        card.get_by_role("button", name="Silence").click()
        expect(card.get_by_text("silenced until")).to_be_visible()
        page.get_by_role("button", name="End it").click()
        expect(page.get_by_role("heading", name="Silences")).to_have_count(0)


def test_the_platform_runs_over_a_real_mariadb(database: str, tmp_path: Path) -> None:
    kill_once_windows_have_closed(tmp_path, "--store", database, chunks=1_000)
    (schema,) = open_store(database).schemas()
    assert "temp" in {feature.name for feature in schema.features}
    profiles = DeltaTable(str(tmp_path / "tables" / "profiles")).to_pyarrow_table().to_pylist()
    counts = {row["column_name"]: row["profile"] for row in profiles}
    # The transformer took the weather of each flight from the database.
    assert counts["temp"]["num_numbers"] == counts["temp"]["count"] > 100
    assert counts["weather_1.missing"]["max"] == 0
