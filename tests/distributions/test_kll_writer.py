"""Sketches written by the package and by numpy are those of DataSketches: exact when small, else within their bound."""

import datasketches
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from sparkmon.distributions import kll_rank_error, kll_writer, read_kll, write_kll
from sparkmon.errors import ProfileError

QUANTILES = np.linspace(0.005, 0.995, 199)


@pytest.fixture(params=["datasketches", "numpy"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "numpy":
        monkeypatch.setattr(kll_writer, "_datasketches", None)


def rank_errors(data: bytes, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how far ranks of some rows are off, as DataSketches reads the bytes; in units of the bound."""
    sketch, rows = datasketches.kll_doubles_sketch.deserialize(data), np.sort(rows)
    points = rows[(QUANTILES * rows.size).astype(int)]
    read = np.array([sketch.get_rank(float(point), True) for point in points])
    exact = np.searchsorted(rows, points, side="right") / rows.size
    off: npt.NDArray[np.float64] = np.abs(read - exact)
    return off / kll_rank_error(sketch.k)


def rows_of(n: int, order: str) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(n)
    rows = random.normal(size=n)
    if order == "ties":
        return np.floor(3 * rows)
    if order == "constant":
        return np.full(n, 7.0)
    rows = rows if order == "random" else np.sort(rows)
    return rows[::-1] if order == "reversed" else rows


@pytest.mark.slow
@pytest.mark.parametrize("k", [8, 200, 800, 4000])
@pytest.mark.parametrize("size", ["0", "1", "k", "10 k", "1 M"])
def test_a_sketch_merged_of_parts_is_read_by_datasketches(k: int, size: str) -> None:
    n = {"k": k, "10 k": 10 * k, "1 M": 1_000_000}.get(size) or int(size == "1")
    rows = rows_of(n, "random")
    merged = write_kll([write_kll([part], k) for part in np.array_split(rows, 100)], k)
    theirs, ours = datasketches.kll_doubles_sketch.deserialize(merged), read_kll(merged)
    assert (theirs.k, theirs.n, theirs.num_retained) == (k, n, ours.values.size)
    assert theirs.serialize() == merged
    if n:
        assert (theirs.get_min_value(), theirs.get_max_value()) == (rows.min(), rows.max())
    if n <= k:
        assert ours.values.tolist() == sorted(rows.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("order", ["random", "sorted", "reversed", "ties", "constant"])
@pytest.mark.parametrize("size", [8_000, 1_000_000])
def test_ranks_are_within_their_bound_at_once_and_merged(size: int, order: str) -> None:
    rows = rows_of(size, order)
    parts = [write_kll([part], 800) for part in np.array_split(rows, 100)]
    for data in (write_kll([rows], 800), write_kll(parts, 800)):
        # 199 ranks hang together: 99 % of sketches have all of them within two bounds.
        assert rank_errors(data, rows).max() < 2


@pytest.mark.slow
def test_the_bound_is_of_99_percent() -> None:
    rows = rows_of(20_000, "random")
    errors = []
    for _ in range(100):
        data = b""
        for part in np.array_split(rows, 20):  # one after the other: errors add up
            data = write_kll([data, part] if data else [part], 100)
        errors.append(rank_errors(data, rows)[::20])
    beyond = (np.concatenate(errors) > 1).mean()
    assert beyond < 0.03  # of a sketch at its bound .01, and 1,000 ranks of 100 sketches


def test_repeated_merges_stay_as_large_as_one_sketch() -> None:
    data = write_kll([], 200)
    for part in np.array_split(rows_of(200_000, "random"), 200):
        data = write_kll([data, write_kll([part], 200)], 200)
    assert read_kll(data).n == 200_000
    assert read_kll(data).values.size <= 620  # the capacity of 11 levels of k 200 is 611


def test_sketches_of_datasketches_are_merged_and_ours_by_it() -> None:
    rows = rows_of(100_000, "random")
    sketch = datasketches.kll_doubles_sketch(800)
    sketch.update(rows[:50_000])
    ours = write_kll([rows[50_000:]], 800)
    both = write_kll([ours, sketch.serialize()], 800)
    sketch.merge(datasketches.kll_doubles_sketch.deserialize(ours))
    for data in (both, sketch.serialize()):
        assert read_kll(data).n == 100_000
        assert rank_errors(data, rows).max() < 2


def test_the_least_k_of_compacted_parts_is_that_of_the_error() -> None:
    coarse, small = write_kll([np.arange(1000.0)], 50), write_kll([np.arange(9.0)], 20)
    assert read_kll(write_kll([coarse, small], 800)).k == 50
    assert read_kll(write_kll([small, small], 800)).rank_error == 0


@pytest.mark.parametrize("k", [7, 65_536])
def test_a_k_out_of_range_is_refused(k: int) -> None:
    with pytest.raises(ProfileError, match="8 to 65535"):
        write_kll([], k)


@pytest.fixture(scope="module")
def many() -> bytes:
    return write_kll([np.arange(5000.0)], 100)


def assert_merged_or_refused(data: bytes) -> None:
    try:
        merged = write_kll([data, np.arange(3.0)], 200)
    except ProfileError:
        return
    assert read_kll(merged).n == read_kll(data).n + 3


@given(data=st.binary(max_size=100) | st.integers(0, 2251))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_other_bytes_and_cut_ones_are_refused(data: bytes | int, many: bytes) -> None:
    assert_merged_or_refused(many[:data] if isinstance(data, int) else data)


@given(place=st.integers(0, 60), value=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_is_refused_or_read(place: int, value: int, many: bytes) -> None:
    assert_merged_or_refused(many[:place] + bytes([value]) + many[place + 1 :])


@pytest.mark.parametrize("kind", ["floats", "ints"])
def test_sketches_of_other_types_are_refused(kind: str) -> None:
    sketch = getattr(datasketches, f"kll_{kind}_sketch")(200)
    for row in range(1001):
        sketch.update(row)
    with pytest.raises(ProfileError, match="doubles"):
        write_kll([sketch.serialize()], 200)
