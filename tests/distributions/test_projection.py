"""A projection says of rows what numpy and scikit-learn say, whatever stands in them, and survives being stored."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel

from sparkmon.distributions import Distribution, Joint, Projection, merge_summaries
from sparkmon.distributions.projection import EMBEDDING
from sparkmon.errors import ProfileError

RANDOM = np.random.default_rng(17)
NAMES = ["a", "b", "c", "d", "e"]
ROWS = RANDOM.normal(size=(4_000, 5)) @ RANDOM.normal(size=(5, 5)) + [0, 10, 100, -5, 1e6]
MADE = Projection.from_sample(NAMES, ROWS)


def standardised(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    inner = np.clip(ROWS, *np.quantile(ROWS, [0.001, 0.999], axis=0, method="nearest"))
    scaled: np.ndarray[Any, Any] = (rows - inner.mean(axis=0)) / inner.std(axis=0)
    return scaled


def test_errors_are_the_distances_to_the_plane_of_scikit_learn() -> None:
    scaled = standardised(ROWS)
    plane = PCA(n_components=0.65, svd_solver="full").fit(scaled)
    assert MADE.components.shape == (5, plane.n_components_)
    kept = scaled @ plane.components_.T @ plane.components_
    distances = np.linalg.norm(scaled - kept, axis=1)
    inner = np.clip(distances, *np.quantile(distances, [0.001, 0.999], method="nearest"))
    errors, _ = MADE.project(ROWS)
    assert errors == pytest.approx((distances - inner.mean()) / inner.std(), rel=1e-3, abs=1e-3)


def test_embeddings_make_the_kernel_of_two_widths() -> None:
    scaled = standardised(ROWS[:1_000])
    apart = euclidean_distances(scaled)
    median = np.median(apart[np.triu_indices(1_000, 1)])
    exact = sum(rbf_kernel(scaled, gamma=0.5 / (median * width) ** 2) for width in (1, 0.25)) / 2
    vectors = MADE.project(ROWS[:1_000])[1][:, :EMBEDDING].astype(float)
    found = vectors @ vectors.T
    assert np.diag(found) == pytest.approx(1, abs=1e-6)
    # Each frequency's cosine has a deviation of at most sqrt(1/2); the mean of 64 of them an eighth of that.
    assert np.sqrt(np.mean((found - exact) ** 2)) < math.sqrt(0.5 / 64)


def test_the_unit_is_what_a_small_shift_of_one_feature_does() -> None:
    here = Joint.of(*MADE.project(ROWS)).embedding
    apart = []
    for column in range(5):
        shifted = ROWS + 0.25 * ROWS.std(axis=0) * (np.arange(5) == column)
        there = Joint.of(*MADE.project(shifted)).embedding
        apart.append(float((there - here) @ (there - here)))
    assert np.mean(apart) / 0.25**2 == pytest.approx(MADE.unit, rel=0.05)


def test_a_plane_never_holds_all_there_is() -> None:
    pairs = RANDOM.normal(size=(500, 2))
    made = Projection.from_sample(["a", "b"], pairs)
    assert made.components.shape == (2, 1)
    assert made.project(pairs)[0].std() == pytest.approx(1, rel=0.02)


HOSTILE = [
    [1e300] * 5,
    [-1e300, 1e300, 0, 0, 0],
    [math.inf, -math.inf, math.nan, 5e-324, 0],
    [math.nan] * 5,
    [1.7976931348623157e308, -1.7976931348623157e308, 0, 0, 0],
]


@pytest.mark.parametrize("row", HOSTILE, ids=str)
def test_whatever_stands_in_a_row_it_moves_the_mean_by_ten_deviations_at_most(row: list[float]) -> None:
    errors, vectors = MADE.project([row])
    assert np.isfinite(errors).all()
    assert np.abs(errors).max() <= 10
    assert np.linalg.norm(vectors[0, :EMBEDDING]) == pytest.approx(1, abs=1e-5)
    many = np.concatenate([ROWS, [row]])
    moved = Joint.of(*MADE.project(many)).errors.mean - Joint.of(*MADE.project(ROWS)).errors.mean
    assert abs(moved) <= 10 / len(ROWS)


def test_a_row_without_numbers_lies_at_the_mean() -> None:
    at_mean, absent = MADE.project(np.array([MADE.means, [math.nan] * 5]))[1]
    assert at_mean == pytest.approx(absent, abs=1e-6)


def test_training_rows_may_be_hostile_too() -> None:
    rows = ROWS.copy()
    rows[0], rows[1], rows[2, 0] = 1e300, math.inf, math.nan
    made = Projection.from_sample(NAMES, rows)
    assert made.scales == pytest.approx(MADE.scales, rel=0.05)
    errors = made.project(ROWS)[0]
    assert (errors.mean(), errors.std()) == pytest.approx((0, 1), abs=0.1)


def test_what_does_not_vary_is_left_out() -> None:
    columns = [ROWS[:, 0], np.full(4_000, 7.0), np.full(4_000, np.nan), ROWS[:, 1]]
    made = Projection.from_sample(["a", "seven", "void", "b"], np.column_stack(columns))
    assert made.names == ("a", "b")


def test_a_row_has_the_same_error_whatever_rows_are_projected_with_it() -> None:
    together = MADE.project(ROWS[:307])[0]
    alone = np.concatenate([MADE.project(row[None])[0] for row in ROWS[:307]])
    assert alone == pytest.approx(together, rel=1e-12, abs=1e-12)


def test_stored_and_read_it_projects_alike() -> None:
    again = Projection.from_bytes(MADE.to_bytes())
    assert again.fingerprint == MADE.fingerprint
    here, there = MADE.project(ROWS), again.project(ROWS)
    assert np.array_equal(here[0], there[0])
    assert np.array_equal(here[1], there[1])
    assert Projection.from_sample(NAMES, ROWS).to_bytes() == MADE.to_bytes()


def test_rows_of_different_projections_are_not_compared() -> None:
    other = Projection.from_sample(NAMES, ROWS[:2_000])
    assert other.fingerprint != MADE.fingerprint
    mine, theirs = (Joint.of(*made.project(ROWS)) for made in (MADE, other))
    assert mine.is_comparable(mine)
    assert not mine.is_comparable(theirs)
    mixed = Joint(mine.errors, (mine.vector + theirs.vector) / 2)
    assert not mine.is_comparable(mixed)


def test_twenty_parts_together_are_all_rows() -> None:
    sizes = np.cumsum([1, 700, *[150] * 17])
    parts = [Joint.of(*MADE.project(rows)) for rows in np.split(ROWS, sizes)]
    merged = merge_summaries([*parts, Joint.of([], [])])
    whole = Joint.of(*MADE.project(ROWS))
    assert isinstance(merged, Joint)
    assert (merged.n, merged.rows) == (whole.n, whole.rows) == (4_000, 4_000)
    assert merged.vector == pytest.approx(whole.vector, rel=1e-12, abs=1e-9)
    assert merged.errors.mean == pytest.approx(whole.errors.mean, abs=1e-9)
    assert merged.is_comparable(whole)
    with pytest.raises(ProfileError, match="cannot be put together"):
        merge_summaries([whole, Distribution.from_sample([1.0])])


def test_the_fingerprint_survives_ten_thousand_merges_of_floats() -> None:
    vector = MADE.project(ROWS[:1])[1][0]
    mean, n = vector.copy(), np.float32(1)
    for rows in np.random.default_rng(2).integers(1, 500, 10_000).astype(np.float32):
        mean, n = (mean * n + vector * rows) / (n + rows), n + rows
    errors = Joint.of([0.0], vector[None]).errors
    assert Joint(errors, mean).is_comparable(Joint(errors, vector))
    assert mean == pytest.approx(vector, rel=1e-4)


def damaged(**changes: object) -> bytes:
    return json.dumps(json.loads(MADE.to_bytes()) | changes).encode()


def without(said: dict[str, Any], name: str) -> bytes:
    return json.dumps({key: value for key, value in said.items() if key != name}).encode()


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "no json": b"\x80\x04K\x01.",
    "a list": b"[1, 2]",
    "deep": b"[" * 100_000,
    "huge": b" " * 4_000_001,
    "another format": damaged(format=2),
    "no base64": damaged(means="@@@@"),
    "half a number": damaged(means="AAAA"),
    "too few numbers": damaged(scales="AAAAAAAA8D8="),
    "one name": damaged(names=["a"]),
    "a name twice": damaged(names=["a", "a", "c", "d", "e"]),
    "names of no text": damaged(names=7),
    "no unit": damaged(unit=0),
    "an infinite unit": damaged(unit=1e999),
    "an impossible spread": damaged(spread=[0.1, 0.2]),
    "three spreads": damaged(spread=[0.1, 0.01, 0.001]),
    "a key missing": without(json.loads(MADE.to_bytes()), "frequencies"),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ProfileError):
        Projection.from_bytes(data)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Projection.from_sample(["a", "b"], ROWS), r"a matrix of shape \(4000, 5\)"),
        (lambda: Projection.from_sample(NAMES, ROWS[:19]), "19 rows"),
        (lambda: Projection.from_sample(["a"], ROWS[:, :1]), "1 numeric features that vary"),
        (lambda: Projection.from_sample(["a", "b"], np.ones((50, 2))), "0 numeric features"),
        (
            lambda: Projection.from_sample([*map(str, range(501))], RANDOM.normal(size=(30, 501))),
            "501 numeric features",
        ),
        (lambda: Joint.of([1.0], np.full((1, 133), np.inf)), "finite numbers"),
        (lambda: Joint(Joint.of([], []).errors, np.zeros(7)), r"a vector of shape \(7,\)"),
    ],
)
def test_what_makes_no_projection_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ProfileError, match=said):
        make()
