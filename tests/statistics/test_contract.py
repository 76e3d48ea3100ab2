"""What every registered statistic keeps, found by walking the registry: a new one is tested before it has a test."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import datasketches
import numpy as np
import pytest

from sparkmon.distributions import Categories, Distribution, Joint, Projection
from sparkmon.errors import ProfileError
from sparkmon.statistics import STATISTICS, Statistic, Summary

Shifted = Callable[[float, int], Summary]
ROWS = np.random.default_rng(5).normal(size=2_000)
PAIRS = np.column_stack([ROWS, 0.8 * ROWS + 0.6 * np.random.default_rng(6).normal(size=2_000)])
PROJECTION = Projection.from_sample(["a", "b"], PAIRS)


def numeric(shift: float, times: int = 1) -> Distribution:
    return Distribution.from_sample(np.tile(ROWS + shift, times))


def categorical(shift: float, times: int = 1) -> Categories:
    red = 1_500 / (1 + shift)
    counts = {"red": red * times, "blue": (1_960 - red) * times, "pink": 40.0 * times}
    return Categories(counts, null_count=0, n=2_000 * times)


def together(shift: float, times: int = 1) -> Joint:
    return Joint.of(*PROJECTION.project(np.tile(PAIRS + np.array([0, shift]), (times, 1))))


def lost(shift: float, times: int = 1) -> Distribution:
    rows = np.concatenate([ROWS[int(400 * shift) :], np.full(int(400 * shift), math.nan)])
    return Distribution.from_sample(np.tile(rows, times))


def unread(shift: float, times: int = 1) -> Distribution:
    return replace(nulls(shift, times), text_count=lost(shift, times).nan_count)


def infinite(shift: float, times: int = 1) -> Distribution:
    return replace(nulls(shift, times), inf_count=lost(shift, times).nan_count)


def refined(shift: float, times: int = 1) -> Distribution:
    rows = np.round(100 * ROWS)
    rows[: int(400 * shift)] += 0.5
    return Distribution.from_sample(np.tile(rows, times))


def nulls(shift: float, times: int = 1) -> Distribution:
    return replace(lost(shift, times), nan_count=0.0)


def spread(shift: float, times: int = 1) -> Distribution:
    return Distribution.from_sample(np.tile(ROWS * (1 + shift), times))


def more(shift: float, times: int = 1) -> Distribution:
    return Distribution.from_sample(np.tile(ROWS, times + round(8 * shift)))


def nameless(shift: float, times: int = 1) -> Categories:
    gone = int(400 * shift) * times
    return Categories({"red": 2_000 * times - gone}, null_count=gone, n=2_000 * times - gone)


def strange(shift: float, times: int = 1) -> Categories:
    new = int(400 * shift) * times
    counts = {"red": 2_000 * times - new} | ({"lime": new} if new else {})
    return Categories(counts, null_count=0, n=2_000 * times)


def more_levels(shift: float, times: int = 1) -> Categories:
    return categorical(0, times + round(8 * shift))


BUILDERS: dict[str, Shifted] = {"numeric": numeric, "categorical": categorical, "joint": together}
OWN_BUILDERS: dict[tuple[str, str], Shifted] = {
    ("null_rate", "numeric"): nulls,
    ("null_rate", "categorical"): nameless,
    ("nan_rate", "numeric"): lost,
    ("inf_rate", "numeric"): infinite,
    ("type_rate", "numeric"): unread,
    ("lattice_rate", "numeric"): refined,
    ("std", "numeric"): spread,
    ("count", "numeric"): more,
    ("count", "categorical"): more_levels,
    ("unseen_rate", "categorical"): strange,
}
"""What grows along a shift where a statistic does not look at the values' places."""
REPORTED = {name for name in STATISTICS if math.isinf(STATISTICS.get(name).default_threshold(numeric(0)))}
MADE_OF_ROWS = {"count", "cramer_von_mises", "mmd_rff"}
"""What changes if one side's rows are doubled; cramer_von_mises not if both sides' are."""
BLIND_TO_PLACES = {"null_rate", "nan_rate", "inf_rate", "type_rate", "lattice_rate", "count"}
OF_THE_REFERENCE_ALONE = {"range_rate", "unseen_rate", "lattice_rate", "count", "mmd_rff"}
"""Statistics whose noise does not depend on the current rows."""
EMPTY: dict[str, Summary] = {
    "numeric": Distribution.from_sample([]),
    "categorical": Categories({}, 0, 0),
    "joint": Joint.of([], []),
}
each = pytest.mark.parametrize(
    ("statistic", "kind"),
    [
        pytest.param(STATISTICS.get(name), kind, id=f"{name} {kind}")
        for name in STATISTICS
        for kind in sorted(STATISTICS.get(name).kinds)
    ],
)


def test_what_is_reported_only_is_known() -> None:
    assert {"count", "cramer_von_mises", "kl", "mean", "std"} == REPORTED


def builder(statistic: Statistic, kind: str) -> Shifted:
    return OWN_BUILDERS.get((statistic.name, kind), BUILDERS[kind])


@each
def test_equal_sides_give_zero_and_no_evidence(statistic: Statistic, kind: str) -> None:
    measured = statistic.measure(BUILDERS[kind](0, 1), BUILDERS[kind](0, 1))
    assert measured.value == 0
    assert measured.p_value in (None, 1)
    assert measured.reference_count == measured.current_count == 2_000


@each
def test_doubling_every_row_changes_nothing(statistic: Statistic, kind: str) -> None:
    side = builder(statistic, kind)
    once = statistic.function(side(0, 1), side(0.4, 1))
    assert once > 0
    if statistic.name in {"count", "mmd_rff"}:
        return
    one_side = [] if statistic.name in MADE_OF_ROWS else [(2, 1), (1, 2)]
    for reference, current in (*one_side, (2, 2)):
        twice = statistic.function(side(0, reference), side(0.4, current))
        assert twice == pytest.approx(once, rel=1e-9)


@each
def test_value_grows_along_a_planted_shift(statistic: Statistic, kind: str) -> None:
    side = builder(statistic, kind)
    values = [statistic.function(side(0, 1), side(step / 4, 1)) for step in range(8)]
    assert all(before < after for before, after in pairwise(values))


@each
def test_rows_out_of_range_count_and_stay_finite(statistic: Statistic, kind: str) -> None:
    if statistic.name in BLIND_TO_PLACES:
        return
    far: Summary = Distribution.from_sample([-1e6, 3e6])
    if kind == "categorical":
        far = Categories({"new": 500}, null_count=0, n=500)
    if kind == "joint":
        far = Joint.of(*PROJECTION.project([[-1e6, 3e6]]))
    reference = BUILDERS[kind](0, 1)
    near, away = (statistic.function(reference, builder(statistic, kind)(0.2, 1)), statistic.function(reference, far))
    assert near < away < math.inf


@each
def test_a_side_without_rows_cannot_be_compared(statistic: Statistic, kind: str) -> None:
    full = BUILDERS[kind](0, 1)
    for sides in ((full, EMPTY[kind]), (EMPTY[kind], full), (EMPTY[kind], EMPTY[kind])):
        assert math.isnan(statistic.function(*sides))
        measured = statistic.measure(*sides)
        assert math.isnan(measured.value)
        assert (measured.p_value, measured.least_rows) == (None, None)


@each
def test_numbers_and_levels_are_not_comparable(statistic: Statistic, kind: str) -> None:
    with pytest.raises(ProfileError, match="not comparable"):
        statistic.function(numeric(0), categorical(0))
    with pytest.raises(ProfileError, match="not comparable"):
        statistic.measure(categorical(0), numeric(0))


@pytest.mark.parametrize("name", [n for n in STATISTICS if len(STATISTICS.get(n).kinds) == 1])
def test_a_kind_the_statistic_is_not_for_is_refused(name: str) -> None:
    statistic = STATISTICS.get(name)
    side = BUILDERS["categorical" if "numeric" in statistic.kinds else "numeric"](0, 1)
    with pytest.raises(ProfileError):
        statistic.measure(side, side)


@each
def test_noise_and_p_value_fall_with_more_rows(statistic: Statistic, kind: str) -> None:
    side = builder(statistic, kind)
    few = statistic.measure(side(0, 10), side(0.03, 1))
    many = statistic.measure(side(0, 10), side(0.03, 10))
    if statistic.name in OF_THE_REFERENCE_ALONE:
        assert many.noise == few.noise < 0.001
    else:
        assert 0 < many.noise < few.noise
    if few.p_value is not None and many.p_value is not None:
        assert 0 < many.p_value < few.p_value <= 1
    assert few.least_rows == many.least_rows


@each
def test_threshold_is_the_default_unless_given(statistic: Statistic, kind: str) -> None:
    side = BUILDERS[kind](0, 10)
    usual, raised = statistic.measure(side, side), statistic.measure(side, side, 0.7)
    assert usual.threshold == statistic.default_threshold(side)
    assert raised.threshold == 0.7
    assert usual.least_rows is not None
    assert raised.least_rows is not None
    if statistic.name in REPORTED:
        assert (usual.threshold, usual.least_rows) == (math.inf, 1)
        assert raised.least_rows >= 1
    else:
        assert raised.least_rows < usual.least_rows


@pytest.mark.parametrize("name", [n for n in STATISTICS if "numeric" in STATISTICS.get(n).kinds])
def test_value_from_sketches_is_within_the_stated_error(name: str) -> None:
    rng = np.random.default_rng(11)
    statistic = STATISTICS.get(name)
    for shift in (0.0, 0.3):
        reference, current = rng.normal(size=50_000), rng.normal(shift, size=20_000)
        exact = statistic.function(*map(Distribution.from_sample, (reference, current)))
        found = statistic.measure(sketched(reference, 4_000), sketched(current, 800))
        if name in BLIND_TO_PLACES:
            assert (found.value, found.sketch_error) == (exact, 0)
        elif name == "range_rate":
            assert abs(found.value - exact) <= found.sketch_error <= 2 * 0.0035
        else:
            assert 0 < abs(found.value - exact) <= found.sketch_error < (0.05 if name == "std" else 0.04)


def sketched(rows: np.ndarray, k: int) -> Distribution:
    sketch = datasketches.kll_doubles_sketch(k)
    sketch.update(rows)
    return Distribution.from_kll(sketch.serialize())
