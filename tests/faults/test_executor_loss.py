"""An executor lost in the middle of a batch, and then a whole worker: the batch goes on elsewhere, and counts once."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.accounts import check_account
from tests.faults.cluster import Cluster
from tests.faults.job import Job, Place
from tests.faults.report import Report
from tests.faults.traffic import Traffic


def in_a_batch(place: Place, job: Job) -> None:
    """Wait until a batch is planned that is not done."""
    job.until("a batch", lambda: place.batches("offsets") > place.batches("commits"))


@pytest.mark.faults
def test_lost_executors_and_workers_cost_nothing(
    spark: SparkSession, references: Path, tmp_path: Path, report: Report
) -> None:
    traffic = Traffic(21)
    with Cluster(tmp_path / "cluster", workers=2) as cluster:
        more = "  spark.executor.memory: 1g\n  spark.executor.cores: 1\n  spark.log.level: WARN\n"
        place = Place(tmp_path / "job", references, master=cluster.master, more=more)
        place.log(*(traffic.hour(at) for at in range(3)))
        with place.start() as job:
            in_a_batch(place, job)  # before it, a task tries whether the workers can import sparkmon
            number = cluster.kill_executor()
            job.until("a lost task", lambda: "ExecutorLostFailure" in job.said)
            job.until_idle()
            place.log(traffic.hour(3), traffic.hour(4))
            in_a_batch(place, job)
            cluster.kill_worker(number)
            job.until("a lost worker", lambda: job.said.count("Lost executor") > 1)
            job.until_idle()
            job.stop()
        place.log(traffic.hour(5))
        place.run("--flush")
    account = check_account(spark, place.tables, traffic.book)
    report.row("executor, then worker, lost", 2, traffic.book, account)
