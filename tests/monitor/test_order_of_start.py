"""The queries of a monitor open their sources one after the other: at once, Spark may break what they share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.alerts import Alerting
from sparkmon.logs import SpoolWriter
from sparkmon.monitor import Monitor, Windows
from sparkmon.monitor.batch_query import await_sources, start_query
from sparkmon.profiles import reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.session import register
from sparkmon.store import LocalStore
from tests.support.traffic import clock


def test_a_query_begins_when_the_one_before_has_opened_its_sources(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(spark)
    store = LocalStore(tmp_path / "store")
    store.write_reference(reference_of(spark.range(3000), "shop").toArrow())
    with SpoolWriter(tmp_path / "spool") as spool:
        spool.append(events_to_batch([clock(1)]))
    events = spark.readStream.format("kserve").load(f"{tmp_path}/spool")
    monitor = Monitor(
        store, f"{tmp_path}/tables", windows=Windows(provisional=True), alerting=Alerting(())
    )
    begun: list[StreamingQuery] = []
    said: list[str] = []

    def noted(*given: Any, **named: Any) -> StreamingQuery:  # noqa: ANN401 - passed on
        said.extend(query.status["message"] for query in begun)
        begun.append(start_query(*given, **named))
        return begun[-1]

    monkeypatch.setattr("sparkmon.monitor.queries.start_query", noted)
    query = monitor.start(events, str(tmp_path / "checkpoints"), available_now=True)
    query.awaitTermination()
    query.stop()
    assert len(begun) == 3
    assert len(said) == 3
    assert [message for message in said if message.startswith("Initializing")] == []
    await_sources(query.queries["profiles"])  # one that has ended is not waited for
