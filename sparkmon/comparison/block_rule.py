"""Columns that drift by what the reference's own blocks show, although the value is within its threshold."""

from statistics import NormalDist

import numpy as np
import pyarrow as pa

from sparkmon.comparison.confirmation import effects
from sparkmon.comparison.correction import FAMILY, adjusted_p_values
from sparkmon.comparison.finding import adding_up, beyond_blocks
from sparkmon.comparison.groups import (
    Floats,
    floats,
    group_ids,
    has,
    is_any,
    is_valid,
    judged_anew,
    replaced,
    times,
    with_column,
)
from sparkmon.comparison.levels import Levels
from sparkmon.distributions.schema import SERIES_KEY
from sparkmon.statistics import STATISTICS

LEAST_EFFECT = 0.04
"""The least effect that is worth knowing of: a normal column's shift by 0.1 standard deviations."""

_MARK = 1.0
"""How far above its blocks' mean a window has to be to add to the sum, in standard deviations."""
_GREATEST_STEP = 4.0
_ENOUGH_BLOCKS = 30
_OF_NUMBERS = ("ks", "wasserstein", "wasserstein_normed")
_TEST = (*SERIES_KEY, "drift_type", "reference", "statistic")


def by_blocks(findings: pa.Table, levels: Levels) -> pa.Table:
    """Set ``p_blocks_adjusted``, and call what it bears out a ``drift``.

    Tested are ``ks`` and ``js`` of columns whose reference has blocks, all of a window together. Where blocks show that
    nothing ever exceeds 0.015, 0.05 in two of three windows is certain, though far below the threshold 0.1.
    """
    statistics = [name for name in STATISTICS if STATISTICS.get(name).by_blocks]
    is_tested = is_any(findings, "statistic", statistics) & is_valid(findings, "p_blocks")
    is_tested &= is_any(findings, "drift_type", ["BASELINE"])
    adjusted = adjusted_p_values(findings, "p_blocks", is_tested, levels.once)
    findings = with_column(findings, "p_blocks_adjusted", pa.array(adjusted, mask=~is_tested))
    is_over = is_tested & has(findings, ["ok"]) & (effects(findings) > LEAST_EFFECT)
    is_over &= np.nan_to_num(adjusted, nan=1.0) <= levels.twice(_memory(findings))
    blocks = floats(findings, "blocks")[is_over].astype(int)
    clauses = [*map(beyond_blocks, blocks, adjusted[is_over])]
    return judged_anew(findings, is_over, "drift", clauses)


def add_up(findings: pa.Table, earlier: pa.Table | None, levels: Levels) -> pa.Table:
    """Set ``cusum``, and confirm as a ``drift`` what adds up over windows to more than the levels allow.

    That is a cumulative sum [1]_ of how many standard deviations a window lies above its blocks' mean, less 1: of
    numbers, by ``ks`` and by the mean distance, which sees a shift sooner; of levels, by ``js``. It starts anew after
    an alert. Windows that overlap do not add up, nor those of references with fewer than 30 effective blocks; where
    blocks are alike, each adds less.

    References
    ----------
    .. [1] Page: Continuous inspection schemes. Biometrika 41, 1954.
    """
    is_level = is_any(findings, "data_type", ["categorical"])
    is_added = np.where(is_level, is_any(findings, "statistic", ["js"]), is_any(findings, "statistic", _OF_NUMBERS))
    starts = times(findings, "window_start")
    is_added &= is_any(findings, "drift_type", ["BASELINE"]) & (floats(findings, "p_blocks") >= 0)
    is_added &= floats(findings, "effective_blocks") >= _ENOUGH_BLOCKS
    is_added &= times(findings, "window_end") - starts <= levels.window_s * 1e6
    rows = np.flatnonzero(is_added)
    sums, limits = np.full((2, findings.num_rows), np.nan)
    is_confirmed = is_any(findings, "confirmed", [True])
    if rows.size:
        added = findings.take(rows)
        series, last = _series(added, earlier)
        window = group_ids(added, FAMILY)
        limits[rows] = levels.adding_up(np.bincount(window)[window])
        steps = _steps(added)
        for at in np.argsort(starts[rows], kind="stable").tolist():
            row = rows[at]
            total = max(0.0, last.get(series[at], 0.0) + steps[at])
            sums[row] = total
            last[series[at]] = 0.0 if total > limits[row] or is_confirmed[row] else total
    is_new = (sums > limits) & ~is_confirmed
    findings = with_column(findings, "cusum", pa.array(sums, mask=np.isnan(sums)))
    clauses = [*map(adding_up, sums[is_new], limits[is_new])]
    findings = judged_anew(findings, is_new, "drift", clauses)
    return replaced(findings, "confirmed", is_new, [True] * len(clauses))


def _steps(rows: pa.Table) -> Floats:
    """Return what each window adds; one that lies within noise adds nothing, however alike the blocks are."""
    normal = NormalDist()
    chances = np.clip(floats(rows, "p_blocks"), 1e-9, 1 - 1e-9)
    deviations = np.array([-normal.inv_cdf(chance) for chance in chances.tolist()])
    memory = _memory(rows)
    slowed = deviations * np.sqrt((1 - memory) / (1 + memory))
    steps: Floats = np.clip(slowed, None, np.where(effects(rows) > 0, _GREATEST_STEP, 0.0))
    return steps - _MARK


def _series(rows: pa.Table, earlier: pa.Table | None) -> tuple[list[int], dict[int, float]]:
    """Return the series of each row, and the sum that each series starts with: that of its last earlier window."""
    names = [*_TEST, "window_start", "cusum", "confirmed"]
    last: dict[int, float] = {}
    if earlier is None:
        return group_ids(rows, _TEST).tolist(), last
    before = earlier.select(names).filter(pa.array(is_valid(earlier, "cusum"))).sort_by("window_start")
    both = pa.concat_tables([rows.select(_TEST), before.select(_TEST).cast(rows.select(_TEST).schema)])
    ids = group_ids(both, _TEST).tolist()
    sums = np.where(is_any(before, "confirmed", [True]), 0.0, floats(before, "cusum"))
    last.update(zip(ids[rows.num_rows :], sums.tolist(), strict=True))
    return ids[: rows.num_rows], last


def _memory(findings: pa.Table) -> Floats:
    """Return the lag-1 correlation of the blocks of each finding; 0 where there are none."""
    count, effective = (floats(findings, name) for name in ("blocks", "effective_blocks"))
    memory = np.maximum(0.0, (count - effective) / (count + effective))
    return np.nan_to_num(memory, nan=0.0)
