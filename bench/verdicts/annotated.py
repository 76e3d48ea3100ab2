"""River's tables: series in which people marked the changes, and the shuttle with more anomalies from some row on."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pandas as pd

from bench.verdicts.case import BLOCK, Case
from bench.verdicts.cut import cut
from bench.verdicts.packages import read_packaged

__all__ = ["annotated_series", "shuttle"]

_SERIES = {"airline_passengers": ("date", 299), "occupancy": ("time", 238), "run_log": ("time", 60)}
"""The column of times, and the first change that three of five people mark, give or take five rows. River's other
series are marked by the rows of a thinner one, or the people disagree."""
_ROWS = 20
_SHUTTLE_ROWS = 1_000
_SHUTTLE_REFERENCE = 20
_SHUTTLE_CHANGE = 15
_MORE = 200


def annotated_series(*, quick: bool) -> list[Case]:
    """Three short series in windows of 20 rows, from well before the first change to 60 rows or more after it."""
    del quick  # they are small
    made = []
    for name, (time, change) in _SERIES.items():
        table = pd.read_csv(io.BytesIO(_river(f"drift/datasets/{name}.csv"))).drop(columns=time)
        before = change // _ROWS  # whole windows of 20; one that the change falls into counts as before it
        known = -(-before * 2 // 3)
        current = table.iloc[known * _ROWS : (before + 4) * _ROWS]
        made.append(
            Case(
                f"series-{name}",
                cut(table.iloc[: known * _ROWS], _ROWS),
                cut(current, _ROWS),
                {"any": before - known + (change % _ROWS > 0)},
                joint=True,
            )
        )
    return made


def shuttle(*, quick: bool) -> list[Case]:
    """Sensor rows in their order, 7 % of them anomalies; from the sixteenth window on 200 more in 1,000."""
    del quick  # there is no smaller one
    table = pd.read_csv(io.BytesIO(gzip.decompress(_river("datasets/shuttle.csv.gz"))))
    anomalies = table[table["anomaly"] == 1].drop(columns="anomaly")
    rows = cut(table.drop(columns="anomaly"), _SHUTTLE_ROWS)
    current = rows[rows[BLOCK] >= _SHUTTLE_REFERENCE].reset_index(drop=True)
    current[BLOCK] -= _SHUTTLE_REFERENCE
    random = np.random.default_rng(0)
    for window in range(_SHUTTLE_CHANGE, int(current[BLOCK].max()) + 1):
        first = window * _SHUTTLE_ROWS
        places = first + random.choice(_SHUTTLE_ROWS, _MORE, replace=False)
        taken = anomalies.iloc[random.choice(len(anomalies), _MORE)]
        current.loc[places, list(anomalies.columns)] = taken.to_numpy()
    reference = rows[rows[BLOCK] < _SHUTTLE_REFERENCE]
    return [Case("shuttle", reference, current, {"any": _SHUTTLE_CHANGE}, joint=True)]


def _river(path: str) -> bytes:
    return read_packaged("river", "0.26.1", f"/{path}")
