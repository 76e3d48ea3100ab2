"""Evidence that holds at every look: Ville's bound on growing windows, and how soon a gross fault is told."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from datasketches import kll_doubles_sketch
from scipy.special import kolmogorov
from scipy.stats import dirichlet_multinomial

from sparkmon.distributions import Categories, Distribution
from sparkmon.distributions.bins import both_counts, reference_edges
from sparkmon.distributions.joint import Joint
from sparkmon.distributions.projection import Projection
from sparkmon.statistics import evidence

Array: TypeAlias = npt.NDArray[Any]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], Array]

LOOKS = np.unique(np.geomspace(20, 5_000, 50).round().astype(int))
REFERENCES, WINDOWS = 40, 50  # 2,000 windows in all
DRAWS: dict[str, Draw] = {
    "continuous": lambda random, shape: random.normal(0, 1, shape),
    "poisson": lambda random, shape: random.poisson(4, shape).astype(float),
    "five levels": lambda random, shape: random.choice(5, shape, p=[0.4, 0.3, 0.2, 0.07, 0.03]).astype(float),
}


def by_scipy(known: Array, seen: Array) -> Array:
    """Tell the Bayes factor's logarithm from scipy's law; of several counts at once."""
    total = seen.sum(axis=-1).astype(int)
    prior = np.full(known.size, 0.5)
    law = dirichlet_multinomial
    found: Array = law.logpmf(seen.astype(int), prior, total) - law.logpmf(seen.astype(int), prior + known, total)
    return found


def looks(draw: Draw, random: np.random.Generator, rows: int) -> Array:
    """Tell the evidence of 50 windows against one reference at each look, shape (windows, looks)."""
    reference = Distribution.from_sample(draw(random, (rows,)))
    windows = draw(random, (WINDOWS, int(LOOKS[-1])))
    edges = reference_edges(reference)
    known = np.bincount(np.searchsorted(edges, reference.values), reference.weights, edges.size + 2)
    places = np.searchsorted(edges, windows)
    counts = [[np.bincount(window[:look], minlength=edges.size + 2) for look in LOOKS] for window in places]
    return by_scipy(known, np.array(counts))


@pytest.mark.slow
@pytest.mark.parametrize("rows", [2_000, 50_000])
@pytest.mark.parametrize("name", DRAWS)
def test_windows_without_drift_alarm_at_no_look(name: str, rows: int) -> None:
    random = np.random.default_rng([len(name), rows])
    most = np.concatenate([looks(DRAWS[name], random, rows).max(axis=1) for _ in range(REFERENCES)])
    assert most.size == 2_000
    for alpha in (0.05, 0.01):
        assert np.mean(most >= math.log(1 / alpha)) <= alpha


@pytest.mark.slow
def test_a_p_value_made_for_one_look_alarms_at_one_of_fifty() -> None:
    random = np.random.default_rng(8)
    alarmed = []
    for _ in range(20):
        reference = np.sort(random.normal(0, 1, 50_000))
        for window in random.normal(0, 1, (20, int(LOOKS[-1]))):
            least = min(naive(reference, window[:look]) for look in LOOKS)
            alarmed.append(least <= 0.05)
    assert np.mean(alarmed) > 0.3


def naive(reference: Array, window: Array) -> float:
    """Tell the two-sample Kolmogorov-Smirnov p-value, by its limit law."""
    ordered = np.sort(window)
    n, m = ordered.size, reference.size
    below = np.searchsorted(reference, ordered) / m
    gap = max((np.arange(1, n + 1) / n - below).max(), (below - np.arange(n) / n).max())
    return float(kolmogorov(gap * math.sqrt(n * m / (n + m))))


def test_it_is_the_ratio_of_two_distributions_of_scipy() -> None:
    random = np.random.default_rng(3)
    for sample in (random.normal(0, 1, 3_000), random.poisson(4, 3_000)):
        reference = Distribution.from_sample(sample)
        window = [*random.normal(1, 2, 700).tolist(), None, None]
        current = Distribution.from_sample(window)
        known, seen = both_counts(reference, current)
        assert evidence(reference, current) == pytest.approx(float(by_scipy(known, seen)))
    levels = Categories({"a": 900, "b": 90, "c": 10}, null_count=0, n=1_000)
    found = Categories({"a": 50, "c": 3, "d": 7}, null_count=1, n=60)
    # c is too rare to stand alone, and a level that is new is counted with it.
    expected = by_scipy(np.array([900, 90, 10, 0, 0]), np.array([50, 0, 10, 0, 1]))
    assert evidence(levels, found) == pytest.approx(float(expected))


def test_a_gross_fault_is_reported_within_some_tens_of_rows() -> None:
    random = np.random.default_rng(5)
    celsius = random.normal(20, 5, 5_000)
    faults: tuple[Callable[[Array], Array], ...] = (lambda x: x + 10, lambda x: 1.8 * x + 32)
    for fault in faults:
        for _ in range(20):
            window = fault(random.normal(20, 5, 200))
            told = [
                rows
                for rows in range(10, 201, 10)
                if evidence(Distribution.from_sample(celsius), Distribution.from_sample(window[:rows]))
                >= math.log(1 / 0.001)
            ]
            assert told[0] <= 60


@pytest.mark.slow
def test_a_sketch_is_no_evidence() -> None:
    random = np.random.default_rng(6)
    reference = Distribution.from_kll(sketched(random.normal(0, 1, 200_000), 4_000))
    most = []
    for _ in range(40):
        sketch = kll_doubles_sketch(800)
        sketch.update(random.normal(0, 1, 5_000))
        seen = [evidence(reference, Distribution.from_kll(sketch.serialize()))]
        for _ in range(20):
            sketch.update(random.normal(0, 1, 20_000))
            seen.append(evidence(reference, Distribution.from_kll(sketch.serialize())))
        most.append(max(seen))
    assert max(most) < 0
    moved = sketched(random.normal(0.2, 1, 200_000), 800)
    assert evidence(reference, Distribution.from_kll(moved)) > 1_000


def sketched(numbers: Array, k: int) -> bytes:
    sketch = kll_doubles_sketch(k)
    sketch.update(numbers)
    return bytes(sketch.serialize())


def test_without_rows_there_is_none() -> None:
    nothing = Distribution.from_sample([])
    some = Distribution.from_sample([1.0, 2.0])
    assert evidence(some, nothing) == evidence(nothing, some) == 0.0


def test_of_whole_rows_it_is_that_of_their_errors() -> None:
    random = np.random.default_rng(8)
    known = random.normal(size=(4_000, 3))
    projection = Projection.from_sample(["a", "b", "c"], known)
    one, other = (Joint.of(*projection.project(rows)) for rows in (known, 2 * known[:500]))
    assert evidence(one, other) == evidence(one.errors, other.errors) > 100
