"""Two monitors on one set of tables: side by side for different models, and never both for the same."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import StreamingQueryException

from sparkmon.errors import CheckpointError
from sparkmon.monitor.leases import Leases
from sparkmon.tables import Tables
from tests.faults.accounts import check_account, contents
from tests.faults.desk import Desk
from tests.faults.report import Report
from tests.faults.traffic import Traffic


def at_once(*works: Callable[[], object]) -> list[BaseException | None]:
    """Do things in threads of their own, and give what each raised."""
    ready, raised = threading.Barrier(len(works)), [None] * len(works)
    found: list[BaseException | None] = [*raised]

    def do(at: int) -> None:
        ready.wait()
        try:
            works[at]()
        except Exception as error:  # told to the test
            found[at] = error

    threads = [threading.Thread(target=do, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.faults
def test_different_models_share_tables_that_both_make_at_once(desk: Desk, report: Report) -> None:
    traffic = Traffic(81)
    hours = [traffic.hour(at, models=["shop", "bank"]) for at in (0, 1)]
    for name, is_shop in (("one", True), ("two", False)):  # what cannot be decoded is of a model, too
        desk.log(name, *([each for each in hour if (each.model == "shop") is is_shop] for hour in hours))
    works = [partial(desk.watch, name, f"of-{name}") for name in ("one", "two")]
    assert at_once(*works) == [None, None]
    account = check_account(desk.spark, desk.tables, traffic.book)
    report.row("two monitors, two models, tables made at once", 1, traffic.book, account)


def test_events_of_the_other_monitors_model_are_skipped_and_counted(desk: Desk) -> None:
    traffic = Traffic(85)
    hours = [traffic.hour(at, models=["shop"]) for at in (0, 1)]
    own, others = (
        [[each for each in hour if (each.model == "shop") is is_own] for hour in hours] for is_own in (True, False)
    )
    desk.log("one", *own)
    desk.watch("one", "of-one")
    desk.log("two", traffic.aside([(10, 3)]))
    desk.watch("two", "of-two")  # has no model yet
    desk.log("two", others[0], traffic.hour(0, models=["bank"]))
    desk.watch("two", "of-two")
    desk.log("two", traffic.aside([(70, 7)]), others[1], traffic.hour(1, models=["bank"]))
    query = desk.start("two", "of-two", available_now=True, flush=True)
    try:
        query.awaitTermination()
    finally:
        query.stop()
    counts = query.watchdog.status().counts
    assert (counts.skipped_rows, counts.late_rows) == ({"shop": 7}, 0)
    check_account(desk.spark, desk.tables, traffic.book)


def test_a_checkpoint_begun_anew_is_refused_and_can_take_over(desk: Desk, report: Report) -> None:
    traffic = Traffic(82)
    desk.log("spool", traffic.hour(0), traffic.hour(1), traffic.hour(2))
    desk.watch("spool", "first", flush=False)
    before = contents(desk.spark, desk.tables, "profiles")
    with pytest.raises(StreamingQueryException) as refused:
        desk.watch("spool", "second")
    assert "[SPARKMON_CHECKPOINT] the windows of 3600 seconds of the model 'bank' in" in str(refused.value)
    assert f"whose progress is in {desk.path}/first/ingest" in str(refused.value)
    assert contents(desk.spark, desk.tables, "profiles") == before
    desk.log("spool", traffic.hour(3))
    desk.watch("spool", "third", take_over=True)
    check_account(desk.spark, desk.tables, traffic.book)
    # It holds them now: without being asked again, and against the one that had them.
    desk.log("spool", traffic.hour(4))
    desk.watch("spool", "third")
    check_account(desk.spark, desk.tables, traffic.book)
    with pytest.raises(StreamingQueryException, match="written by the query"):
        desk.watch("spool", "first")
    account = check_account(desk.spark, desk.tables, traffic.book)
    report.row("checkpoint begun anew: refused, taken over", 3, traffic.book, account)


def test_a_running_query_that_is_taken_over_stops(desk: Desk, report: Report) -> None:
    traffic = Traffic(84)
    desk.log("spool", traffic.hour(0), traffic.hour(1))
    first = desk.start("spool", "first")
    try:
        first.processAllAvailable()
        assert contents(desk.spark, desk.tables, "profiles") != []
        desk.watch("spool", "second", flush=False, take_over=True)
        desk.log("spool", traffic.hour(2))
        with pytest.raises(StreamingQueryException, match="written by the query") as stopped:
            first.processAllAvailable()
    finally:
        first.stop()
    assert f"whose progress is in {desk.path}/second/ingest" in str(stopped.value)
    desk.watch("spool", "second")
    # The first has read the dead letters of its last hour, too, before it was stopped.
    account = check_account(desk.spark, desk.tables, traffic.book, letters_once=False)
    report.row("taken over while it runs: it stops", 1, traffic.book, account)


def test_of_two_leases_the_one_committed_first_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, replace = Tables(f"{tmp_path}/tables").open(None), Leases._replace
    left, right = (Leases([3600.0], f"/{name}", take_over=False) for name in "ab")

    def after_another(leases: Leases, *arguments: Any) -> bool:  # noqa: ANN401 - passed on
        """Let another query acquire the lease that this one has just seen to be free."""
        monkeypatch.setattr(Leases, "_replace", replace)
        right.acquire(tables, ["shop"], "right")
        return replace(leases, *arguments)

    monkeypatch.setattr(Leases, "_replace", after_another)
    with pytest.raises(CheckpointError, match=r"query right since .* whose progress is in /b; "):
        left.acquire(tables, ["shop"], "left")
    right.acquire(tables, ["shop"], "right")
    with pytest.raises(CheckpointError, match="written by the query right"):
        left.acquire(tables, ["shop"], "left")


@pytest.mark.faults
def test_of_two_that_start_at_once_on_one_model_one_writes(desk: Desk, report: Report) -> None:
    traffic = Traffic(83)
    desk.log("spool", traffic.hour(0, models=["shop"]))
    works = [partial(desk.watch, "spool", name) for name in ("left", "right")]
    raised = at_once(*works)
    assert len([error for error in raised if error is None]) == 1
    assert "would count the same rows again" in "".join(map(str, raised))
    # Both may have kept the same dead letters at the same moment: those are not claimed.
    account = check_account(desk.spark, desk.tables, traffic.book, letters_once=False)
    report.row("two monitors on one model: one refused", 1, traffic.book, account)
