"""One window may be chance, two of three are not: findings are compared with those of earlier windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.comparison.alpha import GREATEST_ALPHA
from sparkmon.comparison.groups import Floats, floats, group_ids, has, times, with_column
from sparkmon.distributions.schema import SERIES_KEY

OVER = ("drift", "over_limit")
"""Statuses of a finding that stands over its limit."""

JUDGED = ("ok", *OVER)
"""Statuses of a window that was judged; others neither confirm nor refute."""

GROSS = 2.0
"""An effect of more than this many times the limit needs no second window."""

_SERIES = (*SERIES_KEY, "drift_type", "reference", "statistic")
_WINDOWS = 3
_NEEDED = 2
_ENOUGH_BLOCKS = 7
"""A week of days."""


def confirm(
    findings: pa.Table, earlier: pa.Table | None = None, *, alpha: float = GREATEST_ALPHA
) -> pa.Table:
    """Set ``confirmed``: whether a drift is confirmed, or may still be the chance of one window.

    ``earlier`` are findings of the windows before the first of these, from the table ``drift_metrics``; ``alpha`` is
    the level that the findings were corrected at. A finding over its limit is confirmed if any of these holds:

    - it is so in two of the last three windows. Those that were not judged (too few rows, no reference) are passed
      over, and windows of another length are another series;
    - its effect is more than twice the limit;
    - its effect is more than twice what seven or more blocks of the reference reach, and ``p_adjusted`` is at most
      ``alpha`` squared. Waiting for a second window guards against what time alone does. Where the blocks show how
      little that is, one window is enough.

    Stream and batch agree, because both count windows in the order of their start.
    """
    names = [*_SERIES, "window_start", "window_end", "status"]
    rows = findings.select(names)
    if earlier is not None:
        rows = pa.concat_tables([rows, earlier.select(names).cast(rows.schema)])
    is_over, is_judged = has(rows, OVER), has(rows, JUDGED)
    is_often = np.zeros(rows.num_rows, np.bool_)
    judged = np.flatnonzero(is_judged)
    is_often[judged] = _are_over_often(rows.take(judged), is_over[judged])
    effect, limit, block_limit, blocks, p_adjusted = (
        effects(findings),
        *(floats(findings, name) for name in ("limit", "block_limit", "blocks", "p_adjusted")),
    )
    at_once = effect > GROSS * limit
    at_once |= (
        (effect > GROSS * block_limit) & (blocks >= _ENOUGH_BLOCKS) & (p_adjusted <= alpha**2)
    )
    count = findings.num_rows
    return with_column(
        findings, "confirmed", pa.array(is_over[:count] & (is_often[:count] | at_once))
    )


def effects(findings: pa.Table) -> Floats:
    """Return the size of values less noise and sketch error, as ``Measurement.effect``; NaN where one is null."""
    value, noise, error = (floats(findings, name) for name in ("value", "noise", "sketch_error"))
    effect: Floats = abs(value) - noise - error
    return effect


def _are_over_often(rows: pa.Table, is_over: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return whether each row and the two before it in its series are over the limit at least twice."""
    starts = times(rows, "window_start")
    length = pa.array(times(rows, "window_end") - starts)
    series = group_ids(rows.append_column("length", length), [*_SERIES, "length"])
    order = np.lexsort((starts, series))
    over, ordered = is_over[order].astype(np.int64), series[order]
    count = over.copy()
    for step in range(1, _WINDOWS):
        count[step:] += np.where(ordered[step:] == ordered[:-step], over[:-step], 0)
    often = np.empty_like(is_over)
    often[order] = count >= _NEEDED
    return often
