"""An attacker of the demonstration's model: HopSkipJump (Chen, Jordan and Wainwright, 2020), by its answers alone."""

from collections.abc import Generator, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import SparkmonError

AT_ONCE = 5
"""Rows of a call."""
_LATE = 0.5
_CHANGED = ("dep_delay", "sched_dep", "sched_arr", "dow")
"""The rest is the store's."""
_LEAST, _MOST = (-20, 300, 60, 0), (300, 1380, 1439, 6)
_NEAR = 0.15
_ROUNDS = 12

Instance: TypeAlias = dict[str, float]
Asking: TypeAlias = Generator[list[Instance], Sequence[float], FloatArray]
"""Yields instances to ask for, and is sent their probabilities."""


def attack(flights: pa.Table, seed: int) -> Generator[list[Instance], Sequence[float], None]:
    """Yield instances, five at a time, and be sent their probabilities; never ends.

    A flight that is predicted to be late is changed until it is not, as little as can be: along the line to an on-time
    one as far as the prediction holds, then in the direction in which most rows nearby are on time.
    """
    random = np.random.default_rng(seed)
    numbers = np.column_stack([flights[name].to_numpy() for name in _CHANGED]).astype(np.float64)
    scale = np.nanstd(numbers, axis=0)
    numbers = np.where(np.isnan(numbers), 0.0, numbers)
    while True:
        flight = random.permutation(np.flatnonzero(numbers[:, 0] > 45))[0]  # a late start: late, too
        victim = numbers[flight]
        best = yield from _on_time(random.permutation(numbers), flight)
        for step in range(1, _ROUNDS):
            best = yield from _boundary(victim, best, flight)
            directions: list[FloatArray] = []
            signs: list[float] = []
            for _ in range(2 + step // 2):
                some = random.normal(size=(AT_ONCE, len(best)))
                answers = yield _instances(best + _NEAR * some * scale, flight)
                directions += [*some]
                signs += [1.0 if answer < _LATE else -1.0 for answer in answers]
            uphill = np.array(signs) @ np.array(directions)
            length = np.linalg.norm((best - victim) / scale) / np.sqrt(step) / np.linalg.norm(uphill)
            tried = best + (length / 2.0 ** np.arange(AT_ONCE))[:, None] * uphill * scale
            answers = yield _instances(tried, flight)
            best = next((row for row, each in zip(tried, answers, strict=True) if each < _LATE), best)


def _on_time(numbers: FloatArray, flight: int) -> Asking:
    """Find numbers with which a flight is predicted to be on time."""
    for first in range(0, len(numbers), AT_ONCE):
        some = numbers[first : first + AT_ONCE]
        answers = yield _instances(some, flight)
        for row, answer in zip(some, answers, strict=False):
            if answer < _LATE:
                result: FloatArray = row
                return result
    raise SparkmonError("no flight is predicted to be on time")


def _boundary(victim: FloatArray, other: FloatArray, flight: int) -> Asking:
    """Find the place between two rows where the prediction changes, on the other's side, to a hundredth of the way."""
    low, high = 0.0, 1.0
    while high - low > 0.01:
        places = np.linspace(low, high, AT_ONCE + 2)
        answers = yield _instances(victim + places[1:-1, None] * (other - victim), flight)
        first = next((at for at, answer in enumerate(answers) if answer < _LATE), AT_ONCE)
        low, high = places[first], places[first + 1]
    result: FloatArray = victim + high * (other - victim)
    return result


def _instances(numbers: FloatArray, flight: int) -> list[Instance]:
    rows = np.clip(np.round(numbers), _LEAST, _MOST).tolist()
    return [{"flight": int(flight)} | dict(zip(_CHANGED, row, strict=True)) for row in rows]
