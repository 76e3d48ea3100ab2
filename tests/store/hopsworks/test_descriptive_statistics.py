"""Hopsworks' descriptive statistics in every shape they come in, and those that hold no distribution."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from datasketches import kll_doubles_sketch
from hsfs.core.feature_descriptive_statistics import FeatureDescriptiveStatistics

from sparkmon.distributions import Categories, Distribution, summary_of
from sparkmon.distributions.schema import PROFILE
from sparkmon.errors import ProfileError
from sparkmon.store.hopsworks.descriptive_statistics import kind_of_feature, profile_of

ROWS = np.random.default_rng(1).exponential(0.02, 4000)  # two decimals say little of these
COUNTS, EDGES = np.histogram(ROWS, 20)
LABELLED = [
    {"value": f"{low:.2f} to {high:.2f}", "count": int(count)}
    for low, high, count in zip(EDGES[:-1], EDGES[1:], COUNTS, strict=True)
]


def said(**more: object) -> dict[str, Any]:
    """Make the statistics of a numeric feature, without any distribution."""
    return {
        "featureName": "speed",
        "featureType": "Fractional",
        "count": 4010,
        "completeness": 0.9975,
        "numNonNullValues": 4000,
        "numNullValues": 10,
        "min": float(ROWS.min()),
        "max": float(ROWS.max()),
        "mean": float(ROWS.mean()),
    } | more


def distribution(statistics: dict[str, Any]) -> Distribution:
    """Read statistics to the end."""
    kind, profile = profile_of(statistics)
    found = summary_of(profile, kind)
    assert isinstance(found, Distribution)
    return found


def test_native_kll_bytes_are_taken_as_they_are() -> None:
    sketch = kll_doubles_sketch(200)
    for row in ROWS:
        sketch.update(float(row))
    native = {"kllFormat": "datasketches-native-v1", "bytes": base64.b64encode(sketch.serialize()).decode()}
    extended = {"kll": native, "histogram": LABELLED}
    kind, profile = profile_of(said(extendedStatistics=json.dumps(extended), stdDev=0.02))
    assert (kind, profile["sketch"]) == ("numeric", sketch.serialize())
    assert (profile["count"], profile["num_nulls"], profile["num_numbers"]) == (4010, 10, 4000)
    assert profile["m2"] == pytest.approx(0.02**2 * 4000)
    assert set(profile) <= {field.name for field in PROFILE}
    # The client rewrites the keys of an object, though not those of a text, in snake case.
    wire = said(extendedStatistics=extended)
    assert profile_of(wire)[1]["sketch"] == sketch.serialize()
    rewritten = FeatureDescriptiveStatistics.from_response_json(wire).to_dict()
    assert "kll_format" in rewritten["extendedStatistics"]
    assert profile_of(rewritten)[1]["sketch"] == sketch.serialize()


@pytest.mark.parametrize(
    ("percentiles", "error"),
    [
        (np.percentile(ROWS, range(1, 100)).tolist(), 0.02),
        (np.percentile(ROWS, range(1, 101)).tolist(), 0.02),
        ({f"{share}%": float(np.percentile(ROWS, share)) for share in (25, 50, 75)}, 0.26),
        ([float(np.percentile(ROWS, each + 1)) if each in (24, 49, 74) else 0 for each in range(100)], 0.26),
    ],
    ids=["99", "100", "quartiles by name", "100, but three of them zero"],
)
def test_percentiles(percentiles: object, error: float) -> None:
    found = distribution(said(percentiles=percentiles))
    assert (found.n, found.null_count) == (4000.0, 10.0)
    assert found.rank_error == pytest.approx(error + 1 / 4000)
    assert found.quantile(0.5) == pytest.approx(np.median(ROWS), rel=0.05)
    assert np.abs(found.cdf(ROWS) - Distribution.from_sample(ROWS).cdf(ROWS)).max() <= found.rank_error


def test_a_histograms_edges_are_those_of_equal_bins_where_labels_are_too_short() -> None:
    found = distribution(said(extendedStatistics=json.dumps({"histogram": LABELLED})))
    assert found.table is not None
    assert found.table.values == pytest.approx(EDGES)
    assert found.table.slack == 0
    assert found.n == 4000


def test_a_histogram_of_other_bins_keeps_its_labels_and_their_rounding() -> None:
    bins = [{"value": "0.00 to 1.00", "count": 3}, {"value": "1.00 to 4.00", "count": 1}]
    found = distribution(said(min=0, max=4, extendedStatistics={"histogram": bins}))
    assert found.table is not None
    assert (found.table.values.tolist(), found.table.slack) == ([0.0, 1.0, 4.0], 0.005)
    negative = [{"value": "-3.5 to -1.5", "count": 3}, {"value": "1.5 to 2.5", "count": 1}]
    found = distribution(said(min=None, max=None, extendedStatistics={"histogram": negative}))
    assert found.table is not None
    assert found.table.values.tolist() == [-3.5, -1.5, 1.5, 2.5]
    assert found.table.shares.tolist() == [0.0, 0.75, 0.75, 1.0]


def test_what_leaves_less_unknown_is_taken() -> None:
    quartiles = {f"{share}%": float(np.percentile(ROWS, share)) for share in (25, 50, 75)}
    spread = np.histogram(np.linspace(0, 1, 4000), 20)[0]
    even = [
        {"value": f"{low / 20:.2f} to {(low + 1) / 20:.2f}", "count": int(count)} for low, count in enumerate(spread)
    ]
    both = said(percentiles=quartiles, extendedStatistics={"histogram": even}, min=0.0, max=1.0)
    assert distribution(both).rank_error == pytest.approx(0.05)


def test_a_constant_needs_no_distribution() -> None:
    found = distribution(said(min=3, max=3, mean=3, stddev=0))
    assert (found.values.tolist(), found.n) == ([3.0], 4000.0)


def test_levels_beyond_the_commonest_are_the_remainder() -> None:
    levels = [{"value": "SE", "count": 600, "ratio": 0.6}, {"value": "DE", "count": 300}]
    text = said(featureType="String", extendedStatistics=json.dumps({"histogram": levels}))
    kind, profile = profile_of(text | {"numNonNullValues": 1000, "count": 1010})
    found = summary_of(profile, kind)
    assert isinstance(found, Categories)
    assert dict(found.counts) == {"SE": 600.0, "DE": 300.0}
    assert (found.untracked, found.null_count, found.n) == (100.0, 10.0, 1000.0)


def test_truth_values_are_written_as_spark_writes_them() -> None:
    levels = [{"value": "True", "count": 7}, {"value": "False", "count": 3}]
    _, profile = profile_of(said(featureType="Boolean", extendedStatistics={"histogram": levels}))
    assert dict(profile["frequent_items"]) == {"true": 7, "false": 3}


@pytest.mark.parametrize(
    ("statistics", "reason"),
    [
        (said(stddev=0.02), "no percentiles, no histogram and no KLL sketch"),
        (said(featureType="String"), "they hold no histogram"),
        (said(featureType="Unknown"), "of the type 'Unknown'"),
        (said(percentiles=[2.0, 1.0]), "ascending"),
        (said(percentiles=[0.0] * 5000), "5000 percentiles"),
        (said(percentiles={"0.25": 1.0}), "a percentile '0.25'"),
        (said(extendedStatistics="{"), "Expecting property name"),
        (said(extendedStatistics={"histogram": [1, 2, 3]}), "no list of at most 4,000 bins"),
        (said(extendedStatistics={"histogram": [{"value": "a", "count": 1}]}), "could not convert"),
        (said(extendedStatistics={"histogram": [{"value": "1 to 2", "count": -1}]}), "count -1"),
        (
            said(extendedStatistics={"kll": {"kllFormat": "datasketches-native-v1", "bytes": "QQ=="}}),
            "no KLL sketch: 1 bytes",
        ),
        (said(extendedStatistics={"kll": {"kllFormat": "datasketches-native-v1", "bytes": "!"}}), "no base64"),
    ],
)
def test_no_distribution_is_refused_by_name_and_with_what_to_enable(statistics: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProfileError, match=rf"feature 'speed' .*{reason}.*StatisticsConfig\(kll=True\)"):
        profile_of(statistics)


def test_kinds_of_features() -> None:
    numeric = ["tinyint", "BIGINT", "decimal(10,2)", "double", "Integral", "Fractional"]
    assert {kind_of_feature(name) for name in numeric} == {"numeric"}
    assert {kind_of_feature(name) for name in ("string", "Boolean")} == {"categorical"}
    assert {kind_of_feature(name) for name in ("timestamp", "array<int>", "binary", "None")} == {None}
