import base64
import json
import math
import struct
from pathlib import Path
from typing import TypeAlias

import datasketches
import numpy as np
import pytest
from hypothesis import given, strategies as st

from sparkmon.distributions import Distribution, KllSketch, kll_rank_error, read_kll
from sparkmon.errors import ProfileError

SPARK = json.loads((Path(__file__).parents[1] / "data" / "spark_kll.json").read_text())
RANKS = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
Sketch: TypeAlias = datasketches.kll_doubles_sketch
CLASSES = [Sketch, datasketches.kll_floats_sketch]


def filled(rows: np.ndarray, k: int = 200, kind: type[Sketch] = Sketch) -> Sketch:
    sketch = kind(k)
    sketch.update(rows)
    return sketch


def of_spark(name: str) -> bytes:
    return base64.b64decode(SPARK["sketches"][name]["base64"])


MANY = filled(np.random.default_rng(3).normal(size=5_000)).serialize()


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("n", [2, 200, 10_000, 1_000_000])
def test_ranks_and_quantiles_are_those_of_datasketches(n: int, kind: type[Sketch]) -> None:
    rows = np.random.default_rng(n).lognormal(size=n).astype(np.float32).astype(float)
    theirs = filled(rows, 200, kind)
    ours = read_kll(theirs.serialize())
    assert (ours.k, ours.n, ours.values.size) == (200, n, theirs.num_retained)
    assert (ours.min, ours.max) == (rows.min(), rows.max())
    summary = Distribution.from_kll(theirs.serialize())
    assert summary.quantile(RANKS).tolist() == [theirs.get_quantile(q, True) for q in RANKS]
    points = np.quantile(rows, RANKS)
    ranks = [theirs.get_rank(float(point), True) for point in points]
    assert summary.cdf(points).tolist() == pytest.approx(ranks, abs=1e-15)
    assert summary.rank_error == (theirs.normalized_rank_error(False) if n > 200 else 0)


def test_empty_and_single_sketches_are_read() -> None:
    empty = read_kll(filled(np.empty(0)).serialize())
    assert (empty.n, empty.values.size, empty.rank_error) == (0, 0, 0)
    assert math.isnan(empty.min)
    assert math.isnan(empty.max)
    for kind in CLASSES:
        one = read_kll(filled(np.array([2.5]), 200, kind).serialize())
        assert (one.n, one.min, one.max, one.values.tolist()) == (1, 2.5, 2.5, [2.5])


def test_merged_sketches_are_read_with_the_least_k() -> None:
    rows = np.arange(30_000.0)
    merged = filled(rows[:10_000], 400)
    merged.merge(filled(rows[10_000:], 100))
    ours = read_kll(merged.serialize())
    assert (ours.k, ours.n, ours.min, ours.max) == (100, 30_000, 0, 29_999)
    assert ours.rank_error == merged.normalized_rank_error(False)


@pytest.mark.parametrize("name", ["double_one", "double_few", "double_many", "double_merged"])
def test_quantiles_are_those_of_spark(name: str) -> None:
    expected = SPARK["sketches"][name]
    summary = Distribution.from_kll(of_spark(name))
    assert summary.n == expected["n"]
    inner = slice(1, -1)  # Spark answers 0 and 1 with the least and the greatest row
    assert summary.quantile(SPARK["ranks"][inner]).tolist() == expected["quantiles"][inner]
    sketch = read_kll(of_spark(name))
    assert [sketch.min, sketch.max] == expected["quantiles"][:: len(SPARK["ranks"]) - 1]


def test_floats_of_spark_are_read() -> None:
    sketch = read_kll(of_spark("float_many"))
    assert (sketch.n, sketch.min, sketch.max) == (20_000, 0, 20_010)
    median = np.median(np.repeat(sketch.values, sketch.weights.astype(int)))
    assert median == pytest.approx(10_005, abs=20_000 * sketch.rank_error)


def test_an_empty_sketch_of_spark_has_no_rows() -> None:
    assert Distribution.from_kll(of_spark("double_empty"), null_count=3).rows == 3


def test_infinities_in_a_sketch_are_refused_by_the_distribution() -> None:
    assert read_kll(of_spark("double_nan")).max == math.inf
    with pytest.raises(ProfileError, match="infinite"):
        Distribution.from_kll(of_spark("double_nan"))


@pytest.mark.parametrize("k", [8, 100, 200, 800, 4_000, 65_535])
def test_rank_error_is_that_of_datasketches(k: int) -> None:
    theirs = datasketches.kll_doubles_sketch.get_normalized_rank_error(k, False)
    assert kll_rank_error(k) == pytest.approx(theirs, rel=1e-12)


@given(st.integers(0, len(MANY) - 1))
def test_a_cut_sketch_is_refused(length: int) -> None:
    with pytest.raises(ProfileError, match="no KLL sketch"):
        read_kll(MANY[:length])


@given(st.binary(max_size=200) | st.binary(max_size=80).map(lambda rest: MANY[:20] + rest))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    assert_read_or_refused(data)


@given(st.integers(0, 60), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(place: int, value: int) -> None:
    assert_read_or_refused(MANY[:place] + bytes([value]) + MANY[place + 1 :])


def test_a_boastful_header_costs_no_memory() -> None:
    header = struct.pack("<BBBBHBBQHBB", 5, 1, 15, 0, 200, 8, 0, 2**63, 200, 1, 0)
    with pytest.raises(ProfileError, match="9223372036854775810 of 4 or 8 bytes"):
        read_kll(header + struct.pack("<I", 0) + bytes(64))


def test_nan_among_the_items_is_refused() -> None:
    with pytest.raises(ProfileError, match="NaN"):
        read_kll(bytes.fromhex("02020f04c8000800") + struct.pack("<d", math.nan))


def assert_read_or_refused(data: bytes) -> None:
    try:
        sketch = read_kll(data)
    except ProfileError:
        return
    assert isinstance(sketch, KllSketch)
    assert sketch.weights.sum() == sketch.n
    assert sketch.values.size <= len(data)
