"""Columns with too many levels to compare: they are never called ok."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.comparison import Checks, Finding, References, compare_profiles
from sparkmon.distributions.schema import REFERENCES
from sparkmon.panes import PaneBuilder
from sparkmon.profiles import id_columns
from sparkmon.protocol import Cells, RowBlock

ROWS = 20_000
LEVELS = {"merchant": 5_000, "agent": 700, "card": ROWS, "shop": 7, "half": ROWS}


def profiles(prefix: str) -> pa.Table:
    """Summarise rows whose levels, of several numbers, begin with a prefix."""
    places = np.arange(ROWS)
    texts: dict[int, Any] = {
        column: pa.array([f"{prefix}{place % levels}" for place in places])
        for column, levels in enumerate(LEVELS.values())
    }
    # Half of the rows have one of five levels, whatever the prefix.
    texts[4] = pa.array([f"{prefix}{place}" if place % 2 else f"shop {place % 5}" for place in places])
    nothing = np.full((ROWS, len(LEVELS)), np.nan)
    cells = Cells((*LEVELS,), nothing, np.zeros(nothing.shape, np.bool_), texts)
    builder = PaneBuilder(60)
    zeros = np.zeros(ROWS, np.int64)
    builder.add(RowBlock("m", "", "request", places, zeros, zeros.astype(np.int32), cells))
    return builder.build().drop_columns(["last_event_time"])


def references() -> pa.Table:
    rows = profiles("a").to_pylist()
    more = {"reference": "training", "data_type": "categorical", "created_time": 0}
    return pa.Table.from_pylist(
        [row | more | {"column_index": place} for place, row in enumerate(rows)], schema=REFERENCES
    )


@pytest.mark.slow
def test_rare_levels_are_not_comparable_whatever_comes() -> None:
    checks = Checks(statistics=("psi", "js", "chi2", "unseen_rate", "null_rate"))
    for prefix in "ab":
        rows = compare_profiles(profiles(prefix), References(references(), checks), checks)
        status = {(row["column_name"], row["statistic"]): row for row in rows.to_pylist()}
        for column in ("merchant", "card"):
            for name in ("psi", "js", "chi2", "unseen_rate"):
                row = status[column, name]
                assert (row["status"], row["value"], row["p_value"]) == ("not_comparable", None, None)
                assert "levels are too rare to see them change in 100% of the reference's rows" in row["reason"]
            assert status[column, "null_rate"]["status"] == "ok"
        expected = "ok" if prefix == "a" else "drift"
        for column in ("agent", "shop"):
            assert {status[column, name]["status"] for name in ("psi", "js", "unseen_rate")} == {expected}
        # Nobody can see whether the rare half was replaced, and the findings say so.
        assert status["half", "unseen_rate"]["status"] == "not_comparable"
        for name in ("psi", "js", "chi2", "unseen_rate"):
            row = status["half", name]
            assert "levels are too rare to see them change in 50% of the reference's rows" in row["reason"]
            assert "in 50% of the reference's rows" in Finding.of(row).explain()
        assert status["half", "psi"]["status"] == "ok"
        assert "rare" not in status["half", "null_rate"]["reason"] + status["shop", "psi"]["reason"]


def test_columns_of_ids_are_named() -> None:
    # Without a column of numbers the table is not read.
    assert id_columns(references(), None) == ["merchant", "card"]  # type: ignore[arg-type]
