"""Hours that hang together and in which nothing drifts: rows, days, weeks and weather depend on what was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.verdicts.case import BLOCK, Case

__all__ = ["STREAMS", "dependent_streams", "stream"]

Floats: TypeAlias = npt.NDArray[np.float64]

_ROWS = 500
"""Rows of an hour."""
_WEEK = 168
_BURN_IN = 2_000


def _rows(random: np.random.Generator, hours: int, memory: float = 0.0) -> Floats:
    """Return N(0, 1) rows by hour, each of which keeps a share of the one before."""
    return _remembering(random, hours * _ROWS, memory).reshape(hours, _ROWS)


def _remembering(random: np.random.Generator, count: int, memory: float) -> Floats:
    noise: Floats = random.normal(size=count + _BURN_IN) * np.sqrt(1 - memory**2)
    if memory == 0:
        return noise[_BURN_IN:]
    values: Floats = np.empty_like(noise)
    last = 0.0
    for place, each in enumerate(noise.tolist()):
        last = memory * last + each
        values[place] = last
    return values[_BURN_IN:]


def _day(hours: int) -> Floats:
    cycle: Floats = 0.5 * np.sin(2 * np.pi * np.arange(hours) / 24)
    return cycle


def _weekend(hours: int) -> Floats:
    return np.where(np.arange(hours) // 24 % 7 >= 5, 0.4, 0.0)


def _weather(random: np.random.Generator, hours: int, memory: float) -> Floats:
    return 0.3 * _remembering(random, hours, memory)


STREAMS: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "independent": _rows,
    "row AR 0.9": lambda random, hours: _rows(random, hours, 0.9),
    "row AR 0.99": lambda random, hours: _rows(random, hours, 0.99),
    "daily": lambda random, hours: _rows(random, hours) + _day(hours)[:, None],
    "daily, weekends": lambda random, hours: _rows(random, hours) + (_day(hours) + _weekend(hours))[:, None],
    "weather AR 0.9": lambda random, hours: _rows(random, hours) + _weather(random, hours, 0.9)[:, None],
    "weather AR 0.99": lambda random, hours: _rows(random, hours) + _weather(random, hours, 0.99)[:, None],
    "heavy tails": lambda random, hours: random.standard_t(3, size=(hours, _ROWS)),
}
"""By name: the rows of as many hours; their level moves by up to 0.5 (a day) or 0.3 (weather) standard deviations."""


def stream(name: str, seed: int, *, columns: int, weeks: int, live_weeks: int, shift: float = 0.0) -> Case:
    """Make one stream of hours; the first column is shifted by so many standard deviations in all live hours."""
    random = np.random.default_rng(seed)
    hours = (weeks + live_weeks) * _WEEK
    values = np.column_stack([STREAMS[name](random, hours).ravel() for _ in range(columns)])
    names = [f"x{place}" for place in range(columns)]
    table = pd.DataFrame(values, columns=names).assign(**{BLOCK: np.repeat(np.arange(hours), _ROWS)})
    is_live = table[BLOCK] >= weeks * _WEEK
    reference, live = table[~is_live], table[is_live].reset_index(drop=True)
    live = live.assign(**{BLOCK: live[BLOCK] - weeks * _WEEK, "x0": live["x0"] + shift * reference["x0"].std()})
    drifts = {"x0": 0} if shift else {}
    return Case(f"{name}-{seed}".replace(" ", "-"), reference, live, drifts, window_s=3_600)


def dependent_streams(*, quick: bool, seed: int = 0) -> list[Case]:
    """Four weeks of hours as the reference, and one in which nothing drifts; two columns each."""
    weeks, live = (1, 1) if quick else (4, 1)
    names = [*STREAMS][:2] if quick else [*STREAMS]
    return [stream(name, 7 + 1_000 * seed, columns=2, weeks=weeks, live_weeks=live) for name in names]
