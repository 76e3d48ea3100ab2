"""How small a change of a column its reference finds: what so many rows, and blocks that differ so much, are worth."""

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.comparison.basis import Basis, findings_table, judge_profile
from sparkmon.comparison.block_rule import add_up, by_blocks
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.confirmation import confirm
from sparkmon.comparison.correction import correct
from sparkmon.comparison.groups import floats, with_column
from sparkmon.comparison.levels import Levels
from sparkmon.distributions import Categories, Distribution
from sparkmon.distributions.schema import PROFILES
from sparkmon.interval import EPOCH
from sparkmon.statistics import STATISTICS, Summary, prepare

_KEY = PROFILES.remove(PROFILES.get_field_index("profile"))
_WINDOWS, _DRAWN = 40, 120
"""How many windows are tried: blocks of the reference, or windows drawn from it."""
_FARTHEST, _TIMES, _STEPS = 4.0, 64.0, 6
"""Shifts from ``_FARTHEST`` / ``_TIMES`` on are tried; each step halves the ratio's logarithm."""
_OFTEN = 0.95

_SCORES = np.linspace(-8, 8, 1601)
_SHARES = np.array([NormalDist().cdf(score) for score in _SCORES.tolist()])


def found_from(basis: Basis, windows: Sequence[Summary], row: dict[str, Any], checks: Checks) -> float | None:
    """Return the smallest change of a column that three windows find in 95 % of cases; None where there is none.

    Of numbers, the shift of a normal column in standard deviations: the same shift is made of the normal scores of
    this one. Of levels, the share of the rows that the commonest one loses to the others. ``windows`` are some
    without a change, one after the other; ``row`` is the key of a profile of the column.

    Notes
    -----
    Windows are judged by the rule of a monitor, as if no other column had a small p-value: those of this one are
    multiplied by the number of columns. The change is right to a few per cent.
    """
    greatest, change = _changes(basis.summary)

    def is_found(by: float) -> bool:
        changed = [change(window, by) for window in windows]
        return _share_found(basis, changed, row, checks) >= _OFTEN

    if not is_found(greatest):
        return None
    ratio = _TIMES
    for _ in range(_STEPS):
        ratio = math.sqrt(ratio)
        if is_found(greatest / ratio):
            greatest /= ratio
    return greatest


def some_of(blocks: Sequence[int]) -> Sequence[int]:
    """Choose blocks to be changed: all, if they are few, or runs of four, spread over all."""
    if len(blocks) <= _WINDOWS:
        return blocks
    firsts = range(0, _WINDOWS, 4)
    return [place for at in firsts for place in blocks[at * len(blocks) // _WINDOWS :][:4]]


def _share_found(basis: Basis, windows: Sequence[Summary], row: dict[str, Any], checks: Checks) -> float:
    """Return in what share of threes of windows a column is found, if the others of its model show nothing."""
    prepare([(basis.summary, window) for window in windows], map(STATISTICS.get, checks.statistics))
    judged = [[*judge_profile(row, basis, window, checks)] for window in windows]
    firsts, length = range(len(windows) - 2), timedelta(seconds=basis.levels.window_s)
    rows: list[dict[str, Any]] = []
    entries: list[tuple[int, dict[str, Any]]] = []
    for first in firsts:
        for at in range(3):
            start = EPOCH + at * length
            times = {"model_version": str(first), "window_start": start, "window_end": start + length}
            entries += [(len(rows), finding) for finding in judged[first + at]]
            rows.append(row | times)
    findings = findings_table(pa.Table.from_pylist(rows, _KEY), entries)
    columns = checks.false_alarms_per_week / basis.levels.false_alarms_per_week
    p_blocks = findings["p_blocks"]
    for name in ("p_value", "p_blocks"):
        findings = with_column(findings, name, pa.array(columns * floats(findings, name), from_pandas=True))
    levels = Levels(checks.false_alarms_per_week, basis.levels.window_s)
    findings = by_blocks(correct(findings, levels.alpha), levels)
    findings = with_column(confirm(findings, at_once=levels.once), "p_blocks", p_blocks)
    findings = add_up(findings, None, basis.levels)
    return len(findings.filter(findings["confirmed"])["model_version"].unique()) / len(firsts)


def _changes(whole: Summary) -> tuple[float, Callable[[Any, float], Summary]]:
    """Return the greatest change of a column, and what makes a change of a window."""
    if isinstance(whole, Categories):
        commonest = max(whole.counts, key=whole.counts.__getitem__, default="")
        return whole.counts.get(commonest, 0.0) / whole.n, partial(_with_less_of, commonest)
    return _FARTHEST, _shifted


def _with_less_of(level: str, window: Categories, share: float) -> Categories:
    """Take a share of the rows from a level, and give them to the others as they are."""
    before = window.counts.get(level, 0.0)
    after = max(0.0, before - share * window.n)
    rest = window.n - before
    others = {name: count * (window.n - after) / rest for name, count in window.counts.items() if rest}
    return Categories(others | {level: after}, window.null_count, window.n)


def _shifted(window: Distribution, by: float) -> Distribution:
    """Shift the normal scores of a window: of its values, each stands for as many rows as it then does."""
    scores = np.interp(window.shares, _SHARES, _SCORES)
    weights = np.diff(np.interp(scores - by, _SCORES, _SHARES), prepend=0.0)
    weights *= window.n / weights.sum()
    has_rows = weights > 0
    others = {"null_count": window.null_count, "rank_error": window.rank_error}
    return Distribution.of_ascending(window.values[has_rows], weights[has_rows], window.n, others, is_whole=False)


def drawn(whole: Summary, rows: int) -> list[Summary]:
    """Draw windows of so many rows from a column."""
    random = np.random.default_rng(0)
    numbers = max(1, round(rows * whole.n / whole.rows))
    missing = float(rows - numbers)
    if isinstance(whole, Categories):
        shares = np.array([*whole.counts.values(), whole.untracked]) / whole.n
        drawn = random.multinomial(numbers, shares / shares.sum(), size=_DRAWN).astype(float).tolist()
        return [Categories(dict(zip(whole.counts, counts, strict=False)), missing, numbers) for counts in drawn]
    assert isinstance(whole, Distribution)
    drawn = random.multinomial(numbers, whole.weights / whole.weights.sum(), size=_DRAWN).astype(float)
    others = {"null_count": missing}
    return [Distribution.of_ascending(whole.values[w > 0], w[w > 0], float(numbers), others) for w in drawn]
