"""What single columns cannot show: the two statistics of whole rows, on draws with and without drift."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest

from sparkmon.distributions import Distribution, Joint, Projection
from sparkmon.statistics import STATISTICS, Measurement, evidence, mmd_rff, pca_reconstruction
from tests.support.source import ROOT

FloatArray: TypeAlias = npt.NDArray[np.float64]
Draw: TypeAlias = Callable[[np.random.Generator, int], FloatArray]
DRIFT = ROOT / "tests" / "data" / "drift"
DRAWS = 4_000
EVENLY = np.full(4_000, 1 / 4_000)
BOTH = ("mmd_rff", "pca_reconstruction")


def real(name: str, columns: list[str]) -> FloatArray:
    table = pq.read_table(DRIFT / f"{name}.parquet").select(columns)
    rows: FloatArray = np.column_stack([column.to_numpy().astype(float) for column in table.columns])
    return rows


CAR_LOAN = real("car_loan_reference", ["car_value", "debt_to_income_ratio", "loan_length", "driver_tenure"])
AIRLINE = real("airline_merger_reference", ["DEPARTURE_DELAY", "TAXI_OUT", "AIR_TIME", "DISTANCE"])


def independent(random: np.random.Generator, rows: int) -> FloatArray:
    return random.normal(size=(rows, 8))


def correlated(random: np.random.Generator, rows: int) -> FloatArray:
    common, own = random.normal(size=(rows, 1)), random.normal(size=(rows, 12))
    drawn: FloatArray = np.sqrt(0.5) * (common + own)
    return drawn


def car_loan(random: np.random.Generator, rows: int) -> FloatArray:
    drawn: FloatArray = CAR_LOAN[random.integers(0, len(CAR_LOAN), rows)]
    return drawn


def pair(random: np.random.Generator, rows: int, correlation: float = 0.8) -> FloatArray:
    x, y = random.normal(size=(2, rows))
    return np.column_stack([x, correlation * x + np.sqrt(1 - correlation**2) * y])


def projection(rows: FloatArray) -> Projection:
    return Projection.from_sample([f"f{at}" for at in range(rows.shape[1])], rows)


def measured(reference: Joint, current: Joint) -> dict[str, Measurement]:
    return {name: STATISTICS.get(name).measure(reference, current) for name in BOTH}


@pytest.mark.slow
@pytest.mark.parametrize(("draw", "rows"), [(independent, 500), (correlated, 2_000), (car_loan, 1_000)])
def test_one_percent_of_undrifted_draws_lie_below_one_percent(draw: Draw, rows: int) -> None:
    random = np.random.default_rng(rows)
    population = draw(random, 4_000)
    errors, vectors = projection(population).project(population)
    places = np.argsort(errors)
    errors, wide = errors[places], vectors[places].astype(np.float64)
    found = []
    for _ in range(DRAWS // 500):
        drawn = [random.multinomial(n, EVENLY, 500) for n in (2 * rows, rows)]
        means = [counts.astype(np.float64) @ wide / counts[0].sum() for counts in drawn]
        for at in range(500):
            sides = [
                Joint(Distribution.from_sample(np.repeat(errors, counts[at])), mean[at])
                for counts, mean in zip(drawn, means, strict=True)
            ]
            found.append(measured(*sides))
    for name in BOTH:
        below = np.mean([each[name].p_value < 0.01 for each in found])  # type: ignore[operator]
        assert 0.005 <= below <= 0.02, name
        beyond = [each[name].effect > each[name].threshold for each in found]
        assert not any(beyond) or rows < found[0][name].least_rows  # type: ignore[operator]
    noise = np.mean([each["pca_reconstruction"].noise for each in found])
    assert np.mean([abs(each["pca_reconstruction"].value) for each in found]) == pytest.approx(noise, rel=0.07)
    # Of mmd_rff it is taken off the value already.
    assert {each["mmd_rff"].noise for each in found} == {0.0}


@pytest.mark.slow
def test_noise_is_taken_off_once() -> None:
    """The mean of one feature of ten shifts by 0.3 standard deviations: that is what is measured on average."""
    random = np.random.default_rng(8)
    made = projection(random.normal(size=(5_000, 10)))
    reference = Joint.of(*made.project(random.normal(size=(50_000, 10))))
    shifted, calm = ([], [])
    for _ in range(40):
        drawn = random.normal(size=(1_000, 10))
        calm.append(measured(reference, Joint.of(*made.project(drawn)))["mmd_rff"])
        shifted.append(measured(reference, Joint.of(*made.project(drawn + 0.3 * np.eye(10)[0])))["mmd_rff"])
    assert np.mean([each.effect for each in shifted]) == pytest.approx(0.3, rel=0.12)
    assert not [each for each in calm if each.effect > each.threshold]


def test_a_correlation_that_turns_round_is_found_and_nothing_else_is_there() -> None:
    random = np.random.default_rng(1)
    made = projection(pair(random, 5_000))
    reference = Joint.of(*made.project(pair(random, 5_000)))
    same, turned = (Joint.of(*made.project(pair(random, 1_000, by))) for by in (0.8, -0.8))
    for name in BOTH:
        calm, drift = measured(reference, same)[name], measured(reference, turned)[name]
        assert calm.effect < 0.1 * calm.threshold
        assert drift.effect > 2 * drift.threshold
        assert drift.p_value is not None
        assert drift.p_value < 1e-9
    assert evidence(reference, same) < 0 < 100 < evidence(reference, turned)


def test_features_that_become_more_alike_lie_nearer_to_the_plane() -> None:
    random = np.random.default_rng(2)
    made = projection(pair(random, 5_000))
    reference = Joint.of(*made.project(pair(random, 5_000)))
    closer = Joint.of(*made.project(pair(random, 1_000, 0.95)))
    assert pca_reconstruction(reference, closer) < -0.25
    assert measured(reference, closer)["pca_reconstruction"].effect > 0.25


def test_a_shift_of_one_feature_is_about_as_large_as_it_is() -> None:
    random = np.random.default_rng(3)
    made = projection(independent(random, 5_000))
    reference = Joint.of(*made.project(independent(random, 20_000)))
    shifts = np.array([0.2, 0.4, 0.6])
    found = []
    for shift in shifts:
        rows = independent(random, 20_000)
        rows[:, 0] += shift
        found.append(mmd_rff(reference, Joint.of(*made.project(rows))))
    assert found == pytest.approx(shifts, rel=0.2)


def test_the_distance_is_that_of_the_kernel() -> None:
    random = np.random.default_rng(4)
    here, there = pair(random, 1_000), pair(random, 1_000, -0.8)
    made = projection(here)
    scaled = [(rows - made.means) / made.scales for rows in (here, there)]
    apart = np.linalg.norm(scaled[0][:, None] - scaled[0][None], axis=2)
    median = np.median(apart[np.triu_indices(1_000, 1)])

    def kernel(a: FloatArray, b: FloatArray) -> float:
        squares = ((a[:, None] - b[None]) ** 2).sum(axis=2)
        widths = [np.exp(-squares / (2 * (median * width) ** 2)) for width in (1, 0.25)]
        return float(np.mean(widths))

    exact = kernel(scaled[0], scaled[0]) + kernel(scaled[1], scaled[1])
    exact -= 2 * kernel(*scaled)
    sides = [Joint.of(*made.project(rows)) for rows in (here, there)]
    difference = sides[0].embedding - sides[1].embedding
    assert float(difference @ difference) == pytest.approx(exact, rel=0.3)


@pytest.mark.parametrize("rows", [AIRLINE, CAR_LOAN], ids=["airlines", "car loans"])
def test_columns_shuffled_against_each_other_are_found_in_real_tables(rows: FloatArray) -> None:
    random = np.random.default_rng(5)
    order = random.permutation(len(rows))
    made = projection(rows[order[:1_500]])
    reference = Joint.of(*made.project(rows[order[1_500:3_000]]))
    window = rows[order[3_000:]]
    shuffled: Any = np.column_stack([random.permutation(column) for column in window.T])
    calm = measured(reference, Joint.of(*made.project(window)))
    drift = measured(reference, Joint.of(*made.project(shuffled)))
    for name in BOTH:
        assert calm[name].effect < 0.5 * calm[name].threshold
    assert max(drift[name].effect / drift[name].threshold for name in BOTH) > 1
