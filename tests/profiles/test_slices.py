"""Profiles of slices: the right rows in the right slice, in references and in traffic, whatever traffic says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession, functions as F

from sparkmon import sources
from sparkmon.distributions import read_kll
from sparkmon.errors import OptionError
from sparkmon.profiles import profile_rows, profile_table, reference_of
from sparkmon.records import Feature, ModelSchema
from sparkmon.slicing import slices_of, with_slices
from tests.support.streams import events_frame
from tests.support.traffic import MIDNIGHT, v1_event

Key: TypeAlias = tuple[str | None, str | None]
RANDOM = np.random.default_rng(12)
ORIGINS = ["EWR", "JFK", "LGA"]
TRAINING = pa.table(
    {
        "distance": RANDOM.gamma(2, 500, 900).round(2).tolist(),
        "origin": RANDOM.choice(ORIGINS, 900).tolist(),
        "gate": [f"g{min(at % 64, at % 60)}" for at in range(900)],
        "score": RANDOM.random(900).tolist(),
        "time": [MIDNIGHT + timedelta(hours=at // 20) for at in range(900)],
    }
)
CUTS = ["origin", "distance > 1000", "gate"]
SCHEMA = ModelSchema(
    "flights",
    (Feature("distance", "numeric"), Feature("origin", "categorical"), Feature("gate", "categorical")),
    (Feature("score", "numeric"),),
)


@pytest.fixture(scope="module")
def made(spark: SparkSession) -> pa.Table:
    table = spark.createDataFrame(TRAINING)
    return reference_of(table, "flights", predictions=["score"], time="time", block="1 day", slices=CUTS).toArrow()


def numbers(profiles: DataFrame | pa.Table, column: str) -> dict[Key, list[float]]:
    """List what the exact sketches of a column hold, by slice."""
    rows = (profiles if isinstance(profiles, pa.Table) else profiles.toArrow()).to_pylist()
    found: dict[Key, list[float]] = {}
    for row in rows:
        if row["column_name"] == column and row.get("block_start") is None:
            sketch = read_kll(row["profile"]["sketch"])
            assert sketch.rank_error == 0
            key = (row["slice_key"], row["slice_value"])
            assert key not in found
            found[key] = sketch.values.tolist()
    return found


def expected(distance: Any, origin: list[Any], of: Any) -> dict[Key, list[float]]:  # noqa: ANN401
    """Cut numbers by hand, by origin and by distance."""
    origins, values = np.array(origin, object), np.array(of)
    cut = {("origin", each): values[origins == each] for each in ORIGINS}
    cut |= {
        ("distance > 1000", text): values[(np.array(distance) > 1000) == truth]
        for text, truth in (("true", True), ("false", False))
    }
    return {key: sorted(part.tolist()) for key, part in cut.items()}


def test_a_reference_has_the_whole_its_slices_and_their_blocks(made: pa.Table) -> None:
    distance, origin = TRAINING["distance"].to_pylist(), TRAINING["origin"].to_pylist()
    found = numbers(made, "score")
    of_gates = {value: len(rows) for (key, value), rows in found.items() if key == "gate"}
    assert {key: rows for key, rows in found.items() if key[0] not in ("gate", None)} == expected(
        distance, origin, TRAINING["score"].to_pylist()
    )
    assert len(found[None, None]) == 900
    # Of 60 gates the 50 commonest stand alone.
    assert len(of_gates) == 51
    assert sum(of_gates.values()) == 900
    assert of_gates[":other"] <= 10 * min(of_gates.values())
    whole = pa.compute.equal(made["slice_key"], pa.scalar("origin"))
    blocks = [row for row in made.filter(whole).to_pylist() if row["block_start"] is not None]
    assert len({row["block_start"] for row in blocks}) == 2  # 45 hours
    counts = [row["profile"]["count"] for row in blocks if row["column_name"] == "distance"]
    assert sum(counts) == 900
    assert len(counts) == 3 * 2


def test_traffic_is_cut_as_the_reference_and_nothing_is_counted_twice(spark: SparkSession, made: pa.Table) -> None:
    distance = RANDOM.gamma(2, 500, 300).round(2).tolist()
    origin = RANDOM.choice(np.array([*ORIGINS, None, "SFO"], object), 300).tolist()
    score = RANDOM.random(300).tolist()
    rows = [[*pair, "g7"] for pair in zip(distance, origin, strict=True)]
    requests = [v1_event("flights", 5, rows[:200]), v1_event("flights", 7, rows[200:])]
    answers = [
        v1_event("flights", 5, score[:200], half="response"),
        v1_event("flights", 7, score[200:], half="response"),
    ]
    # The first response carries its request, as the receiver pairs them; the second does not.
    answers[0] = replace(answers[0], request_payload=requests[0].payload)
    decoded = sources.rows(events_frame(spark, [*requests, *answers]), [SCHEMA])
    profiles = profile_rows(decoded, "1 hour", slices=slices_of(made)).cache()
    found = numbers(profiles, "distance")
    others = {key: rows for key, rows in found.items() if key[0] in ("origin", "distance > 1000")}
    of_sfo = sorted(d for d, o in zip(distance, origin, strict=True) if o == "SFO")
    by_hand = expected(distance, origin, distance)
    assert others == by_hand | {("origin", ":other"): of_sfo}
    assert found["gate", "g7"] == found[None, None] == sorted(distance)
    predictions = numbers(profiles, "score")
    by_hand = expected(distance[:200], origin[:200], score[:200])
    assert {key: predictions[key] for key in by_hand} == by_hand
    assert len(predictions[None, None]) == 300
    assert len(predictions["gate", "g7"]) == 200


def test_a_table_gives_the_profiles_of_its_traffic(spark: SparkSession, made: pa.Table) -> None:
    slices = slices_of(made)
    table = spark.createDataFrame(TRAINING.slice(0, 500))
    batch = profile_table(table, {"distance": "numeric"}, model="flights", slices=slices)
    rows = TRAINING.slice(0, 500).select(["distance", "origin", "gate"]).to_pylist()
    event = v1_event("flights", 5, [[*row.values()] for row in rows])
    decoded = sources.rows(events_frame(spark, [event]), [SCHEMA])
    live = profile_rows(decoded, "1 hour", slices=slices)
    assert numbers(live, "distance") == numbers(batch, "distance")


def test_only_the_models_and_versions_whose_reference_has_slices_are_cut(spark: SparkSession, made: pa.Table) -> None:
    table = spark.createDataFrame(TRAINING.select(["distance", "origin"]))
    second = reference_of(table, "flights", model_version="2", slices=["distance > 2000"])
    third = reference_of(table, "flights", model_version="3")
    cuts = slices_of(pa.concat_tables([made, second.toArrow(), third.toArrow()]))
    events = [
        v1_event(model, 5, [[1500.0, "JFK", "g1"]], version=version)
        for model, version in (("flights", ""), ("flights", "2"), ("flights", "3"), ("other", ""))
    ]
    rows = sources.rows(events_frame(spark, events), [SCHEMA])
    profiles = profile_rows(rows, "1 hour", slices=cuts)
    keys = ("model", "model_version", "slice_key", "slice_value")
    found = {tuple(row) for row in profiles.select(*keys).distinct().collect()}
    assert found == {
        *((model, version, None, None) for model in ("flights",) for version in ("", "2", "3")),
        ("other", "", None, None),
        ("flights", "", "origin", "JFK"),
        ("flights", "", "distance > 1000", "true"),
        ("flights", "", "gate", "g1"),
        ("flights", "2", "distance > 2000", "false"),
    }


def test_a_hundred_thousand_values_are_one_slice(spark: SparkSession, made: pa.Table) -> None:
    cell = "named_struct('number', {}, 'text', {})"
    text, number = cell.format("CAST(NULL AS DOUBLE)", "{}"), cell.format("{}", "STRING(NULL)")
    rows = spark.range(100_000).select(
        F.lit("flights").alias("model"),
        F.lit("").alias("model_version"),
        F.lit("request").alias("event_type"),
        F.expr("TIMESTAMP '2026-01-05 00:30:00'").alias("event_time"),
        F.expr(
            f"map('origin', {text.format('concat(id, repeat(0, 99))')}, 'distance', {number.format('id * 1.5D')})"
        ).alias("features"),
        F.lit(None).alias("predictions"),
    )
    kept = slices_of(with_slices(made, ["origin"]))
    profiles = profile_rows(rows, "1 hour", slices=kept).where("column_name = 'distance'")
    counts = profiles.select("slice_key", "slice_value", "profile.count").collect()
    assert {tuple(row) for row in counts} == {(None, None, 100_000), ("origin", ":other", 100_000)}


def test_a_level_named_like_the_others_is_one_of_them(spark: SparkSession) -> None:
    table = spark.sql("SELECT IF(id < 3, ':other', ':all') AS level, id AS x FROM range(10)")
    made = reference_of(table, "m", slices=["level"]).toArrow()
    found = numbers(made, "x")
    assert {key: len(rows) for key, rows in found.items()} == {
        (None, None): 10,
        ("level", ":other"): 3,
        ("level", ":all"): 7,
    }
    assert slices_of(made).of("m", "")[0].values == (":all",)


def test_what_cannot_be_cut_by_is_refused_before_any_job(spark: SparkSession) -> None:
    table = spark.createDataFrame(TRAINING)

    def refused(*slices: str) -> None:
        reference_of(table, "m", predictions=["score"], exclude=["gate"], slices=slices)

    with pytest.raises(OptionError, match=r"got 'gate' in the slice .*; known are distance, origin"):
        refused("gate = 'a'")
    with pytest.raises(OptionError, match="got 'score' in the slice 'score'; expected a feature"):
        refused("score")
    with pytest.raises(OptionError, match="got 21 slices; expected at most 20"):
        refused(*(f"distance > {bound}" for bound in range(21)))
    with pytest.raises(OptionError, match="got slices='origin'; expected a list of expressions"):
        reference_of(table, "m", slices="origin")


def test_a_slice_that_no_reference_has_is_refused_with_the_way_to_make_it(made: pa.Table) -> None:
    assert set(with_slices(made, [])["slice_key"].to_pylist()) == {None}
    assert with_slices(made, None) is made
    with pytest.raises(OptionError, match=r"they have 'distance > 1000', 'gate', 'origin'; make "):
        with_slices(made, ["zone"])
