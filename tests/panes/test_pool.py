"""Whoever invents names gets one column, or one model, of them all; honest ones are as they were."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sparkmon.distributions import read_kll
from sparkmon.panes import OTHER, PaneBuilder, PaneLimits, merge_panes
from sparkmon.protocol import Cells, RowBlock
from tests.panes.blocks import START, block_of
from tests.panes.test_builder import HOUR, built


def block(names: list[str], rows: int = 1, value: float = 1.0, **of: Any) -> RowBlock:  # noqa: ANN401
    cells = Cells(tuple(names), np.full((rows, len(names)), value))
    return block_of({"features": cells}, [START] * rows, **of)


def counts(panes: pa.Table) -> dict[tuple[str, str], int]:
    return {
        (row["model"], row["column_name"]): row["profile"]["count"]
        for row in panes.to_pylist()
        if row["slice_key"] is None
    }


@pytest.mark.parametrize("buffer_bytes", [2000, 2**26])
def test_columns_that_occur_least_are_one(buffer_bytes: int) -> None:
    limits = PaneLimits(columns=5, buffer_bytes=buffer_bytes)
    invented = [block([f"x{i}"], value=float(i)) for i in range(100)]
    # Those who invent come first.
    panes = built([*invented, block(["a", "b"], 10), block(["a"], 3, model="n")], limits=limits)
    found = counts(panes)
    assert found["n", "a"] == 3
    of_m = {name: count for (model, name), count in found.items() if model == "m"}
    assert (of_m["a"], of_m["b"], len(of_m)) == (10, 10, 6)
    assert of_m[OTHER] == 100 - 3
    (other,) = panes.filter(pc.field("column_name") == OTHER).to_pylist()
    assert other["profile"]["num_numbers"] == 97
    assert other["column_kind"] == "feature"
    assert read_kll(other["profile"]["sketch"]).n == 97


def test_expected_columns_and_models_are_never_pooled() -> None:
    limits = PaneLimits(columns=2, models=2)
    blocks = [block([f"x{i}"], 3) for i in range(9)] + [block(["rare", "scarce"])]
    blocks += [block(["a"], 5, model=f"invented {i}") for i in range(9)]
    found = counts(built(blocks, limits=limits, expected={"m": {"rare", "scarce"}}))
    assert {name: count for name, count in found.items() if name[0] == "m"} == {
        ("m", "rare"): 1,
        ("m", "scarce"): 1,
        ("m", OTHER): 27,
    }
    assert found[OTHER, OTHER] == 40
    assert len({model for model, _ in found}) == 3


def test_the_pooled_model_has_neither_versions_nor_slices() -> None:
    class All:
        def of(self, block: RowBlock) -> list[tuple[str, pa.Array[Any]]]:
            return [("all", pa.array(["yes"] * len(block)))]

    blocks = [block(["a"], 9), *(block(["a", "b"], version=str(i)) for i in range(5))]
    panes = built(blocks, limits=PaneLimits(models=1), slices=All())
    assert counts(panes) == {("m", "a"): 9, (OTHER, OTHER): 10}
    assert panes.num_rows == 3


def test_long_names_are_pooled() -> None:
    found = counts(built([block(["a", "b" * 1025]), block(["a"], model="m" * 2000)]))
    assert found == {("m", "a"): 1, ("m", OTHER): 1, (OTHER, OTHER): 1}


@pytest.mark.slow
def test_a_merge_pools_what_batches_invent_in_turn() -> None:
    parts = [built([block(["a", f"x{i}"]), block(["a"], model=f"n{i}")]) for i in range(30)]
    merged = counts(merge_panes(pa.concat_tables(parts), limits=PaneLimits(columns=3, models=4)))
    assert merged["m", "a"] == 30
    assert merged["m", OTHER] == 28
    assert merged[OTHER, OTHER] == 27


@pytest.mark.slow
def test_a_name_for_each_request_costs_bounded_memory_and_time() -> None:
    builder = PaneBuilder(HOUR, limits=PaneLimits(columns=500, models=300, buffer_bytes=2**22))
    start, largest = time.process_time(), 0
    for batch in range(40):
        builder.add(block([f"x{batch}-{i}" for i in range(1000)] + ["a"], 2))
        for i in range(25):
            builder.add(block(["a"], model=f"m{batch}-{i}"))
        largest = max(largest, builder.nbytes)
    found = counts(builder.build())
    assert found["m", "a"] == 80
    assert found["m", OTHER] + sum(count for (model, _), count in found.items() if model == "m") >= 80_080
    assert len(found) <= 501 + 300
    assert largest < 3 * 2**22
    assert time.process_time() - start < 20
