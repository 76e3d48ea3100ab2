"""The handle of a running monitor behaves as Spark's StreamingQuery does."""

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import StreamingQueryException

from sparkmon.errors import CheckpointError, SparkmonError
from sparkmon.monitor import MonitorQuery


class Query:
    """A query of Spark's that ends after some waits."""

    def __init__(self, waits: int = 0, error: Exception | None = None) -> None:
        self.waits, self.error = waits, error
        self.status = {"message": "Idle", "isDataAvailable": waits > 0, "isTriggerActive": False}
        self.lastProgress: object = "the last batch"

    @property
    def isActive(self) -> bool:  # noqa: N802 - Spark's name
        return self.waits > 0

    def awaitTermination(self, timeout: float) -> bool:  # noqa: N802 - Spark's name
        assert timeout > 0
        if self.waits == 0 and self.error is not None:
            raise self.error
        self.waits = max(0, self.waits - 1)
        return self.waits == 0

    def exception(self) -> Exception | None:
        return self.error if self.waits == 0 else None

    def stop(self) -> None:
        self.waits = 0


def monitor_query(query: Query, calls: list[str], **more: Any) -> MonitorQuery:  # noqa: ANN401
    parts: Any = {
        "watchdog": SimpleNamespace(stop=lambda: calls.append("watchdog")),
        "alerts": SimpleNamespace(close=lambda drain: calls.append(f"close, drain={drain}")),
        "closer": SimpleNamespace(
            close_all=lambda: calls.append("close all"), catch_up=lambda: calls.append("catch up")
        ),
    }
    asked: Any = query
    return MonitorQuery(asked, parts["closer"], parts["watchdog"], parts["alerts"], **{"flush": True} | more)


def test_a_timeout_returns_whether_it_has_ended_and_nothing_else_happens() -> None:
    calls: list[str] = []
    query = monitor_query(Query(waits=10**9), calls)
    assert query.awaitTermination(0.01) is False
    assert query.isActive
    assert calls == []


def test_at_the_end_open_windows_are_closed_once_and_notifications_delivered() -> None:
    calls: list[str] = []
    query = monitor_query(Query(waits=5), calls)
    assert query.awaitTermination() is None
    assert not query.isActive
    assert calls == ["close all", "watchdog", "close, drain=True"]
    assert query.awaitTermination(1) is True
    assert calls.count("close all") == 1


def test_what_another_process_has_ingested_is_taken_before_the_end() -> None:
    calls: list[str] = []
    monitor_query(Query(waits=1), calls, is_remote=True, flush=False).awaitTermination()
    assert calls == ["catch up", "watchdog", "close, drain=True"]


def test_a_failure_is_raised_and_nothing_is_closed() -> None:
    calls: list[str] = []
    query = monitor_query(Query(error=StreamingQueryException("no")), calls)
    with pytest.raises(StreamingQueryException, match="no"):
        query.awaitTermination()
    assert isinstance(query.exception(), StreamingQueryException)
    assert calls == ["watchdog", "close, drain=True"]
    query.stop()
    assert calls[-1] == "close, drain=True"


def test_a_failure_that_a_person_has_to_repair_says_how() -> None:
    error = StreamingQueryException("java.io.IOException: No space left on device")
    query = monitor_query(Query(error=error), [])
    assert isinstance(query.exception(), SparkmonError)
    with pytest.raises(SparkmonError, match="make room and start again"):
        query.awaitTermination(5)


def test_a_lease_that_was_taken_over_ends_it() -> None:
    error = CheckpointError("taken over")
    thread: Any = SimpleNamespace(error=error, stop=lambda: None)
    query = monitor_query(Query(waits=10**9), [], threads=[thread], flush=False)
    with pytest.raises(CheckpointError, match="taken over"):
        query.awaitTermination()
    assert query.exception() is error


def test_a_stopped_monitor_closes_nothing() -> None:
    calls: list[str] = []
    query = monitor_query(Query(waits=10**9), calls)
    query.stop()
    assert calls == ["watchdog", "close, drain=False"]
    assert query.awaitTermination(1) is True
    assert "close all" not in calls


def test_status_and_progress_are_those_of_spark() -> None:
    query = monitor_query(Query(waits=1), [])
    assert query.status == {"message": "Idle", "isDataAvailable": True, "isTriggerActive": False}
    progress: Any = query.lastProgress
    assert progress == "the last batch"
    assert query.exception() is None
