"""Drifts of moderate size in numbers and levels: Kolmogorov-Smirnov 0.05 to 0.2, total variation 0.05 to 0.15."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.verdicts.case import BLOCK, Case

__all__ = ["moderate_chosen", "moderate_reported"]

Floats: TypeAlias = npt.NDArray[np.float64]
Draw: TypeAlias = Callable[[np.random.Generator, int, bool], Any]

_START, _WINDOWS = 8, 16
_SIZES = {500: 40, 1_000: 40, 5_000: 24}
"""Rows of a window: blocks of the reference."""


def _shifted(shape: Callable[[Floats], Floats], by: float, scale: float = 1.0) -> Draw:
    """Return numbers that are a function of normal ones, which drift by a shift and a change of scale."""

    def draw(random: np.random.Generator, rows: int, drifts: bool) -> Floats:
        normal = random.normal(size=rows)
        return shape(normal * scale + by if drifts else normal)

    return draw


def _mixed(share: float, mean: float) -> Draw:
    """Return normal numbers of which a share comes to stand somewhere else."""

    def draw(random: np.random.Generator, rows: int, drifts: bool) -> Floats:
        normal = random.normal(size=rows)
        return np.where(drifts & (random.uniform(size=rows) < share), normal + mean, normal)

    return draw


def _levels(before: list[float], after: list[float]) -> Draw:
    names = np.array([f"level {place}" for place in range(len(before))])

    def draw(random: np.random.Generator, rows: int, drifts: bool) -> Any:  # noqa: ANN401 - strings
        shares = np.array(after if drifts else before)
        return names[random.choice(len(names), rows, p=shares / shares.sum())]

    return draw


def _same(values: Floats) -> Floats:
    return values


_FLAT = [1.0] * 12
_CHOSEN: dict[str, Draw] = {
    "shift 0.15": _shifted(_same, 0.15),
    "shift 0.35": _shifted(_same, 0.35),
    "scale 1.3": _shifted(_same, 0.0, 1.3),
    "lognormal 0.25": _shifted(np.exp, 0.25),
    "a tenth moves": _mixed(0.1, 2.5),
    "three levels 0.08": _levels([0.5, 0.3, 0.2], [0.42, 0.34, 0.24]),
    "five levels 0.12": _levels([0.4, 0.25, 0.15, 0.12, 0.08], [0.28, 0.25, 0.21, 0.15, 0.11]),
    "twelve levels 0.1": _levels(_FLAT, [1.6, 1.6] + [1.0] * 8 + [0.4, 0.4]),
}
_REPORTED: dict[str, Draw] = {
    "shift 0.2": _shifted(_same, -0.2),
    "shift 0.5": _shifted(_same, 0.5),
    "scale 0.75": _shifted(_same, 0.0, 0.75),
    "counts 0.3": _shifted(lambda values: np.floor(np.exp(values)), 0.3),
    "whole numbers 0.25": _shifted(lambda values: np.round(4 * values), 0.25),
    "cubes 0.2": _shifted(lambda values: values**3, 0.2),
    "a twelfth moves": _mixed(0.08, 3.0),
    "two levels 0.06": _levels([0.8, 0.2], [0.74, 0.26]),
    "four levels 0.1": _levels([0.55, 0.25, 0.15, 0.05], [0.45, 0.27, 0.19, 0.09]),
    "eight levels 0.15": _levels([0.125] * 8, [0.05, 0.09, 0.11, 0.125, 0.125, 0.15, 0.16, 0.19]),
}


def moderate_chosen(*, quick: bool) -> list[Case]:
    """Make the drifts that the rule's parameters were chosen on."""
    return _cases("chosen", _CHOSEN, 11, quick)


def moderate_reported(*, quick: bool, seed: int = 0) -> list[Case]:
    """Make drifts of other kinds, which nothing was chosen on."""
    return _cases("reported", _REPORTED, 12 + 1_000 * seed, quick)


def _cases(part: str, drifts: dict[str, Draw], seed: int, quick: bool) -> list[Case]:
    sizes = {500: 20} if quick else _SIZES
    return [_case(part, drifts, rows, blocks, seed) for rows, blocks in sizes.items()]


def _case(part: str, drifts: dict[str, Draw], rows: int, blocks: int, seed: int) -> Case:
    """Make a case: each column drifts from the ninth of 16 windows on, and another of its kind never does."""
    random = np.random.default_rng([seed, rows])
    reference, current = (pd.DataFrame({BLOCK: np.repeat(np.arange(count), rows)}) for count in (blocks, _WINDOWS))
    for name, draw in drifts.items():
        for column, drifted in ((name, True), (f"{name}, quiet", False)):
            reference[column] = draw(random, blocks * rows, False)
            before = draw(random, _START * rows, False)
            after = draw(random, (_WINDOWS - _START) * rows, drifted)
            current[column] = np.concatenate([before, after])
    return Case(f"moderate-{part}-{rows}", reference, current, dict.fromkeys(drifts, _START))
