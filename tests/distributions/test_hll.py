"""Distinct counts are DataSketches' HLL: the same coupons, read and merged in both directions."""

import datasketches
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from sparkmon.distributions import hll_coupons, merge_hll, write_hll
from sparkmon.errors import ProfileError

HLL_8 = datasketches.tgt_hll_type.HLL_8
SIZES = [0, 1, 7, 8, 23, 24, 384, 385, 1000, 20_000]


def levels_of(size: int, start: int = 0) -> list[str]:
    """Make levels of 2 to 70 bytes, some of them beyond ASCII."""
    return [f"l{i}" * (1 + i % 9) + "é" * (i % 3) for i in range(start, start + size)]


def ours(levels: list[str]) -> bytes:
    return write_hll(hll_coupons(pa.array(levels, pa.string())))


def theirs(levels: list[str], kind: datasketches.tgt_hll_type = HLL_8) -> datasketches.hll_sketch:
    sketch = datasketches.hll_sketch(12, kind)
    for level in levels:
        sketch.update(level)
    return sketch


def estimate(data: bytes) -> float:
    return float(datasketches.hll_sketch.deserialize(data).get_estimate())


@pytest.mark.parametrize("size", SIZES)
def test_a_sketch_is_read_by_datasketches_and_has_the_same_items(size: int) -> None:
    levels = levels_of(size)
    data, sketch = ours(levels), theirs(levels)
    assert datasketches.hll_sketch.deserialize(data).serialize_compact() is not None
    if size <= 384:
        assert estimate(data) == sketch.get_estimate() == pytest.approx(size, rel=1e-5)
    for form in (sketch.serialize_compact(), sketch.serialize_updatable()):
        assert merge_hll([data, form]) == merge_hll([form]) == data
    union = datasketches.hll_union(12)
    union.update(sketch)
    union.update(datasketches.hll_sketch.deserialize(data))
    assert merge_hll([union.get_result(HLL_8).serialize_compact()]) == data
    # The estimate of a merged sketch, since ours keeps no order of arrival.
    assert union.get_result(HLL_8).get_estimate() == pytest.approx(estimate(data), rel=1e-12)


def test_estimates_are_within_their_error() -> None:
    errors = [estimate(ours(levels_of(5000, 5000 * part))) / 5000 - 1 for part in range(40)]
    assert np.std(errors) == pytest.approx(1.04 / 64, rel=0.4)
    assert abs(np.mean(errors)) < 0.01


@pytest.mark.parametrize("size", [3, 300, 3000])
def test_parts_together_are_one_sketch(size: int) -> None:
    parts = [ours(levels_of(size, start)) for start in range(0, 4 * size, size - 1)]
    assert merge_hll(parts) == ours(levels_of(max(range(0, 4 * size, size - 1)) + size))


def test_the_empty_text_is_not_counted_as_in_datasketches() -> None:
    assert ours(["", "a"]) == ours(["a"])
    assert theirs(["", "a"]).get_estimate() == pytest.approx(1)


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_has_the_coupon_of_datasketches(levels: list[str]) -> None:
    whole = pa.array(["before", *levels, "after"], pa.string())
    assert write_hll(hll_coupons(whole[1:-1])) == merge_hll([theirs(levels).serialize_compact()])


@pytest.mark.parametrize("kind", ["HLL_4", "HLL_6"])
def test_other_kinds_are_refused(kind: str) -> None:
    sketch = theirs(levels_of(1000), getattr(datasketches.tgt_hll_type, kind))
    with pytest.raises(ProfileError, match="HLL_8"):
        merge_hll([sketch.serialize_compact()])


@pytest.mark.slow
@given(st.binary(max_size=60) | st.integers(0, 30).map(lambda size: ours(levels_of(20))[:size]))
def test_other_bytes_are_refused_or_read(data: bytes) -> None:
    try:
        merged = merge_hll([data])
    except ProfileError:
        return
    assert len(merged) <= 4136
