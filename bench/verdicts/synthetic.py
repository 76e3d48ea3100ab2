"""Normal numbers: nothing drifts, or one column of twenty does by a fifth of a standard deviation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.verdicts.case import BLOCK, Case

__all__ = ["normal_million", "normal_small", "planted"]

_SHIFT = 0.2


def normal_small(*, quick: bool) -> list[Case]:
    """Windows of 100 rows of ten columns, all N(0, 1)."""
    windows = 20 if quick else 40
    return [Case("normal-100", _normals(0, 100, 100, 10), _normals(1, windows, 100, 10))]


def normal_million(*, quick: bool) -> list[Case]:
    """Two tables of a million rows of ten columns, all N(0, 1)."""
    rows = 10_000 if quick else 1_000_000
    # Of a reference that is one block, no system can learn how far blocks differ.
    return [Case("normal-1m", _normals(2, 10, rows // 10, 10), _normals(3, 1, rows, 10))]


def planted(*, quick: bool) -> list[Case]:
    """Two windows of 5,000 rows of twenty columns as the reference is, then three with one column shifted."""
    made = []
    for run in range(1 if quick else 6):
        current = _normals(1000 + run, 5, 5_000, 20)
        column = f"x{(7 * run) % 20:02}"
        current.loc[current[BLOCK] >= 2, column] += _SHIFT
        reference = _normals(2000 + run, 30, 5_000, 20)
        made.append(Case(f"planted-{run}", reference, current, {column: 2}))
    return made


def _normals(seed: int, blocks: int, rows: int, columns: int) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(blocks * rows, columns))
    table = pd.DataFrame(values, columns=[f"x{number:02}" for number in range(columns)])
    return table.assign(**{BLOCK: np.repeat(np.arange(blocks), rows)})
