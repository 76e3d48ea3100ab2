"""Rows of blocks: flagged, the most severe of each window explained, and bounded whatever is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from sparkmon.detectors import OutlierDetector, OutlierModel, OutlierRows, Outliers
from sparkmon.errors import OptionError
from sparkmon.protocol import Cells, RowBlock
from sparkmon.records import Feature
from tests.detectors.test_detectors import FEATURES, TRAINING, cells

MODEL = OutlierModel.fit(FEATURES, TRAINING.take(np.arange(500)), TRAINING.take(np.arange(500, 2_000)))
HOUR = 3_600_000_000
FAR = 1e6


def searching(keep: int = 3) -> OutlierRows:
    return OutlierDetector({("shop", ""): MODEL}, Outliers(rate=0.01, keep=keep), HOUR).open()


def block(
    numbers: Sequence[Sequence[float]], times: npt.ArrayLike | None = None, levels: Sequence[str] | None = None
) -> RowBlock:
    count = len(numbers)
    places = np.arange(count)
    moments = np.zeros(count, np.int64) if times is None else np.asarray(times)
    features = cells(numbers, levels or ["low"] * count)
    return RowBlock("shop", "", "request", places, moments, places.astype(np.int32), features)


def ids(count: int, text: str = "e") -> pa.Array[Any]:
    return pa.array([f"{text}{place}" for place in range(count)])


def test_a_row_is_flagged_and_explained_in_words_and_as_data() -> None:
    outliers = searching()
    (marked,) = outliers.mark([block([[-1.0, -1.0], [-1.0, FAR]])], ids(2))
    assert marked.row_flags is not None
    assert marked.row_flags.names == (":outlier",)
    assert marked.row_flags.numbers.tolist() == [[0.0], [1.0]]
    (row,) = outliers.build().to_pylist()
    assert (row["event_id"], row["instance"], row["window_end"].hour) == ("e1", 1, 1)
    assert row["p_value"] <= 0.01
    assert row["severity"] == pytest.approx(100 * (1 - row["p_value"]))
    (cause,) = row["columns"]
    assert (cause["column_name"], cause["value"]) == ("b", "1e+06")
    assert cause["share"] > 0.9
    assert row["reason"].startswith("b = 1e+06 ")


def test_the_most_severe_of_each_window_stay_in_whatever_order_they_come() -> None:
    random = np.random.default_rng(4)
    far = random.permutation(np.arange(10.0, 60.0))
    outliers = searching(keep=3)
    for part in np.split(far, 5):
        outliers.mark([block([[0.0, each * 1e3] for each in part], [HOUR] * 10)], ids(10))
        outliers.mark([block([[0.0, each] for each in part], [0] * 10)], ids(10))
    rows = outliers.build().to_pylist()
    values = {
        hour: sorted(row["columns"][0]["value"] for row in rows if row["window_start"].hour == hour) for hour in (0, 1)
    }
    assert values == {0: ["57", "58", "59"], 1: ["57000", "58000", "59000"]}


def test_what_is_not_searched_stays_as_it_is() -> None:
    outliers = searching()
    far = block([[FAR, FAR]])
    others = [replace(far, model="bank"), replace(far, event_type="response"), replace(far, features=None)]
    assert [each.row_flags for each in outliers.mark(others, ids(1))] == [None, None, None]
    flags = Cells(("x.missing",), np.array([[1.0]]))
    (marked,) = outliers.mark([replace(far, row_flags=flags)], ids(1))
    assert marked.row_flags is not None
    assert marked.row_flags.names == ("x.missing", ":outlier")


@pytest.mark.slow
def test_hostile_texts_are_short_and_printable_and_windows_are_bounded() -> None:
    outliers = searching(keep=2)
    evil = "\x1b[31m\n| **x** |" * 1_000
    outliers.mark([block([[0.0, FAR]], levels=[evil])], pa.array([evil]))
    (row,) = outliers.build().to_pylist()
    for text in (row["event_id"], row["reason"], *(each["value"] for each in row["columns"])):
        assert text.isprintable()
        assert len(text) < 2_000
    outliers = searching(keep=2)
    times = np.arange(5_000) * HOUR
    outliers.mark([block([[0.0, FAR]] * 5_000, times)], ids(5_000))
    assert outliers.build().num_rows == 1_000


@pytest.mark.parametrize("options", [{"rate": 0.0}, {"rate": 0.2}, {"keep": 0}])
def test_settings_that_are_none_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        Outliers(**options)


def test_versions_without_detectors_of_their_own_have_those_of_the_model() -> None:
    outliers = searching()
    (marked,) = outliers.mark([replace(block([[0.0, FAR]]), model_version="7")], ids(1))
    assert marked.row_flags is not None
    assert outliers.build()["model_version"].to_pylist() == ["7"]


def test_dates_do_not_enter() -> None:
    features = [*FEATURES, Feature("when", "time")]
    both = Cells(
        (*TRAINING.names, "when"), np.column_stack([TRAINING.numbers, np.arange(2_000.0)]), None, TRAINING.texts
    )
    model = OutlierModel.fit(features, both, both)
    assert model.columns.names == ("a", "b", "level")
