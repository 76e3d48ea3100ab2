"""A client's rows judged: which of its windows are an attack, and what makes them one."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from sparkmon.adversaries.anonymous import longest_sweeps
from sparkmon.adversaries.baseline import WINDOW_ROWS, Baseline, windows_of
from sparkmon.adversaries.description import describe
from sparkmon.adversaries.honest import labels_of
from sparkmon.adversaries.rule import alerts
from sparkmon.adversaries.statistic import CLIENT_STATISTICS
from sparkmon.detectors import Rows
from sparkmon.distributions.arrays import FloatArray, IntArray

_OFTEN = 0.5


@dataclass(frozen=True, slots=True)
class Attack:
    """What a client did."""

    groups: tuple[str, ...]
    """Groups of statistics that fire in at least half of the windows that are an attack."""
    windows: int
    """How many of its new windows of 100 rows are an attack,"""
    of_windows: int
    """and how many there are; none of rows of nobody knows whom."""
    description: str
    suspects: IntArray
    """Places, among all rows, of the new ones that were most likely made to be taken for another class, the likeliest
    first; none where the model's answers are not known."""


def judge_client(
    baseline: Baseline, rows: Rows, scores: FloatArray | None, new: int, suspects: int = 3
) -> Attack | None:
    """Judge the latest rows of one client, in the order in which they came.

    Parameters
    ----------
    baseline : Baseline
        What honest clients do.
    rows, scores
        Its rows and the model's answers; up to 400 that were judged before come first, because an attack may fire only
        now and then.
    new : int
        How many of the rows were not judged before.
    suspects : int
        Of how many rows the places are returned.

    Returns
    -------
    Attack or None
        None if no new window is an attack; windows have 100 rows, and the last one ends with the last row.
    """
    windows = windows_of(baseline.honest, rows, scores)
    count = min(len(windows), -(-new // WINDOW_ROWS))
    if not count:
        return None
    fired = [baseline.fired(window) for window in windows]
    is_attack = [*alerts({CLIENT_STATISTICS.get(name).group for name in each} for each in fired)][-count:]
    if not any(is_attack):
        return None
    own = [each for each, hit in zip(fired[-count:], is_attack, strict=True) if hit]
    times = Counter(pair for each in own for pair in each.items())
    often = [pair for pair, hits in times.items() if hits >= _OFTEN * len(own)] or [*times]
    return Attack(
        (*sorted({CLIENT_STATISTICS.get(name).group for name, _ in often}),),
        len(own),
        count,
        describe(often),
        _suspects(baseline, rows, scores, new)[:suspects],
    )


def judge_anonymous(baseline: Baseline, rows: Rows, suspects: int = 3) -> Attack | None:
    """Judge the latest 5,000 rows of nobody knows whom: an attack if too many are equal in all columns but one."""
    if not baseline.sweeps:
        return None
    columns = zip(longest_sweeps(rows), baseline.sweeps, baseline.honest.columns.names, strict=True)
    sweep, limit, name = max(columns, key=lambda each: each[0].size / each[1])
    if sweep.size <= limit:
        return None
    description = (
        f"{sweep.size:,} of {len(rows):,} rows without a client differ in {name} alone, and {limit:,} are the limit; "
        "like a line search or the inference of an attribute"
    )
    return Attack(("sweep",), 0, 0, description, sweep.rows[:suspects])


def _suspects(baseline: Baseline, rows: Rows, scores: FloatArray | None, new: int) -> IntArray:
    honest = baseline.honest
    if scores is None or not honest.has_scores:
        return np.empty(0, np.int64)
    chosen = np.arange(max(0, len(rows) - new), len(rows))
    disagreement = honest.disagreement(honest.points_of(rows.take(chosen)), labels_of(scores[chosen]))
    suspects: IntArray = chosen[np.argsort(-disagreement, kind="stable")]
    return suspects
