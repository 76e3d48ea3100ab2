"""References made of a feature store's own statistics: no alarm without drift, and a real shift is found.

Beside them stands the rule of Hopsworks' own client on the same statistics, run by its own code.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hsfs.core.distribution_distance import _compute
from hsfs.core.distribution_engine import DistributionEngine
from hsfs.core.feature_descriptive_statistics import FeatureDescriptiveStatistics

from sparkmon.comparison import verdict
from sparkmon.distributions import Distribution, summary_of
from sparkmon.statistics import STATISTICS
from sparkmon.store.hopsworks.descriptive_statistics import profile_of

pytestmark = pytest.mark.slow

FloatArray = npt.NDArray[np.float64]
ROWS, SEEDS = 5000, 100
NAMES = ("ks", "psi", "wasserstein", "wasserstein_normed", "js", "hellinger", "tv")
NEVER = ("linf", "null_rate", "nan_rate", "range_rate")
"""Statistics that a shift by one deviation does not move far, or not always."""
DRAWS: dict[str, Callable[[np.random.Generator], FloatArray]] = {
    "normal": lambda rng: rng.normal(size=ROWS),
    "lognormal": lambda rng: rng.lognormal(size=ROWS),
    "exponential": lambda rng: rng.exponential(size=ROWS),
    "poisson": lambda rng: rng.poisson(3, ROWS).astype(np.float64),
    "0 to 100": lambda rng: rng.integers(0, 101, ROWS).astype(np.float64),
}
COUNTS = {"poisson", "0 to 100"}
ALARMS_OF_THEIRS = {"normal": 70, "lognormal": 70, "exponential": 50}
"""Of 100 comparisons without drift; what was seen is 85, 82 and 67."""


def statistics_of(rows: FloatArray) -> FeatureDescriptiveStatistics:
    """Summarise rows as Hopsworks does: 99 percentiles, and 20 bins whose labels have two decimals."""
    counts, edges = np.histogram(rows, 20)
    histogram = [
        {"value": f"{low:.2f} to {high:.2f}", "count": int(count), "ratio": count / ROWS}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return FeatureDescriptiveStatistics(
        "x",
        feature_type="Fractional",
        count=ROWS,
        num_non_null_values=ROWS,
        num_null_values=0,
        min=float(rows.min()),
        max=float(rows.max()),
        mean=float(rows.mean()),
        std_dev=float(rows.std()),
        percentiles=np.percentile(rows, range(1, 100)).tolist(),
        extended_statistics={"histogram": histogram},
    )


def their_psi(reference: FloatArray, current: FloatArray) -> float:
    """Compute PSI as Hopsworks' job does by default."""
    engine = DistributionEngine()
    sides = statistics_of(reference), statistics_of(current)
    edges = engine._resolve_bin_edges(*sides, "EQUI_FREQUENCY", 10, None)
    shares = [
        engine._build_distribution(side, "EQUI_FREQUENCY", edges, 1e-6, window) for window, side in enumerate(sides)
    ]
    return float(_compute(shares[1], shares[0], "PSI"))


def as_reference(rows: FloatArray, shape: str) -> Distribution:
    """Return the reference that is made of one shape of statistics."""
    said = statistics_of(rows).to_dict()
    if shape == "histogram":
        said |= {"percentiles": None}
    elif shape == "quartiles":
        quartiles = {f"{share}%": said["percentiles"][share - 1] for share in (25, 50, 75)}
        said |= {"percentiles": quartiles, "extendedStatistics": None}
    kind, profile = profile_of(said)
    found = summary_of(profile, kind)
    assert isinstance(found, Distribution)
    return found


@pytest.mark.parametrize("column", sorted(DRAWS))
def test_no_drift_raises_no_alarm_and_a_shift_by_one_deviation_does(column: str) -> None:
    drifts: Counter[tuple[str, str, str]] = Counter()
    theirs = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        reference, current = DRAWS[column](rng), DRAWS[column](rng)
        theirs += their_psi(reference, current) >= 0.2
        for shape in ("histogram", "percentiles", "quartiles"):
            made = as_reference(reference, shape)
            shift = float(reference.std())
            shifted = current + (round(shift) if column in COUNTS else shift)
            for name in (*NAMES, *NEVER):
                for case, rows in (("none", current), ("shift", shifted)):
                    statistic = STATISTICS.get(name)
                    measured = statistic.measure(made, Distribution.from_sample(rows))
                    drifts[shape, name, case] += verdict(statistic, measured)[0] == "drift"
    alarms = {key: count for key, count in drifts.items() if key[2] == "none" and count}
    assert alarms == {}
    assert theirs >= ALARMS_OF_THEIRS.get(column, 0)
    for shape in ("histogram", "percentiles"):
        assert min(drifts[shape, name, "shift"] for name in NAMES) >= 95
    assert drifts["quartiles", "ks", "shift"] >= 95


def test_the_error_is_stated() -> None:
    rows = np.random.default_rng(0).normal(size=ROWS)
    assert as_reference(rows, "percentiles").rank_error == pytest.approx(0.02 + 1 / ROWS)
    assert as_reference(rows, "quartiles").rank_error == pytest.approx(0.26 + 1 / ROWS)
    fullest = np.histogram(rows, 20)[0].max() / ROWS
    assert as_reference(rows, "histogram").rank_error == pytest.approx(fullest)
