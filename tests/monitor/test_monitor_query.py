"""The handle of a running monitor behaves as Spark's StreamingQuery does, for all of its queries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import StreamingQueryException

from sparkmon.errors import CheckpointError
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


def monitor_query(*queries: Query, calls: list[str]) -> MonitorQuery:
    watchdog: Any = SimpleNamespace(stop=lambda: calls.append("watchdog"))
    alerts: Any = SimpleNamespace(close=lambda drain: calls.append(f"close, drain={drain}"))
    named: Any = dict(zip(("profiles", "dead_letters"), queries, strict=False))
    return MonitorQuery(named, watchdog, alerts, (), lambda: calls.append("flush"))


def test_a_timeout_returns_whether_all_queries_have_ended_and_nothing_else_happens() -> None:
    calls: list[str] = []
    query = monitor_query(Query(), Query(waits=10**9), calls=calls)
    assert query.awaitTermination(0.01) is False
    assert query.isActive
    assert calls == []


def test_at_the_end_open_windows_are_flushed_once_and_notifications_delivered() -> None:
    calls: list[str] = []
    query = monitor_query(Query(waits=2), Query(waits=5), calls=calls)
    assert query.awaitTermination() is None
    assert not query.isActive
    assert calls == ["flush", "watchdog", "close, drain=True"]
    assert query.awaitTermination(1) is True
    assert calls.count("flush") == 1


def test_a_failure_is_raised_while_the_other_query_runs_and_nothing_is_flushed() -> None:
    calls: list[str] = []
    query = monitor_query(
        Query(waits=10**9), Query(error=StreamingQueryException("no")), calls=calls
    )
    with pytest.raises(StreamingQueryException, match="no"):
        query.awaitTermination()
    active = [query.isActive]
    assert isinstance(query.exception(), StreamingQueryException)
    assert calls == ["watchdog", "close, drain=True"]
    query.stop()
    assert [*active, query.isActive] == [True, False]
    assert calls[-1] == "close, drain=True"


def test_a_failure_that_a_person_has_to_repair_says_how() -> None:
    error = StreamingQueryException(
        "[CANNOT_LOAD_STATE_STORE.UNCATEGORIZED] /c/profiles/state/0/1.zip"
    )
    query = monitor_query(Query(error=error), calls=[])
    assert isinstance(query.exception(), CheckpointError)
    with pytest.raises(CheckpointError, match=r"/c/profiles/state/0/1.zip, or a file next to it"):
        query.awaitTermination(5)


def test_a_stopped_monitor_flushes_nothing() -> None:
    calls: list[str] = []
    query = monitor_query(Query(waits=10**9), calls=calls)
    query.stop()
    assert calls == ["watchdog", "close, drain=False"]
    assert query.awaitTermination(1) is True
    assert "flush" not in calls


def test_status_and_progress_are_those_of_spark() -> None:
    query = monitor_query(Query(), Query(waits=1), calls=[])
    assert query.status == {
        "message": "profiles: Idle; dead_letters: Idle",
        "isDataAvailable": True,
        "isTriggerActive": False,
    }
    progress: Any = query.lastProgress
    assert progress == "the last batch"
    assert query.exception() is None
