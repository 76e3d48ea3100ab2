"""Tables cut into windows: the block numbers of their rows, and columns as numbers and strings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.verdicts.case import BLOCK

__all__ = ["alternate", "cut"]


def cut(table: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Give each run of so many rows its number; rows at the end that fill no window are left out."""
    whole = plain(table.iloc[: len(table) // rows * rows])
    return whole.assign(**{BLOCK: np.arange(len(whole)) // rows})


def alternate(table: pd.DataFrame, period: pd.Series[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a table by its periods (days, weeks), numbered from 0: even ones are the reference, odd ones current.

    Both sides are of the same season, so that neither is a drift from the other, and each keeps its rows' order.
    """
    numbered = plain(table).assign(**{BLOCK: period.to_numpy() // 2})
    odd = period.to_numpy() % 2 == 1
    return numbered[~odd].reset_index(drop=True), numbered[odd].reset_index(drop=True)


def plain(table: pd.DataFrame, drop: Sequence[str] = ()) -> pd.DataFrame:
    """Return the table with truth values and categories as strings, which every system takes; nulls stay null."""
    made = {}
    for name, column in table.drop(columns=list(drop)).items():
        if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            column = column.astype("object").map(str, na_action="ignore")
        made[str(name)] = column.reset_index(drop=True)
    return pd.DataFrame(made)
