"""One window may be chance, two of three are not: findings are compared with those of earlier windows."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.comparison.groups import Floats, floats, group_ids, has, times, with_column
from sparkmon.comparison.levels import GREATEST_ALPHA
from sparkmon.distributions.schema import SERIES_KEY

OVER = ("drift", "over_limit")
"""Statuses of a finding that stands over its limit."""

BEYOND = (*OVER, "provisional")
"""Those, and of one in a window that is still open."""

JUDGED = ("ok", *OVER)
"""Statuses of a window that was judged; others neither confirm nor refute."""

GROSS = 2.0
"""An effect of more than this many times the limit needs no second window."""

_SERIES = (*SERIES_KEY, "drift_type", "reference")
_WINDOWS = 3
_NEEDED = 2


def confirm(findings: pa.Table, earlier: pa.Table | None = None, *, at_once: float = GREATEST_ALPHA) -> pa.Table:
    """Set ``confirmed``: whether a drift is confirmed, or may still be the chance of one window.

    ``earlier`` are findings of the windows before the first of these, from the table ``drift_metrics``; ``at_once`` is
    the level of tests that need no second window. A finding over its limit is confirmed if any of these holds:

    - any statistic of its column was over in two of the last three windows. Those that were not judged (too few rows,
      no reference) are passed over, windows of another length are another series, and of windows that overlap only
      those count that do not overlap each other;
    - its effect is more than twice the limit, and ``p_adjusted`` at most ``at_once``;
    - ``p_blocks_adjusted`` is at most ``at_once``, and the effect worth knowing of: where the blocks show how little
      time alone does, one window is enough.

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
    effect, limit, p_adjusted = (effects(findings), *(floats(findings, name) for name in ("limit", "p_adjusted")))
    is_gross = (effect > GROSS * limit) & ~(p_adjusted > at_once)
    is_gross |= floats(findings, "p_blocks_adjusted") <= at_once
    count = findings.num_rows
    return with_column(findings, "confirmed", pa.array(is_over[:count] & (is_often[:count] | is_gross)))


def effects(findings: pa.Table) -> Floats:
    """Return the size of values less noise and sketch error, as ``Measurement.effect``; NaN where one is null."""
    value, noise, error = (floats(findings, name) for name in ("value", "noise", "sketch_error"))
    effect: Floats = abs(value) - noise - error
    return effect


def _are_over_often(rows: pa.Table, is_over: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return whether the window of each row, with the two before it in its series, is over the limit at least twice.

    A window is over if any statistic is.
    """
    starts = times(rows, "window_start")
    length = times(rows, "window_end") - starts
    # Windows that overlap are series of their own: each of windows that follow each other.
    phase = np.where(length > 0, starts % np.maximum(length, 1), 0)
    named = rows.append_column("length", pa.array(length)).append_column("phase", pa.array(phase))
    series = group_ids(named, [*_SERIES, "length", "phase"])
    order = np.lexsort((starts, series))
    ordered_series, ordered_starts = series[order], starts[order]
    is_new = np.ones(order.size, np.bool_)
    is_new[1:] = (ordered_series[1:] != ordered_series[:-1]) | (ordered_starts[1:] != ordered_starts[:-1])
    window = np.cumsum(is_new) - 1
    over = np.zeros(int(is_new.sum()), np.int64)
    np.maximum.at(over, window, is_over[order])
    of_window = ordered_series[is_new]
    count = over.copy()
    for step in range(1, _WINDOWS):
        count[step:] += np.where(of_window[step:] == of_window[:-step], over[:-step], 0)
    often = np.empty_like(is_over)
    often[order] = (count >= _NEEDED)[window]
    return often
