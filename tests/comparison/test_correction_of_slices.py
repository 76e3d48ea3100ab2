"""Families of tests: the findings of slices are corrected as Benjamini and Bogomolov say, those of the whole apart."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from scipy.stats import false_discovery_control, norm

from sparkmon.comparison import correct

ALPHA = 0.05
COLUMNS = (
    *("model", "model_version", "window_start", "window_end", "drift_type", "slice_key"),
    *("slice_value", "column_name", "p_value", "status", "reason"),
)
Numbers = npt.NDArray[np.float64]


def by_hand(whole: Numbers, slices: Numbers, alpha: float) -> tuple[Numbers, Numbers]:
    """Adjust the p-values of windows: ``whole`` by window and test, ``slices`` by window, family and test."""
    inside = false_discovery_control(slices, axis=-1)
    of_family = false_discovery_control(inside.min(axis=-1), axis=-1)
    selected = np.maximum(1, (of_family <= alpha / 2).sum(axis=-1))[..., None, None]
    adjusted = np.maximum(of_family[..., None], inside * slices.shape[-2] / selected)
    return np.minimum(1, 2 * false_discovery_control(whole, axis=-1)), np.minimum(1, 2 * adjusted)


def corrected(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    named = [dict(zip(COLUMNS, row, strict=True)) | {"statistic": "ks"} for row in rows]
    return correct(pa.Table.from_pylist(named), ALPHA).to_pylist()


def test_adjusted_values_are_those_of_numpy() -> None:
    random = np.random.default_rng(4)
    windows = {start: (random.beta(0.5, 1, 12), random.beta(0.4, 1, (9, 12))) for start in range(4)}
    windows[3] = (random.random(12), random.random((9, 12)))  # nothing to be found
    rows = [
        ("m", "", start, start + 1, "BASELINE", key, value, f"c{at}", p_value, "drift", "r")
        for start, (whole, slices) in windows.items()
        for key, value, family in [
            (None, None, [*whole.tolist(), None]),
            *(("k" if at % 2 else "o", f"v{at}", row.tolist()) for at, row in enumerate(slices)),
        ]
        for at, p_value in enumerate(family)
    ]
    findings = corrected(rows)
    assert len(findings) == len(rows)
    rows_by_key = {(row["window_start"], row["slice_value"], row["column_name"]): row for row in findings}
    statuses = set()
    for start, (whole, slices) in windows.items():
        of_whole, of_slices = by_hand(whole, slices, ALPHA)
        for at in range(12):
            expected = {None: of_whole[at]} | {f"v{i}": of_slices[i, at] for i in range(9)}
            for value, adjusted in expected.items():
                row = rows_by_key[start, value, f"c{at}"]
                assert row["p_adjusted"] == pytest.approx(adjusted, rel=1e-12)
                assert row["status"] == ("drift" if adjusted <= ALPHA else "ok")
                statuses.add((value is None, row["status"]))
        untested = rows_by_key[start, None, "c12"]
        assert (untested["p_adjusted"], untested["status"]) == (None, "drift")
    assert len(statuses) == 4


def test_a_window_without_slices_keeps_all_of_its_level() -> None:
    rows: list[tuple[Any, ...]] = [
        ("m", "", start, 9, "BASELINE", None, None, f"c{at}", p_value, "drift", "r")
        for start in (0, 1)
        for at, p_value in enumerate((0.01, 0.04))
    ]
    rows.append(("m", "", 1, 9, "BASELINE", "k", "v", "c0", 0.9, "ok", "r"))
    rows_by_key = {
        (row["window_start"], row["slice_key"], row["column_name"]): row["p_adjusted"] for row in corrected(rows)
    }
    assert rows_by_key == pytest.approx(
        {
            (0, None, "c0"): 0.02,
            (0, None, "c1"): 0.04,
            (1, None, "c0"): 0.04,
            (1, None, "c1"): 0.08,
            (1, "k", "c0"): 1.0,
        }
    )


def rejected(draws: Numbers) -> npt.NDArray[np.bool_]:
    """Tell which tests of windows stand, where the first family is the whole."""
    whole, slices = by_hand(draws[:, 0], draws[:, 1:], ALPHA)
    return np.concatenate([whole[:, None], slices], axis=1) <= ALPHA


@pytest.mark.slow
def test_windows_without_drift_have_a_finding_in_at_most_alpha_of_them() -> None:
    draws = np.random.default_rng(31).random((20_000, 13, 15))
    alarms = rejected(draws).any(axis=(1, 2))
    # The whole and the slices have half of alpha each, and both are exact where tests are independent.
    expected = 1 - (1 - ALPHA / 2) ** 2
    assert alarms.mean() == pytest.approx(expected, abs=3 * np.sqrt(expected / len(draws)))


def test_the_average_false_discovery_rate_of_selected_slices_is_kept_and_drift_is_found() -> None:
    shifts = np.zeros((13, 15))
    shifts[1:3, :4] = 4.0  # two of twelve slices drift, in four of fifteen tests
    random = np.random.default_rng(32)
    stands = rejected(norm.sf(random.normal(shifts, size=(4_000, 13, 15))))[:, 1:]
    shares = (stands & (shifts[1:] == 0)).sum(axis=2) / np.maximum(1, stands.sum(axis=2))
    chosen = stands.any(axis=2)
    rate = (shares * chosen).sum(axis=1) / np.maximum(1, chosen.sum(axis=1))
    assert rate.mean() < ALPHA / 2
    assert stands[:, :2, :4].mean() > 0.6
