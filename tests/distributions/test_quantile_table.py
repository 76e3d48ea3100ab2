"""Tables of percentiles and histograms: what they know, how far they are off, and bytes that lie."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from sparkmon.distributions import Distribution, QuantileTable, gaps, read_kll, summary_of
from sparkmon.distributions.bins import both_counts
from sparkmon.errors import ProfileError
from sparkmon.statistics import STATISTICS, ks, psi, wasserstein

NUMERIC = (
    *("cramer_von_mises", "hellinger", "js", "kl", "ks", "linf", "psi", "range_rate", "tv"),
    *("wasserstein", "wasserstein_normed"),
)
EDGES, COUNTS = [0.0, 1.0, 2.0, 4.0], [50, 30, 20]


def profile(sketch: bytes, rows: int) -> dict[str, Any]:
    """Make the fields of a profile that a summary is read from."""
    return {"count": rows + 5, "num_numbers": rows, "num_texts": 0, "sketch": sketch}


def test_a_table_travels_as_the_sketch_of_a_profile() -> None:
    table = QuantileTable.from_histogram(EDGES, COUNTS, slack=0.005)
    found = summary_of(profile(table.to_bytes(), 100), "numeric")
    assert isinstance(found, Distribution)
    assert (found.n, found.null_count, found.rank_error) == (100.0, 5.0, 0.5)
    assert found.table is not None
    assert (found.table.n, found.table.slack, found.table.error) == (100, 0.005, 0.0)
    with pytest.raises(ProfileError, match="no KLL sketch"):
        read_kll(table.to_bytes())


def test_the_bytes_are_as_the_docstring_says() -> None:
    data = QuantileTable(np.array([1.5, 2.5]), np.array([0.25, 1.0]), 7, 0.01, 0.5).to_bytes()
    header = b"SMQT\x01\x00\x00\x00" + struct.pack("<IQdd", 2, 7, 0.01, 0.5)
    assert data == header + struct.pack("<4d", 1.5, 2.5, 0.25, 1.0)


@pytest.mark.parametrize("sample", ["spread", "at the lower ends", "at the upper ends"])
def test_no_rank_is_further_off_than_stated(sample: str) -> None:
    inside = {
        "spread": np.concatenate(
            [np.linspace(low, high, count) for low, high, count in zip(EDGES, EDGES[1:], COUNTS, strict=False)]
        ),
        "at the lower ends": np.repeat(EDGES[:-1], COUNTS) + 1e-5,
        "at the upper ends": np.repeat(EDGES[1:], COUNTS) - 1e-5,
    }[sample]
    table = QuantileTable.from_histogram(EDGES, COUNTS)
    points = np.linspace(-1, 5, 2401)
    true = Distribution.from_sample(inside).cdf(points)
    least, most = table.bounds(points)
    assert ((least <= true + 1e-12) & (true <= most + 1e-12)).all()
    found = Distribution.from_table(table)
    assert np.abs(found.cdf(points) - true).max() <= found.rank_error
    if sample != "spread":
        # The stated error is reached: all rows of the fullest bin may stand at one end.
        assert np.abs(found.cdf(points) - true).max() > 0.8 * found.rank_error
    for name in NUMERIC:
        assert STATISTICS.get(name).function(found, Distribution.from_sample(inside)) < 1e-4


def test_a_gap_is_to_the_nearest_that_the_table_allows() -> None:
    reference = Distribution.from_table(QuantileTable.from_histogram(EDGES, COUNTS))
    current = Distribution.from_sample([1.5] * 10)  # half of the reference is below 1
    points, apart = gaps(reference, current)
    assert apart.max() == pytest.approx(0.5)
    assert ks(reference, current) == pytest.approx(0.5)
    # The lower half may stand just below 1 and must move 0.5; the upper 20 % from 2 to 1.5.
    assert wasserstein(reference, current) == pytest.approx(0.5 * 0.5 + 0.2 * 0.5, abs=1e-6)
    assert points[0] <= 0


def test_psi_is_counted_on_the_histograms_own_edges() -> None:
    reference = Distribution.from_table(QuantileTable.from_histogram(EDGES, COUNTS))
    current = Distribution.from_sample([0.5] * 20 + [1.5] * 30 + [3.0] * 50)
    expected, found = both_counts(reference, current)
    assert expected.tolist() == pytest.approx([50, 30, 20, 0])
    assert found.tolist() == pytest.approx([20, 30, 50, 0])
    by_hand = 2 * 0.3 * np.log(0.5 / 0.2)
    assert psi(reference, current) == pytest.approx(by_hand)


def test_percentiles_of_few_values_do_not_part_rows_that_are_alike() -> None:
    zeros = {share / 100: 0.0 if share <= 70 else 1.0 for share in range(1, 100)}
    table = QuantileTable.from_percentiles(zeros, 1000, minimum=0, maximum=1)
    reference = Distribution.from_table(table)
    current = Distribution.from_sample([0] * 500 + [1] * 500)
    exact = 0.2 * np.log(0.7 / 0.5) + 0.2 * np.log(0.5 / 0.3)
    assert psi(reference, current) == pytest.approx(exact, rel=0.1)
    assert ks(reference, current) == pytest.approx(0.2, abs=0.011)
    assert psi(reference, Distribution.from_sample([0] * 703 + [1] * 297)) < 1e-4


def test_a_constant_column_is_known_exactly() -> None:
    table = QuantileTable.from_percentiles({}, 40, minimum=3, maximum=3)
    found = Distribution.from_table(table)
    assert (found.values.tolist(), found.n, found.rank_error) == ([3.0], 40.0, 0.0)
    assert ks(found, Distribution.from_sample([3, 3])) == 0
    assert ks(found, Distribution.from_sample([4, 4])) == 1


def test_edges_rounded_to_one_number_say_nothing_of_what_is_between() -> None:
    table = QuantileTable.from_histogram([0.0, 0.0, 0.0], [40, 60], slack=0.005)
    found = Distribution.from_table(table)
    assert found.rank_error == pytest.approx(1)
    assert ks(found, Distribution.from_sample([0.004, -0.004])) == 0
    assert ks(found, Distribution.from_sample([0.006])) == 1


def test_without_extremes_the_tails_are_unknown() -> None:
    table = QuantileTable.from_percentiles({0.25: 1.0, 0.5: 2.0, 0.75: 3.0}, 40, error=0.01)
    assert Distribution.from_table(table).rank_error == pytest.approx(0.26)
    assert ks(Distribution.from_table(table), Distribution.from_sample([1, 2, 3, 99])) == 0


def test_float_and_double_readings_of_one_edge_meet() -> None:
    edge = float(np.float32(0.1))
    reference = Distribution.from_table(QuantileTable.from_histogram([0, 0.1, 0.2], [60, 40]))
    assert ks(reference, Distribution.from_sample([edge] * 10)) == 0


def test_the_table_as_the_current_side_errs_towards_no_drift() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=5000)
    counts, edges = np.histogram(rng.normal(size=5000), 20)
    table = Distribution.from_table(QuantileTable.from_histogram(edges.tolist(), counts.tolist()))
    for name in NUMERIC:
        measured = STATISTICS.get(name).measure(Distribution.from_sample(rows), table)
        assert measured.value - measured.sketch_error < measured.threshold


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda data: data[:-1], "16 bytes a cut"),
        (lambda data: data + b"\0", "16 bytes a cut"),
        (lambda data: data[:20], "at least 36"),
        (lambda data: b"SMQT\x02" + data[5:], "version 2"),
        (lambda data: data[:8] + b"\xff\xff\xff\xff" + data[12:], "16 bytes a cut"),
        (lambda data: data[:12] + bytes(8) + data[20:], "n=0"),
        (lambda data: data[:20] + struct.pack("<d", 1.0) + data[28:], "error=1.0"),
        (lambda data: data[:28] + struct.pack("<d", float("inf")) + data[36:], "slack=inf"),
        (lambda data: data[:-8] + struct.pack("<d", 1.5), "shares"),
        (lambda data: data[:-16] + struct.pack("<2d", 1.0, 0.5), "ascending shares"),
        (lambda data: data[:36] + struct.pack("<d", float("nan")) + data[44:], "finite, ascending"),
        (lambda data: data[:36] + struct.pack("<d", 9.0) + data[44:], "finite, ascending"),
    ],
)
def test_bytes_that_lie_are_refused(change: Callable[[bytes], bytes], match: str) -> None:
    data = QuantileTable.from_histogram(EDGES, COUNTS).to_bytes()
    with pytest.raises(ProfileError, match=match):
        QuantileTable.from_bytes(change(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(tail: bytes) -> None:
    for data in (tail, b"SMQT" + tail, b"SMQT\x01\0\0\0\2\0\0\0" + tail):
        try:
            found = Distribution.from_table(QuantileTable.from_bytes(data))
        except ProfileError:
            continue
        assert found.n >= 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: QuantileTable.from_histogram([0, 1], [1, 1]),
        lambda: QuantileTable.from_histogram([0, 1, 2], [0, 0]),
        lambda: QuantileTable.from_histogram([0, 1, 2], [1, -1]),
        lambda: QuantileTable.from_histogram([0, 2, 1], [1, 1]),
        lambda: QuantileTable.from_percentiles({0.5: 1.0}, 10, minimum=2, maximum=1),
        lambda: QuantileTable.from_percentiles({0.25: 2.0, 0.75: 1.0}, 10),
        lambda: QuantileTable.from_percentiles({}, 10),
        lambda: QuantileTable.from_percentiles({0.5: 1.0}, 0),
    ],
)
def test_what_contradicts_itself_is_refused(make: Callable[[], QuantileTable]) -> None:
    with pytest.raises(ProfileError):
        make()
