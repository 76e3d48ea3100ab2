"""Detectors together: p-values that hold, bytes that are read or refused, and references without rows."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from sparkmon.comparison.rates import ReferenceRate, judge_rate
from sparkmon.detectors import DEFAULT_DETECTORS, OutlierModel, model_from_profiles
from sparkmon.detectors.tail import Tail
from sparkmon.distributions import write_kll
from sparkmon.errors import ProfileError, UnknownNameError
from sparkmon.protocol import Cells
from sparkmon.records import Feature
from tests.support.source import ROOT

NAMED = ("carrier", "origin")


def flights() -> pd.DataFrame:
    table = pd.read_parquet(ROOT / "examples" / "flights" / "flights.parquet").drop(columns="arrived_late").dropna()
    return table.astype(dict.fromkeys(NAMED, str)).sample(frac=1, random_state=2)


def cells_of(table: pd.DataFrame) -> Cells:
    columns = [np.full(len(table), np.nan) if name in NAMED else table[name].to_numpy(float) for name in table]
    matrix = np.column_stack(columns)
    texts = {place: pa.array(table[name]) for place, name in enumerate(table) if name in NAMED}
    return Cells((*table,), matrix, ~np.isnan(matrix), texts)


TABLE = flights()
FEATURES = [Feature(str(name), "categorical" if name in NAMED else "numeric") for name in TABLE]


@cache
def model() -> OutlierModel:
    return OutlierModel.fit(FEATURES, cells_of(TABLE[:10_000]), cells_of(TABLE[10_000:40_000]))


def p_values(table: pd.DataFrame) -> np.ndarray[Any, Any]:
    return model().scores(model().columns.read(cells_of(table))).p_values


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05])
def test_the_share_that_is_flagged_is_the_rate(rate: float) -> None:
    live = TABLE[40_000:]
    flagged = int((p_values(live) <= rate).sum())
    # Both the rows that set the threshold and those that are flagged are samples.
    spread = np.sqrt(rate * (1 / len(live) + 1 / 30_000)) * len(live)
    assert abs(flagged - rate * len(live)) < stats.norm.isf(0.0005) * spread


@pytest.mark.slow
def test_a_live_row_is_no_likelier_to_be_flagged_than_a_training_row() -> None:
    # Few rows and several detectors: a rank more or less would be a quarter of what is flagged.
    random, flagged, count = np.random.default_rng(6), 0, 0
    features = [Feature(name, "numeric") for name in "abc"]
    for _ in range(60):
        first, second, live = (Cells(("a", "b", "c"), random.normal(size=(size, 3))) for size in (300, 1_000, 4_000))
        model = OutlierModel.fit(features, first, second)
        flagged += int((model.scores(model.columns.read(live)).p_values <= 0.01).sum())
        count += len(live)
    spread = np.sqrt(0.01 / 1_000 / 60 + 0.01 / count)
    assert abs(flagged / count - 0.01) < 3 * spread


def in_celsius(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(temp=((table["temp"] - 32) * 5 / 9).round(2))


@pytest.mark.slow
def test_windows_with_two_percent_of_broken_units_alert_and_of_a_thousand_without_one_at_most() -> None:
    random, live = np.random.default_rng(3), TABLE[40_000:]
    usual, broken = p_values(live) <= 0.001, p_values(in_celsius(live)) <= 0.001
    reference = ReferenceRate.of(30, 30_000)

    def alerts(flags: np.ndarray[Any, Any]) -> bool:
        found = judge_rate("outlier_rate", int(flags.sum()), len(flags), reference.greatest, reference)
        return bool(found["status"] == "over_limit")

    rows = [random.choice(len(live), 1_000, replace=False) for _ in range(1_000)]
    assert sum(alerts(usual[each]) for each in rows) <= 1
    assert all(alerts(np.append(usual[each[20:]], broken[each[:20]])) for each in rows)


def test_broken_units_are_found_and_named() -> None:
    live = in_celsius(TABLE[40_000:41_000])
    rows = model().columns.read(cells_of(live))
    scores = model().scores(rows)
    assert (scores.p_values <= 0.001).mean() > 0.99
    place = DEFAULT_DETECTORS.index("mahalanobis")
    own, usual = (
        model().detectors[place].score(each) for each in (rows, model().columns.read(cells_of(TABLE[41_000:])))
    )
    assert stats.mannwhitneyu(own, usual).statistic / (own.size * usual.size) > 0.99  # the area under the ROC curve
    assert (scores.of_detectors.argmin(axis=0) == place).mean() > 0.98
    named = model().detectors[place].parts(model().columns, rows).argmax(axis=1)
    assert (named == model().columns.names.index("temp")).mean() > 0.98


def test_bytes_are_read_as_they_were_written() -> None:
    data = model().to_bytes()
    assert len(data) < 200_000
    again, rows = OutlierModel.from_bytes(data), model().columns.read(cells_of(TABLE[:500]))
    assert np.array_equal(again.scores(rows).p_values, model().scores(rows).p_values)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(format=2),
        lambda fields: fields.pop("tails"),
        lambda fields: fields["tails"].pop(),
        lambda fields: fields["columns"]["medians"].pop(),
        lambda fields: fields["detectors"][2][1]["edges"].__setitem__(1, [10**12]),
        lambda fields: fields["detectors"][2][1].update(terms=fields["detectors"][1][1]["scales"]),
        lambda fields: fields["detectors"][3][1].update(root=fields["detectors"][1][1]["scales"]),
        lambda fields: fields["tails"][0].update(ranks=fields["tails"][0]["scores"]),
        lambda fields: fields["columns"].update(levels={"x": ["y"] * 100_000}),
    ],
)
def test_bytes_that_are_none_are_refused(change: Callable[[Any], None]) -> None:
    fields = json.loads(model().to_bytes())
    change(fields)
    with pytest.raises(ProfileError):
        OutlierModel.from_bytes(json.dumps(fields).encode())
    with pytest.raises(ProfileError, match="at most"):
        OutlierModel.from_bytes(b" " * 9_000_000)


def test_a_detector_that_is_not_registered_is_named() -> None:
    fields = json.loads(model().to_bytes())
    fields["detectors"][0][0] = "my_own"
    with pytest.raises(UnknownNameError, match="my_own"):
        OutlierModel.from_bytes(json.dumps(fields).encode())


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ProfileError, match="got 40 and 100 rows; expected 50 or more of each"):
        OutlierModel.fit(FEATURES, cells_of(TABLE[:40]), cells_of(TABLE[40:140]))


def test_p_values_are_those_of_ranks() -> None:
    scores = np.random.default_rng(1).normal(size=50_000)
    tail = Tail.of(scores)
    assert tail.scores.size < 2_000
    asked = np.random.default_rng(2).normal(size=2_000)
    exact = (1 + (scores[:, None] >= asked).sum(axis=0)) / 50_001
    found = tail.p_values(asked)
    assert np.array_equal(found[exact < 0.02], exact[exact < 0.02])
    assert (found >= exact).all()
    assert (found <= 1.05 * exact + 1e-9).all()


def test_a_reference_without_rows_has_the_detectors_of_columns() -> None:
    count = 40_000
    profiles = []
    for feature in FEATURES:
        column = TABLE[feature.name][:count]
        profile: dict[str, Any] = dict.fromkeys(("num_nulls", "num_nan", "num_inf", "num_texts", "num_numbers"), 0)
        profile |= {"count": count, "sketch": None, "frequent_items": [], "distinct_sketch": None, "vector": None}
        if feature.kind == "numeric":
            sketch = write_kll([column.to_numpy(float)], 4_000)
            profile |= {"num_numbers": count, "sketch": sketch, "min": column.min(), "max": column.max()}
            profile |= {"avg": column.mean(), "m2": column.var() * count}
        else:
            profile |= {"num_texts": count, "frequent_items": [*column.value_counts().items()]}
        profiles.append({"column_name": feature.name, "data_type": feature.kind, "profile": profile})
    model = model_from_profiles(profiles)
    assert [each.name for each in model.detectors] == ["violations", "robust_z"]
    live = TABLE[40_000:].copy()
    found = model.scores(model.columns.read(cells_of(live))).p_values
    assert (found <= 0.001).sum() <= stats.binom.ppf(0.9999, len(live), 0.001)
    live["dep_delay"] = 100_000.0
    live["carrier"] = "ZZ"
    assert (model.scores(model.columns.read(cells_of(live))).p_values <= 0.001).all()
