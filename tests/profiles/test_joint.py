"""Whole rows as the column ``:joint``: the same by numpy, in batch and on a stream, merged or in one pass."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon import sources
from sparkmon.distributions import Joint, Projection, summary_of
from sparkmon.errors import OptionError, ProfileError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.panes import JOINT
from sparkmon.profiles import merge_profiles, profile_rows, profile_table, projections_of, reference_of
from sparkmon.protocol import events_to_batch
from sparkmon.records import Event, Feature, ModelSchema
from sparkmon.session import register
from tests.support.streams import drained, events_frame
from tests.support.traffic import clock, requests, v1_event

RANDOM = np.random.default_rng(8)
MIX = np.array([[1.0, 0.8, 0.3], [0.0, 0.6, 0.5], [0.0, 0.0, 0.8]])
ROWS = RANDOM.normal(size=(3, 300, 3)) @ MIX
MADE = {
    ("taxi", ""): Projection.from_sample(["a", "b", "c"], RANDOM.normal(size=(500, 3)) @ MIX),
    ("taxi", "2"): Projection.from_sample(["b", "c"], RANDOM.normal(size=(400, 2))),
    ("bike", ""): Projection.from_sample(["a", "b"], RANDOM.normal(size=(300, 2))),
}
NAMES = ["a", "b", "c"]
SCHEMAS = [ModelSchema(model, tuple(Feature(name, "numeric") for name in NAMES)) for model in ("taxi", "bike", "walk")]


def joint_of(row: dict[str, Any]) -> Joint:
    found = summary_of(row["profile"], "joint")
    assert isinstance(found, Joint)
    return found


def same(found: Joint, expected: Joint) -> None:
    assert (found.n, found.rows) == (expected.n, expected.rows)
    assert found.errors.mean == pytest.approx(expected.errors.mean, rel=1e-9)
    assert found.errors.std == pytest.approx(expected.errors.std, rel=1e-9)
    assert found.vector == pytest.approx(expected.vector, rel=1e-6, abs=1e-6)
    assert found.is_comparable(expected)


def traffic() -> list[Event]:
    events = []
    for hour, rows in enumerate(ROWS):
        events += requests("taxi", 60 * hour, 60 * hour + 60, rows.tolist(), 20)
        events += requests("bike", 60 * hour, 60 * hour + 60, rows[:40].tolist(), 20)
    events += [v1_event("taxi", 5, ROWS[0, :7].tolist(), version="2")]
    events += [v1_event("taxi", 6, [0.5, 1.5], half="response")]
    events += [v1_event("walk", 7, ROWS[0, :5].tolist())]
    return sorted(events, key=lambda event: event.event_time)


def by_place(profiles: DataFrame) -> dict[tuple[str, str, int], dict[str, Any]]:
    rows = profiles.where("column_kind = 'joint'").toArrow().to_pylist()
    assert {row["column_name"] for row in rows} <= {JOINT}
    return {(row["model"], row["model_version"], row["window_start"].hour): row for row in rows}


def test_stream_and_batch_and_numpy_agree_for_all_models_at_once(spark: SparkSession, tmp_path: Path) -> None:
    register(spark)
    events = traffic()
    with SpoolWriter(tmp_path / "spool") as spool:
        for part in (events[:30], [*events[30:], clock(60 * 3 + 11)]):
            spool.append(events_to_batch(part))
            source = spark.readStream.format("kserve").load(str(spool.path))
            rows = sources.rows(source, SCHEMAS, delay="10 minutes")
            live = drained(profile_rows(rows, "1 hour", projections=MADE), tmp_path)
    batch = profile_rows(sources.rows(events_frame(spark, events), SCHEMAS), "1 hour", projections=MADE)
    streamed, at_once = by_place(live), by_place(batch)
    expected = {("taxi", "", hour): Joint.of(*MADE["taxi", ""].project(ROWS[hour])) for hour in range(3)}
    expected |= {("bike", "", hour): Joint.of(*MADE["bike", ""].project(ROWS[hour, :40, :2])) for hour in range(3)}
    expected["taxi", "2", 0] = Joint.of(*MADE["taxi", "2"].project(ROWS[0, :7, 1:]))
    assert streamed.keys() == at_once.keys() == expected.keys()
    for key, joint in expected.items():
        same(joint_of(streamed[key]), joint)
        same(joint_of(at_once[key]), joint)
    assert batch.where("column_kind <> 'joint' AND profile.vector IS NOT NULL").isEmpty()


def test_a_table_gives_the_vector_of_its_rows_and_parts_merge_to_the_whole(spark: SparkSession) -> None:
    rows = RANDOM.normal(size=(8_000, 3)) @ MIX
    rows[::50, 1] = np.nan
    parts = np.arange(8_000) * 20 // 8_000
    times = (np.datetime64("2026-01-05") + parts * np.timedelta64(1, "h")).astype("datetime64[us]")
    columns = {name: pa.array(rows[:, at], mask=np.isnan(rows[:, at])) for at, name in enumerate(NAMES)}
    table = spark.createDataFrame(pa.table({"time": times, **columns}))
    made = profile_table(
        table, {"a": "numeric"}, model="taxi", time="time", window="1 hour", projection=MADE["taxi", ""]
    )
    hours = spark.createDataFrame(made.toArrow())
    assert hours.count() == 2 * 20
    merged = {row["column_name"]: row for row in merge_profiles(hours, k=4000).toArrow().to_pylist()}
    same(joint_of(merged[JOINT]), Joint.of(*MADE["taxi", ""].project(rows)))
    assert merged["a"]["profile"]["vector"] is None


def test_hostile_rows_move_no_mean_by_much(spark: SparkSession) -> None:
    cells: list[dict[str, float]] = [
        {"a": 1e300, "b": float("inf"), "c": float("nan")},
        {"a": float("-inf"), "b": -1e300},
        {"zz": 1.0, ":joint": 2.0},
        {},
    ]
    rows: list[dict[str, Any]] = [
        {name: {"number": number, "text": None} for name, number in row.items()} for row in cells
    ]
    rows.append({"a": {"number": None, "text": "x" * 10_000}, "b": {"number": None, "text": None}})
    frame = spark.createDataFrame(
        [("taxi", "", "request", row) for row in rows] + [("taxi", "", "request", None)],
        "model string, model_version string, event_type string, "
        "features map<string, struct<number: double, text: string>>",
    ).selectExpr("*", "TIMESTAMP '2026-01-05' AS event_time", "features AS predictions")
    (row,) = by_place(profile_rows(frame, "1 hour", projections=MADE)).values()
    nan = float("nan")
    numbers = [[1e300, np.inf, nan], [-np.inf, -1e300, nan], [nan] * 3, [nan] * 3, [nan] * 3]
    same(joint_of(row), Joint.of(*MADE["taxi", ""].project(numbers)))
    assert row["profile"]["max"] <= 10


@pytest.fixture(scope="module")
def table(spark: SparkSession) -> DataFrame:
    rows = RANDOM.normal(size=(4_000, 3)) @ MIX
    times = np.datetime64("2026-01-05") + np.arange(4_000) * np.timedelta64(1, "m")
    columns = {name: rows[:, at] for at, name in enumerate(NAMES)}
    kinds = {"kind": ["x", "y"] * 2_000, "seven": [7] * 4_000, "score": rows.sum(axis=1)}
    time = times.astype("datetime64[us]")
    return spark.createDataFrame(pa.table({"time": time, "day": time, **columns, **kinds}))


def test_a_reference_keeps_the_projection_and_what_it_makes_of_other_rows(
    spark: SparkSession, table: DataFrame
) -> None:
    made = reference_of(table, "taxi", time="time", block="1 day", predictions=["score"], joint=True).toArrow()
    rows = [row for row in made.to_pylist() if row["column_kind"] == "joint"]
    (whole,) = (row for row in rows if row["block_start"] is None)
    blocks = [row for row in rows if row["block_start"] is not None]
    assert (whole["column_name"], whole["data_type"], whole["column_index"]) == (JOINT, "joint", 7)
    ((key, projection),) = projections_of(made).items()
    assert key == ("taxi", "")
    assert projection.names == ("a", "b", "c")
    # Half of the rows made the projection, the others its reference.
    assert whole["profile"]["count"] == 2_000
    assert {row["projection"] for row in blocks} == {None}
    assert len(blocks) == 3
    assert sum(row["profile"]["count"] for row in blocks) == 2_000
    found = [joint_of(row) for row in blocks]
    mean = sum(each.n * each.vector for each in found) / 2_000
    assert joint_of(whole).vector == pytest.approx(mean, rel=1e-6, abs=1e-6)
    again = reference_of(table, "taxi", predictions=["score"], joint=True).toArrow()
    assert projections_of(again)[key].to_bytes() == projection.to_bytes()


def test_what_has_no_joint_is_refused(table: DataFrame) -> None:
    with pytest.raises(OptionError, match="1 numeric features; expected two or more"):
        reference_of(table.select("a", "kind", "day"), "taxi", joint=True)
    with pytest.raises(OptionError, match=r"this table has no projection: .* 1 numeric features that vary"):
        reference_of(table.select("a", "seven"), "taxi", joint=True)
    with pytest.raises(OptionError, match=r"19 rows .*expected 20 or more"):
        reference_of(table.limit(39), "taxi", joint=True)


def test_a_damaged_projection_is_refused_when_it_is_read(table: DataFrame) -> None:
    made = reference_of(table.select("a", "b"), "taxi", joint=True).toArrow()
    said = json.loads(made["projection"].drop_null()[0].as_py())
    bad = [None, None, json.dumps(said | {"unit": -1}).encode()]
    index = made.schema.get_field_index("projection")
    with pytest.raises(ProfileError, match="a scale that is not"):
        projections_of(made.set_column(index, "projection", pa.array(bad, pa.binary())))
