"""Columns of many shapes, from 20 to 100,000 rows to a window, in which nothing drifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from bench.verdicts.case import BLOCK, Case

__all__ = ["FAR", "SHAPES", "quiet_shapes"]

Random: TypeAlias = np.random.Generator


def _levels(random: Random, shares: list[float], rows: int) -> Any:  # noqa: ANN401 - an array of strings
    parts = np.array(shares) / sum(shares)
    return np.array([f"level {place}" for place in range(len(parts))])[random.choice(len(parts), rows, p=parts)]


SHAPES: dict[str, Callable[[Random, int], Any]] = {
    "normal": lambda random, rows: random.normal(size=rows),
    "uniform": lambda random, rows: random.uniform(size=rows),
    "exponential": lambda random, rows: random.exponential(size=rows),
    "lognormal 1": lambda random, rows: random.lognormal(0, 1, rows),
    "lognormal 2": lambda random, rows: random.lognormal(0, 2, rows),
    "lognormal 3": lambda random, rows: random.lognormal(0, 3, rows),
    "pareto 0.8": lambda random, rows: random.pareto(0.8, rows),
    "pareto 1.2": lambda random, rows: random.pareto(1.2, rows),
    "pareto 1.5": lambda random, rows: random.pareto(1.5, rows),
    "cauchy": lambda random, rows: random.standard_cauchy(rows),
    "t 3": lambda random, rows: random.standard_t(3, rows),
    "zero-inflated": lambda random, rows: np.where(random.uniform(size=rows) < 0.9, 0.0, random.lognormal(3, 1, rows)),
    "rare spikes": lambda random, rows: np.where(random.uniform(size=rows) < 0.999, 0.0, random.lognormal(5, 2, rows)),
    "near-constant": lambda random, rows: np.where(random.uniform(size=rows) < 0.998, 7.0, random.normal(7, 1, rows)),
    "two peaks": lambda random, rows: random.normal(size=rows) + 6 * (random.uniform(size=rows) < 0.5),
    "counts": lambda random, rows: random.poisson(2, rows).astype(float),
    "ages": lambda random, rows: np.round(random.normal(40, 12, rows)),
    "prices": lambda random, rows: np.round(random.lognormal(2, 0.5, rows), 1),
    "two levels": lambda random, rows: _levels(random, [0.9, 0.1], rows),
    "five levels": lambda random, rows: _levels(random, [5, 4, 3, 2, 1], rows),
    "forty levels": lambda random, rows: _levels(random, [1 / n for n in range(1, 41)], rows),
    "rare levels": lambda random, rows: _levels(random, [990, 4, 3, 2, 1], rows),
    "many levels": lambda random, rows: _levels(random, [1 / n for n in range(1, 501)], rows),
    "half missing": lambda random, rows: np.where(random.uniform(size=rows) < 0.5, np.nan, random.normal(size=rows)),
}
"""By name: so many independent rows."""

FAR = (
    *("lognormal 2", "lognormal 3", "pareto 0.8", "pareto 1.2", "pareto 1.5", "cauchy"),
    *("zero-inflated", "near-constant"),
)
"""Those of which few rows lie far from the others."""

_SIZES = {20: (400, 400), 100: (200, 100), 500: (100, 60), 2_000: (50, 40), 20_000: (20, 20), 100_000: (8, 6)}
"""Rows of a window: blocks of the reference, and windows."""


def quiet_shapes(*, quick: bool, seed: int = 0) -> list[Case]:
    """Make a case for each size of window, with a column of each shape."""
    sizes = {100: (40, 20)} if quick else _SIZES
    return [_case(rows, *counts, seed) for rows, counts in sizes.items()]


def _case(rows: int, blocks: int, windows: int, seed: int) -> Case:
    random = np.random.default_rng([rows, seed] if seed else rows)
    reference, current = (
        pd.DataFrame({name: make(random, count * rows) for name, make in SHAPES.items()}).assign(
            **{BLOCK: np.repeat(np.arange(count), rows)}
        )
        for count in (blocks, windows)
    )
    return Case(f"shapes-{rows}", reference, current)
