"""Decoded rows become the same profiles in batch and on a stream, restarted or not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon import sources
from sparkmon.distributions import read_kll
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.profiles import profile_rows
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event, Feature, ModelSchema
from sparkmon.schemas import PROFILES
from sparkmon.session import register
from tests.support.streams import drained, events_frame
from tests.support.traffic import MIDNIGHT, clock, requests, v1_event

SCHEMAS = [
    ModelSchema("taxi", (Feature("distance", "numeric"), Feature("zone", "categorical")), (Feature("fare", "numeric"),))
]
RANDOM = np.random.default_rng(3)
DISTANCES = RANDOM.gamma(2, 3, (3, 300))
ZONES = RANDOM.integers(0, 9, (3, 300))


def traffic(hour: int) -> list[Event]:
    rows = [[d, int(z)] for d, z in zip(DISTANCES[hour], ZONES[hour], strict=True)]
    start = 60 * hour
    events = requests("taxi", start, start + 60, rows, 20)
    events += [v1_event("taxi", start + 5, [1.5, 2.5, 3.5], half="response")]
    events += [v1_event("iris", start + 1, [[5.1, None], [4.9, "big"]], version="7")]
    return events


def summed_up(profiles: DataFrame) -> list[dict[str, Any]]:
    """List profiles with their exact sketches opened, for a sketch keeps its rows in any order."""
    rows = profiles.toArrow().to_pylist()
    for row in rows:
        profile = row["profile"]
        if profile["num_numbers"]:
            sketch = read_kll(profile["sketch"])
            assert sketch.rank_error == 0
            profile["sketch"] = sketch.values.tolist()
        profile["frequent_items"] = sorted(profile["frequent_items"])
        # Sums of doubles depend on the order of rows, in their last bits.
        for name in ("avg", "m2"):
            profile[name] = None if profile[name] is None else pytest.approx(profile[name], 1e-12)
    return sorted(rows, key=lambda row: (row["model"], row["window_start"], row["column_name"]))


def test_a_stream_gives_the_profiles_of_a_batch_also_after_a_restart(spark: SparkSession, tmp_path: Path) -> None:
    register(spark)
    events = [event for hour in range(3) for event in traffic(hour)]
    events.sort(key=lambda event: event.event_time)
    # The first run ends in the middle of a window.
    halves = [events[:40], [*events[40:], events[50], clock(60 * 3 + 11)]]
    with SpoolWriter(tmp_path / "spool") as spool:
        for half in halves:
            spool.append(events_to_batch(half))
            source = spark.readStream.format("kserve").load(str(spool.path))
            rows = sources.rows(source, SCHEMAS, delay="10 minutes")
            live = drained(profile_rows(rows, "1 hour"), tmp_path)
    once = sources.rows(events_frame(spark, events), SCHEMAS)
    batch = profile_rows(once, "1 hour")
    assert live.schema.names == PROFILES.names
    streamed, at_once = summed_up(live), summed_up(batch)
    keys = [(row["model"], row["column_name"], row["window_start"]) for row in streamed]
    assert len(set(keys)) == len(keys) == 3 * (3 + 2)
    for one, other in zip(streamed, at_once, strict=True):
        assert one == other


def test_profiles_of_rows_count_what_was_sent(spark: SparkSession) -> None:
    rows = sources.rows(events_frame(spark, traffic(1)), SCHEMAS)
    found = {(row["model"], row["column_name"]): row for row in profile_rows(rows, "1 hour").toArrow().to_pylist()}
    assert {key: row["column_kind"] for key, row in found.items()} == {
        ("taxi", "distance"): "feature",
        ("taxi", "zone"): "feature",
        ("taxi", "fare"): "prediction",
        ("iris", "feature_0"): "feature",
        ("iris", "feature_1"): "feature",
    }
    distance = found["taxi", "distance"]["profile"]
    assert (distance["count"], distance["min"]) == (300, DISTANCES[1].min())
    assert distance["m2"] == pytest.approx(300 * DISTANCES[1].var(), rel=1e-12)
    zones = {str(zone): count for zone, count in enumerate(np.bincount(ZONES[1]))}
    assert dict(found["taxi", "zone"]["profile"]["frequent_items"]) == zones
    assert found["taxi", "fare"]["profile"]["avg"] == 2.5
    mixed = found["iris", "feature_1"]["profile"]
    assert (mixed["count"], mixed["num_nulls"], mixed["num_texts"]) == (2, 1, 1)
    assert found["iris", "feature_1"]["model_version"] == "7"
    assert {row["window_start"] for row in found.values()} == {MIDNIGHT + timedelta(hours=1)}


def test_overlapping_windows_each_have_their_rows(spark: SparkSession) -> None:
    events = [v1_event("m", minute, [[float(minute)]]) for minute in (5, 35, 40, 65)]
    rows = sources.rows(events_frame(spark, events))
    made = profile_rows(rows, "1 hour", slide="30 minutes").toArrow().to_pylist()
    found = {
        (row["window_start"] - MIDNIGHT) / timedelta(minutes=1): read_kll(row["profile"]["sketch"]).values.tolist()
        for row in made
    }
    assert found == {-30: [5], 0: [5, 35, 40], 30: [35, 40, 65], 60: [65]}
    assert all(row["window_end"] - row["window_start"] == timedelta(hours=1) for row in made)
