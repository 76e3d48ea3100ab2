"""Causes of findings: what happened to which column, in which order, and where those that moved come from."""

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from sparkmon.comparison import Checks, Finding, Judge, Provenance
from sparkmon.distributions import write_kll
from sparkmon.distributions.schema import PROFILE, PROFILES, REFERENCES

Floats = npt.NDArray[np.float64]
START = datetime(2026, 3, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
GENERATOR = np.random.default_rng(3)
TRAINING = {name: GENERATOR.normal(size=20_000) * 15 + 55 for name in ("temp", "humid", "wind", "score")}


def profile(values: Floats, k: int) -> dict[str, Any]:
    counts = {"count": len(values), "num_numbers": len(values), "num_texts": 0, "num_nulls": 0, "num_nan": 0}
    moments = {"avg": float(values.mean()), "m2": float(values.var() * len(values)), "sketch": write_kll([values], k)}
    ends = {"num_inf": 0, "min": float(values.min()), "max": float(values.max())}
    return dict.fromkeys([field.name for field in PROFILE]) | counts | moments | ends


def kind(name: str) -> str:
    return "prediction" if name == "score" else "feature"


def references() -> pa.Table:
    common = {"model": "flights", "model_version": "", "reference": "training", "data_type": "numeric"}
    rows = [
        common
        | {"column_name": name, "column_kind": kind(name), "column_index": 0, "created_time": START}
        | {"profile": profile(values, 4_000)}
        for name, values in TRAINING.items()
    ]
    return pa.Table.from_pylist(rows, schema=REFERENCES)


def window(hour: int = 0, **columns: Floats) -> pa.Table:
    """Return the profiles of a window of 1,000 rows; columns that are not given are like the training data."""
    own = {"model": "flights", "model_version": "", "window_start": START + hour * HOUR}
    own |= {"window_end": START + (hour + 1) * HOUR}
    values = {name: values[hour * 1_000 :][:1_000] for name, values in TRAINING.items()} | columns
    rows = [
        own | {"column_name": name, "column_kind": kind(name), "profile": profile(each, 800)}
        for name, each in values.items()
    ]
    return pa.Table.from_pylist(rows, schema=PROFILES)


CELSIUS = (TRAINING["temp"][:1_000] - 32) * 5 / 9
FROZEN = np.append(np.full(700, 61.2), TRAINING["humid"][:300])


def judged(profiles: pa.Table, **provenance: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401
    known = {"flights": Provenance(**provenance)}
    judge = Judge(references(), Checks(("ks",)), step_s=3_600, lengths=["1 hour"], provenance=known)
    return {row["column_name"]: row for row in judge.findings(profiles).to_pylist()}


def test_the_column_that_moved_most_is_first_and_says_what_happened() -> None:
    findings = judged(window(temp=CELSIUS, humid=FROZEN))
    assert findings["wind"]["causes"] is findings["wind"]["cause"] is None
    temp, humid = findings["temp"]["causes"], findings["humid"]["causes"]
    assert (temp["rank"], temp["pattern"], temp["related_columns"]) == (1, "units", ["humid"])
    assert (humid["rank"], humid["pattern"], humid["related_columns"]) == (2, "frozen", ["temp"])
    assert humid["share"] == pytest.approx(0.63, abs=0.02)  # 70 % are in a bin that has a tenth of the reference
    rows = {each["bin"]: each["rows"] for each in humid["bins"]}
    assert max(rows.values()) == pytest.approx(0.63 * 1_000, rel=0.05)
    message = Finding.of(findings["temp"]).message()
    assert message.endswith(
        "; it looks like other units: its values are 5/9 x - 17.8 of the reference's (Fahrenheit to Celsius)"
    )
    assert findings["temp"]["explanation"].endswith("(Fahrenheit to Celsius).")


def test_importance_times_the_share_that_moved_says_what_matters_first() -> None:
    findings = judged(window(temp=CELSIUS, humid=FROZEN), importances={"temp": 0.01, "humid": 0.3, "wind": 0.5})
    assert [findings[name]["causes"]["rank"] for name in ("humid", "temp")] == [1, 2]
    assert findings["humid"]["causes"]["importance"] == 0.3


def test_one_feature_group_is_named_as_the_common_cause_if_all_that_drift_come_from_it() -> None:
    groups = {"temp": "weather_1", "humid": "weather_1", "wind": "wind_1"}
    findings = judged(window(temp=CELSIUS, humid=FROZEN), groups=groups)
    assert findings["humid"]["causes"]["feature_group"] == "weather_1"
    assert findings["humid"]["cause"].endswith(
        "; all features that drift (temp, humid) come from the feature group weather_1"
    )
    both = judged(window(temp=CELSIUS, wind=FROZEN), groups=groups)
    assert both["temp"]["causes"]["feature_group"] is None


def test_a_prediction_that_drifts_names_the_features_that_did_or_points_at_the_model() -> None:
    alone = judged(window(score=TRAINING["score"][:1_000] + 30))["score"]
    assert alone["cause"].endswith("; no feature drifted: look at the model")
    both = judged(window(score=TRAINING["score"][:1_000] + 30, temp=CELSIUS))["score"]
    assert both["cause"].endswith("; its inputs drifted, first temp")
    assert (both["causes"]["rank"], both["causes"]["related_columns"]) == (2, ["temp"])


def test_a_drift_from_earlier_windows_is_explained_by_these() -> None:
    checks = Checks(("ks",), history=("previous",))
    judge = Judge(references(), checks, step_s=3_600, lengths=["1 hour"])
    findings = judge.findings(window(1, temp=CELSIUS), None, window(0))
    row = next(
        each for each in findings.to_pylist() if (each["column_name"], each["drift_type"]) == ("temp", "CONSECUTIVE")
    )
    assert (row["status"], row["causes"]["pattern"]) == ("drift", "units")
