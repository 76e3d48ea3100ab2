"""Panes count what a plain loop counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import datasketches
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sparkmon.distributions import Projection, read_kll
from sparkmon.distributions.schema import PANES, PROFILE_KEY
from sparkmon.errors import OptionError
from sparkmon.panes import PaneBuilder, PaneLimits, merge_panes
from sparkmon.protocol import Cells, RowBlock
from tests.panes.blocks import MINUTE, START, block_of, cells_of, counted, random_blocks, rows_of

HOUR = 60 * MINUTE


def built(blocks: Sequence[RowBlock], pane_us: int = HOUR, **options: Any) -> pa.Table:  # noqa: ANN401
    builder = PaneBuilder(pane_us, **options)
    for block in blocks:
        builder.add(block)
    panes = builder.build()
    assert panes.schema == PANES
    assert len({*zip(*(panes[name].to_pylist() for name in PROFILE_KEY), strict=True)}) == len(panes)
    return panes


def profiles_of(panes: pa.Table) -> list[dict[str, Any]]:
    profiles: list[Any] = panes["profile"].to_pylist()
    return profiles


def by_column(panes: pa.Table, pane_us: int) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Read panes as :func:`counted` gives them."""
    read = {}
    for row in panes.cast(PANES).to_pylist():
        start, end, last = (
            round(row[name].timestamp() * 1e6) for name in ("window_start", "window_end", "last_event_time")
        )
        assert (start % pane_us, end - start) == (0, pane_us)
        profile = row["profile"]
        sketch = profile.pop("sketch")
        assert profile.pop("vector") is None
        distinct, profile["levels"] = profile.pop("distinct_sketch"), profile.pop("frequent_items")
        profile["levels"] = dict(profile["levels"])
        levels = {level for level in profile["levels"] if level}  # "" is not counted
        if distinct is not None:
            estimate = datasketches.hll_sketch.deserialize(distinct).get_estimate()
            assert estimate == pytest.approx(len(levels), rel=1e-4)
        profile["values"] = [] if sketch is None else read_kll(sketch).values.tolist()
        key = (row["model"], row["model_version"], start // pane_us)
        column = (row["column_name"], row["column_kind"])
        read[key + column] = {**profile, "last": last}
    return read


def close(profile: dict[str, Any]) -> dict[str, Any]:
    return {
        name: pytest.approx(value, rel=1e-11, abs=1e-9) if name in ("avg", "m2") and value is not None else value
        for name, value in profile.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pane_us", [MINUTE, HOUR, 24 * HOUR])
def test_panes_are_what_a_plain_loop_counts(seed: int, pane_us: int) -> None:
    blocks = random_blocks(seed, 80)
    expected = counted(rows_of(blocks), pane_us)
    read = by_column(built(blocks, pane_us), pane_us)
    assert read.keys() == expected.keys()
    for key, profile in read.items():
        assert close(expected[key]) == profile


@pytest.mark.parametrize("buffer_bytes", [0, 20_000])
def test_what_is_summarised_early_is_the_same(buffer_bytes: int) -> None:
    blocks = random_blocks(9, 80)
    limits = PaneLimits(buffer_bytes=buffer_bytes)
    read = by_column(built(blocks * 3, HOUR, limits=limits), HOUR)
    for key, profile in by_column(built(blocks * 3, HOUR), HOUR).items():
        assert close(profile) == read[key]


def test_panes_of_batches_merged_are_the_panes_of_all() -> None:
    blocks = random_blocks(3, 150)
    parts = [built([block.take(np.arange(at, 150, 7)) for block in blocks]) for at in range(7)]
    merged = by_column(merge_panes(pa.concat_tables(parts)), HOUR)
    for key, profile in by_column(built(blocks), HOUR).items():
        assert close(profile) == merged[key]


def test_a_builder_is_empty_after_it_built() -> None:
    builder = PaneBuilder(HOUR)
    assert builder.build().num_rows == 0
    builder.add(random_blocks(1, 10)[0])
    assert builder.nbytes > 0
    assert builder.build().num_rows > 0
    assert (builder.build().num_rows, builder.nbytes) == (0, 0)


def test_rows_of_no_block_and_blocks_of_no_row_are_nothing() -> None:
    empty = random_blocks(1, 10)[0].take(np.empty(0, np.int64))
    assert built([empty]).num_rows == 0
    assert built([block_of({}, [START])]).num_rows == 0


def test_columns_that_a_row_lacks_are_not_counted() -> None:
    cells = Cells(("a", "b"), np.array([[1.0, np.nan], [2.0, 3.0]]))
    present = np.array([[True, False], [True, True]])
    missing = Cells(cells.names, cells.numbers, present, {}, present)
    read = by_column(built([block_of({"features": missing}, [START, START + MINUTE])], MINUTE), MINUTE)
    counts = {(pane * MINUTE - START, name): p["count"] for (_, _, pane, name, _), p in read.items()}
    assert counts == {(0, "a"): 1, (MINUTE, "a"): 1, (MINUTE, "b"): 1}


def test_events_before_1970_have_their_pane() -> None:
    panes = built([block_of({"features": cells_of([[1.0]], ["a"])}, [-1])])
    assert panes["window_end"].cast(pa.int64()).to_pylist() == [0]


def test_large_numbers_overflow_no_moment_of_others() -> None:
    rows = [[1e308, 1.0], [1e308, 2.0], [-1e308, 3.0]]
    panes = built([block_of({"features": cells_of(rows, "ab")}, [START] * 3)])
    wide, plain = profiles_of(panes)
    assert (wide["num_numbers"], wide["min"], wide["max"]) == (3, -1e308, 1e308)
    assert (plain["avg"], plain["m2"]) == (2, 2)


def test_a_pane_has_to_be_longer_than_nothing() -> None:
    with pytest.raises(OptionError, match="pane_us=0"):
        PaneBuilder(0)


@dataclass(frozen=True)
class ByFeature:
    """Slices by the texts of a column, and by whether another is above 100."""

    text: int
    number: int

    def of(self, block: RowBlock) -> list[tuple[str, pa.Array[Any]]]:
        if block.features is None:
            return []
        texts: Any = block.features.texts[self.text]
        high = block.features.numbers[:, self.number] > 100
        return [
            ("text", texts.dictionary_encode()),
            ("high", pa.array(np.where(high, "true", "false"))),
            ("none", pa.nulls(len(block), pa.string())),
        ]


def test_slices_are_the_panes_of_their_rows_alone() -> None:
    blocks = [block for block in random_blocks(4, 200) if block.model_version == "2"]
    panes = built(blocks, slices=ByFeature(1, 0))
    request = blocks[0]
    assert request.features is not None
    texts, numbers = request.features.texts[1].to_pylist(), request.features.numbers[:, 0]
    chosen = {("text", level): [t == level for t in texts] for level in {*texts} - {None}}
    chosen |= {("high", "true"): (numbers > 100).tolist(), ("high", "false"): (numbers <= 100).tolist()}
    for (slice_key, value), flags in chosen.items():
        of_slice = panes.filter((pc.field("slice_key") == slice_key) & (pc.field("slice_value") == value))
        alone = by_column(built([request.take(np.flatnonzero(flags))]), HOUR)
        assert by_column(of_slice, HOUR) == {key: close(p) for key, p in alone.items()}
    assert {*panes["slice_key"].to_pylist()} == {None, "text", "high"}
    whole = panes.filter(pc.field("slice_key").is_null())
    assert by_column(whole, HOUR) == by_column(built(blocks), HOUR)


def test_whole_rows_are_projected_where_the_model_has_a_projection() -> None:
    random = np.random.default_rng(5)
    projection = Projection.from_sample(["a", "b", "c"], random.normal(size=(500, 3)))
    rows = random.normal(size=(90, 3))
    rows[4, 1] = np.nan
    times = START + np.arange(90) * MINUTE
    # The columns in another order, one of them missing, one more.
    cells = Cells(("c", "x", "a"), np.column_stack([rows[:, 2], rows[:, 0], rows[:, 0]]))
    blocks = [
        block_of({"features": Cells(("a", "b", "c"), rows)}, times),
        block_of({"features": cells}, times, version="2"),
        block_of({"features": cells}, times, model="other"),
        block_of({"features": cells, "predictions": cells}, times, half="response"),
    ]
    panes = built(blocks, projections={("m", ""): projection}, slices=ByText())
    joint = panes.filter(pc.field("column_kind") == "joint")
    assert (joint["column_name"].to_pylist(), joint["slice_key"].null_count) == ([":joint"] * 4, 4)
    missing = rows.copy()
    missing[:, 1] = np.nan
    for version, matrix in (("", rows), ("2", missing)):
        errors, vectors = projection.project(matrix)
        first, second = profiles_of(joint.filter(pc.field("model_version") == version))
        assert (first["count"], second["count"]) == (60, 30)
        assert first["avg"] == pytest.approx(errors[:60].mean(), rel=1e-12)
        assert read_kll(second["sketch"]).values.tolist() == sorted(errors[60:].tolist())
        assert first["vector"] == pytest.approx(vectors[:60].mean(axis=0, dtype=float), abs=1e-6)
        for name in ("window_start", "window_end"):
            index, none = (panes.schema.get_field_index(name), pa.nulls(len(panes), PANES.field(name).type))
            panes = panes.set_column(index, name, none)
        merged = merge_panes(panes)
        is_joint = (pc.field("column_kind") == "joint") & (pc.field("model_version") == version)
        (whole,) = profiles_of(merged.filter(is_joint))
        assert whole["vector"] == pytest.approx(vectors.mean(axis=0, dtype=float), abs=1e-6)
        assert whole["m2"] == pytest.approx(90 * errors.var(), rel=1e-11)


class ByText:
    """Every row is in one slice."""

    def of(self, block: RowBlock) -> list[tuple[str, pa.Array[Any]]]:
        return [("all", pa.array(["yes"] * len(block)))]


def test_long_levels_are_counted_and_not_listed() -> None:
    rows = [["é" * 513], ["é" * 512], ["short"]]
    (profile,) = profiles_of(built([block_of({"features": cells_of(rows, "a")}, [START] * 3)]))
    assert profile["num_texts"] == 3
    assert dict(profile["frequent_items"]) == {"é" * 512: 1, "short": 1}
    estimate = datasketches.hll_sketch.deserialize(profile["distinct_sketch"]).get_estimate()
    assert estimate == pytest.approx(3, rel=1e-6)


@pytest.mark.slow
def test_of_many_levels_the_commonest_are_kept_and_all_are_counted() -> None:
    random = np.random.default_rng(1)
    texts = [f"rare {i}" for i in range(30_000)] + [f"common {i % 40}" for i in range(8_000)]
    random.shuffle(texts)
    limits = PaneLimits(buffer_bytes=200_000)
    parts = np.array_split(np.array(texts), 12)
    blocks = [block_of({"features": cells_of([[str(t)] for t in part], ["a"])}, [START] * len(part)) for part in parts]
    (profile,) = profiles_of(built(blocks, limits=limits))
    levels = dict(profile["frequent_items"])
    assert (len(levels), profile["num_texts"]) == (1000, 38_000)
    assert {level: count for level, count in levels.items() if level.startswith("common")} == {
        f"common {i}": 200 for i in range(40)
    }
    estimate = datasketches.hll_sketch.deserialize(profile["distinct_sketch"]).get_estimate()
    assert estimate == pytest.approx(30_040, rel=0.05)
    assert math.fsum(levels.values()) <= 38_000


def test_only_some_columns_are_summarised_and_all_are_projected() -> None:
    random = np.random.default_rng(4)
    projection = Projection.from_sample(["a", "b", "c"], random.normal(size=(500, 3)))
    rows = [[*row, "red"] for row in random.normal(size=(40, 3)).tolist()]
    block = block_of({"features": cells_of(rows, "abcd")}, [START] * 40)
    options: dict[str, Any] = {"projections": {("m", ""): projection}}
    all_panes = built([block], **options).sort_by("column_name")
    names = pa.array([":joint", "b", "d"])
    expected = all_panes.filter(pc.is_in(all_panes["column_name"], names)).to_pylist()
    assert built([block], only={"b", "d"}, **options).sort_by("column_name").to_pylist() == expected
    assert len(expected) == 3
