"""``sparkmon run``: a monitor from its file, to the end of what is there and until it is stopped."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import DataFrame, SparkSession, functions as F
from typer.testing import CliRunner

from examples.card_payments import log_a_day, payments
from sparkmon.backoff import Backoff
from sparkmon.cli.app import app
from sparkmon.cli.run import follow, with_restarts
from sparkmon.cli.stop_signal import StopSignal
from sparkmon.errors import OptionError, ReferenceMissingError, SparkmonError
from sparkmon.monitor.batch_writer import BatchWriter
from sparkmon.monitor.failures import is_transient
from sparkmon.profiles import reference_of
from sparkmon.store import LocalStore
from sparkmon.tables import Tables

MONITOR = """
source: {format: kserve, path: spool}
store: {path: store}
tables: ./tables
windows: {length: 6 hours}
checks: {statistics: [psi]}
"""


@pytest.fixture
def monitor(tmp_path: Path, spark: SparkSession) -> Path:
    """Give a monitor.yaml beside a spool with a day of payments and a store with their reference."""
    training = spark.createDataFrame(payments(5000, seed=1))
    LocalStore(tmp_path / "store").write_reference(reference_of(training, "payments").toArrow())
    log_a_day(tmp_path / "spool")
    (tmp_path / "monitor.yaml").write_text(MONITOR)
    return tmp_path / "monitor.yaml"


def test_what_is_there_is_judged_and_alerts(monitor: Path, spark: SparkSession) -> None:
    done = CliRunner().invoke(app, ["run", str(monitor), "--available-now"])
    assert done.exit_code == 0, done.exception
    assert f"watching payments in the inference log {monitor.parent}/spool\n" in done.stderr
    assert "sparkmon: all that was there has been processed\n" in done.stderr
    assert done.stdout == ""
    tables = Tables(f"{monitor.parent}/tables")
    profiles = tables.read(spark, "profiles").where("column_name = 'amount'")
    assert profiles.select(F.sum("profile.count"), F.count("*")).collect()[0] == (24_000, 4)
    alerts = tables.read(spark, "alerts").orderBy("window_start").collect()
    assert [(row.column_name, row.window_start.hour) for row in alerts] == [("amount", 12), ("amount", 18)]
    done = CliRunner().invoke(app, ["run", str(monitor), "--flush"])
    assert done.exit_code == 0, done.exception
    assert "all that was there has been processed, and its last window closed\n" in done.stderr


def test_ctrl_c_stops_it_and_it_was_no_failure(monitor: Path, spark: SparkSession) -> None:
    def press() -> None:
        until = time.monotonic() + 180
        while not spark.streams.active and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    presser = threading.Thread(target=press)
    presser.start()
    done = CliRunner().invoke(app, ["run", str(monitor)])
    presser.join()
    assert done.exit_code == 0, done.exception
    assert done.stderr.endswith("sparkmon: stopped\n")
    assert "Ctrl-C stops it" in done.stderr
    assert spark.streams.active == []
    assert signal.getsignal(signal.SIGINT) is before


def test_a_store_without_references_and_a_missing_spool_are_reported(monitor: Path) -> None:
    monitor.write_text(MONITOR.replace("path: spool", "path: absent"))
    done = CliRunner().invoke(app, ["run", str(monitor)])
    assert "absent'; expected a directory that exists" in str(done.exception)
    monitor.write_text(MONITOR + "reference: night\n")
    done = CliRunner().invoke(app, ["run", str(monitor)])
    assert isinstance(done.exception, ReferenceMissingError)


def test_a_mistake_in_the_file_is_reported_before_spark_starts(tmp_path: Path) -> None:
    (tmp_path / "monitor.yaml").write_text(MONITOR + "window: 1 hour\n")
    done = CliRunner().invoke(app, ["run", str(tmp_path / "monitor.yaml")])
    assert isinstance(done.exception, OptionError)
    assert "monitor.yaml, line 7: got the unknown key 'window'; did you mean 'windows'?" in str(done.exception)


LOST = "Job aborted: Python worker failed to connect back.\n" + 5000 * "\tat java.base/java.lang.Run\n"


def test_spark_that_loses_its_workers_once_is_started_again_and_alerts(
    monitor: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, failures = BatchWriter.write, [PySparkException(LOST)]

    def fail_once(writer: BatchWriter, batch: DataFrame, query_id: str, batch_id: int) -> None:
        if failures:
            raise failures.pop()
        write(writer, batch, query_id, batch_id)

    monkeypatch.setattr(BatchWriter, "write", fail_once)
    monkeypatch.setattr("sparkmon.cli.run._PAUSES", Backoff(0.0, 0.0))
    done = CliRunner().invoke(app, ["run", str(monitor), "--available-now"])
    assert done.exit_code == 0, done.exception
    assert "could not keep its Python workers (Python worker failed to connect back)" in done.stderr
    assert "sparkmon: starting again in 0 seconds, 1 of 5 times\n" in done.stderr
    assert done.stderr.endswith("sparkmon: all that was there has been processed\n")
    tables = Tables(f"{monitor.parent}/tables")
    profiles = tables.read(spark, "profiles").where("column_name = 'amount'")
    assert profiles.agg(F.sum("profile.count")).collect()[0][0] == 24_000
    alerts = tables.read(spark, "alerts").where("column_name = 'stalled'").collect()
    assert {(row.severity, row.state) for row in alerts} >= {("critical", "firing")}


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    monkeypatch.setattr("sparkmon.cli.run._PAUSES", Backoff(0.0, 0.0))
    return []


def test_too_many_failures_in_a_row_end_it_with_what_to_do(attempts: list[Exception]) -> None:
    def watch() -> None:
        attempts.append(StreamingQueryException(LOST))
        raise attempts[-1]

    with pytest.raises(SparkmonError, match="nothing is lost: start again") as error:
        with_restarts(watch, StopSignal())
    assert len(attempts) == 6
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("may_end", [True, False])
def test_a_query_that_goes_on_and_has_ended_has_failed(
    may_end: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkmon.cli.run._REST_S", 0.0)
    waits = iter([False, True])
    parts = (lambda _: next(waits), lambda: 3, StopSignal())
    if may_end:
        assert follow(*parts, may_end=True)
    else:
        with pytest.raises(SparkmonError, match="ended without an error") as error:
            follow(*parts, may_end=False)
        assert is_transient(error.value)
    late = "sparkmon: 3 rows came after their window had closed and are in none\n"
    assert capsys.readouterr().err == late


def test_other_failures_and_ctrl_c_start_nothing_again(
    attempts: list[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = StopSignal()

    def refuse() -> None:
        attempts.append(ValueError("no"))
        raise attempts[-1]

    def lose() -> None:
        attempts.append(StreamingQueryException(LOST))
        stopped.set()
        raise attempts[-1]

    with pytest.raises(ValueError, match="no"):
        with_restarts(refuse, stopped)
    with_restarts(lose, stopped)
    assert len(attempts) == 2
    assert capsys.readouterr().err.endswith("sparkmon: stopped\n")
