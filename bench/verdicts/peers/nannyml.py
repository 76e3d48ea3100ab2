"""NannyML: its default univariate drift, fitted to the reference's own chunks, one chunk a window."""

from __future__ import annotations

import nannyml as nml  # type: ignore[import-not-found]
import pandas as pd

from bench.verdicts.case import BLOCK, Verdicts
from bench.verdicts.peers.serve import serve

_TIME = "_time"
_FIRST = pd.Timestamp("2020-01-01")


def judge(reference: pd.DataFrame, current: pd.DataFrame, kinds: dict[str, str]) -> Verdicts:
    calculator = nml.UnivariateDriftCalculator(column_names=list(kinds), timestamp_column_name=_TIME, chunk_period="D")
    calculator.fit(_dated(reference, 0))
    after = int(reference[BLOCK].max()) + 1
    found = calculator.calculate(_dated(current, after)).filter(period="analysis").to_df()
    return {name: [bool(each) for each in found[name].filter(like="alert").any(axis=1)] for name in kinds}


def _dated(table: pd.DataFrame, first: int) -> pd.DataFrame:
    """Give each block a day, which is then a chunk."""
    days = pd.to_timedelta(table[BLOCK] + first, unit="D")
    return table.drop(columns=BLOCK).assign(**{_TIME: _FIRST + days})


if __name__ == "__main__":
    serve("nannyml", judge)
