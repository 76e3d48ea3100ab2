"""The driver killed at random moments, again and again over one input: nothing is lost and nothing is there twice."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.accounts import alert_ids, check_account
from tests.faults.job import IDLE_S, Job, Place
from tests.faults.report import Report
from tests.faults.traffic import Traffic

SEED = int(os.environ.get("SPARKMON_FAULTS_SEED", "20261126"))
KILLS = int(os.environ.get("SPARKMON_FAULTS_KILLS", "50"))
TABLES = ("panes", "profiles", "alerts", "drift_metrics", "closed_windows")
LARGE_BATCHES = "{format: kserve, path: spool, options: {maxEventsPerTrigger: 450}}"


def phase(place: Place) -> str:
    """Say how far the job had come: with its batch, or with the windows that it closed."""
    written = {table: commits(place, table) for table in TABLES}
    if written["profiles"] > written["closed_windows"]:
        return "closing, findings " + ("written" if written["drift_metrics"] == written["profiles"] else "not written")
    planned, done = (max(place.batches(kind), default=-1) for kind in ("offsets", "commits"))
    return "between batches" if planned == done else "in a batch"


def commits(place: Place, table: str) -> int:
    """Count the commits in a Delta log."""
    return len([*(place.tables / table / "_delta_log").glob("*.json")])


def last_planned(place: Place) -> int:
    return max(place.batches("offsets"), default=-1)


def kill_at_random(place: Place, job: Job, draw: random.Random, span_s: float, by_mark: bool) -> str:
    """Kill a job at a random moment of its work, or just after a random mark of a batch; tell how far it was."""
    before = last_planned(place)
    marks: list[Callable[[], int]] = [
        lambda: max(place.batches("commits"), default=-1),
        *(partial(commits, place, table) for table in TABLES),
    ]
    mark = draw.choice(marks)
    delay_s = draw.uniform(0, 0.5 if by_mark else span_s)
    reached = mark()
    job.until("a batch", lambda: last_planned(place) > before or mark() > reached)
    if by_mark:
        # No alerts come of a calm hour, and then no mark: the batch's end will do.
        job.until("a mark", lambda: mark() > reached or job_is_done(place, before))
    time.sleep(delay_s)
    job.kill()
    return phase(place)


def job_is_done(place: Place, before: int) -> bool:
    return max(place.batches("commits"), default=-1) > before + 1


def span_of(place: Place) -> float:
    """Let the job do as much as it will have to do after each kill; tell how long that took."""
    before = last_planned(place)
    with place.start() as job:
        job.until("a batch", lambda: last_planned(place) > before)
        began = time.monotonic()
        job.until_idle()
        return time.monotonic() - began - IDLE_S


def killed(spark: SparkSession, references: Path, path: Path, kills: int, report: Report) -> None:
    traffic, draw = Traffic(SEED), random.Random(SEED)
    place = Place(path / "killed", references)
    hours = [traffic.hour(0)]
    place.log(hours[0])
    # The classes that this run loads are kept for all that follow: a third less to do for each start.
    place.configure(f"-XX:ArchiveClassesAtExit={path}/classes.jsa -Xlog:disable")
    place.run("--available-now")
    place.configure(f"-XX:SharedArchiveFile={path}/classes.jsa -Xlog:disable")
    hours.append(traffic.hour(1))
    place.log(hours[1])
    span_s = span_of(place)
    phases: Counter[str] = Counter()
    for number in range(kills):
        hours.append(traffic.hour(len(hours)))
        place.log(hours[-1])
        began = time.monotonic()
        with place.start() as job:
            job.until_started()
            found = kill_at_random(place, job, draw, span_s, by_mark=number % 2 == 1)
        phases[found] += 1
        print(f"kill {number + 1} of {kills} after {time.monotonic() - began:.0f} s: {found}", flush=True)
    said = place.run("--flush")
    assert "rows came after" not in said
    account = check_account(spark, place.tables, traffic.book)
    print(f"seed {SEED}: {dict(phases)}")
    # The same input without a fault, and in fewer batches: the same alerts.
    calm = Place(path / "calm", references, source=LARGE_BATCHES)
    calm.log(*hours)
    calm.run("--flush")
    check_account(spark, calm.tables, traffic.book)
    assert alert_ids(spark, place.tables) == alert_ids(spark, calm.tables)
    report.row("driver killed (kill -9)", kills, traffic.book, account)


@pytest.mark.faults
def test_a_driver_that_is_killed_at_random_loses_and_doubles_nothing(
    spark: SparkSession, references: Path, tmp_path: Path, report: Report
) -> None:
    killed(spark, references, tmp_path, KILLS, report)
