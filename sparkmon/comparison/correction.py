"""Controls the false discovery rate of a window, in which many columns and slices are tested at once."""

import numpy as np
import pyarrow as pa

from sparkmon.comparison.groups import (
    Flags,
    Floats,
    Ints,
    floats,
    group_ids,
    has,
    is_any,
    is_valid,
    judged_anew,
    with_column,
)
from sparkmon.distributions.schema import PROFILE_KEY, SLICE, WINDOW_KEY
from sparkmon.errors import OptionError

_OF_DISTANCE = ("wasserstein", "wasserstein_normed")
_OF_SHAPE = ("ks", "psi", "js")
_CHANCE = 0.01
FAMILY = (*WINDOW_KEY, "drift_type")


def correct(findings: pa.Table, alpha: float) -> pa.Table:
    """Set ``p_adjusted`` of all findings that are tested together, and withdraw drifts that it does not confirm.

    Tested together are all columns, slices and statistics of one window of one model version. A finding stands if its
    ``p_adjusted`` is at most ``alpha``, the false discovery rate that is allowed, in (0, 1); null where there is no
    p-value. A ``drift`` above it becomes ``ok``, and its reason says why.

    Notes
    -----
    Where a window has no slices, its findings are corrected by Benjamini and Hochberg [1]_ at alpha. Where it has,
    half of alpha goes to the findings of the whole, and half to those of the slices: each slice is a family, families
    are selected by Benjamini and Hochberg on their Simes p-values, and inside the R selected of M families
    the level is R / M of that half [2]_. So one drifted slice of a hundred is not lost among the tests of the others,
    and many slices cost the whole no more than half of its level.

    A drift of ``wasserstein`` is also withdrawn where ``ks``, ``psi`` and ``js`` of the column are all such as chance
    gives in more than 1 % of cases.

    Cost: O(n log n).

    References
    ----------
    .. [1] Benjamini & Hochberg, Controlling the false discovery rate, J. R. Stat. Soc. B 57, 1995.
    .. [2] Benjamini & Bogomolov, Selective inference on multiple families of hypotheses, J. R. Stat. Soc. B 76, 2014.

    Examples
    --------
    >>> names = ("model_version", "window_start", "window_end", "drift_type", "slice_key", "slice_value")
    >>> row = dict.fromkeys(names) | {"model": "m", "statistic": "ks", "status": "drift", "reason": ""}
    >>> findings = pa.Table.from_pylist([row | {"p_value": p} for p in (0.005, 0.02, 0.03)])
    >>> corrected = correct(findings, 0.02)
    >>> corrected["p_adjusted"].to_pylist(), corrected["status"].to_pylist()
    ([0.015, 0.03, 0.03], ['drift', 'ok', 'ok'])
    """
    if not 0 < alpha < 1:
        raise OptionError.malformed("alpha", alpha, "a number between 0 and 1")
    is_tested = is_valid(findings, "p_value")
    adjusted = adjusted_p_values(findings, "p_value", is_tested, alpha)
    column = pa.array(adjusted, mask=~is_tested)
    findings = _withdraw(with_column(findings, "p_adjusted", column), adjusted, alpha)
    return _without_far_rows(findings)


def adjusted_p_values(findings: pa.Table, name: str, is_tested: Flags, alpha: float) -> Floats:
    """Return the p-values of a column among all that are tested together, as :func:`correct` does; NaN for others."""
    adjusted: Floats = np.full(findings.num_rows, np.nan)
    tested = findings.filter(pa.array(is_tested))
    if tested.num_rows:
        window = group_ids(tested, FAMILY)
        adjusted[is_tested] = _adjust(
            floats(tested, name), window, group_ids(tested, [*FAMILY, *SLICE]), is_valid(tested, "slice_key"), alpha
        )
    return adjusted


def _adjust(p_values: Floats, window: Ints, family: Ints, is_slice: Flags, alpha: float) -> Floats:
    """Adjust p-values in their families; those of slices also by which families of the window are selected."""
    inside = _step_up(p_values, family)
    _, first, place = np.unique(family, return_index=True, return_inverse=True)
    simes = np.full(first.size, np.inf)
    np.fmin.at(simes, place, inside)
    of_slice = is_slice[first]
    windows = int(window.max()) + 1
    families = np.bincount(window[first][of_slice], minlength=windows)
    lifted = np.full(first.size, np.nan)
    lifted[of_slice] = _step_up(simes[of_slice], window[first][of_slice])
    selected = np.bincount(window[first][of_slice], lifted[of_slice] <= alpha / 2, minlength=windows)
    raised = inside * families[window] / np.maximum(selected, 1)[window]
    share = np.where(families[window] > 0, 2.0, 1.0)
    adjusted = np.where(is_slice, np.maximum(lifted[place], raised), inside)
    least: Floats = np.fmin(1.0, share * adjusted)
    return least


def _step_up(p_values: Floats, group: Ints) -> Floats:
    """Adjust p-values by Benjamini and Hochberg inside groups."""
    order = np.lexsort((p_values, group))
    ordered = group[order]
    sizes = np.bincount(group)
    ends = np.cumsum(sizes)
    rank = np.arange(order.size) - (ends - sizes)[ordered] + 1
    raised = p_values[order] * sizes[ordered] / rank
    adjusted: Floats = np.empty_like(raised)
    adjusted[order] = _least_upwards(raised, ordered)
    return adjusted


def _least_upwards(values: Floats, group: Ints) -> Floats:
    """Return the least of each value and those after it in its group; groups stand together, ascending."""
    least: Floats = values.copy()
    step = 1
    while step < values.size:
        same = group[:-step] == group[step:]
        if not same.any():
            break
        least[:-step] = np.where(same, np.fmin(least[:-step], least[step:]), least[:-step])
        step *= 2
    return least


def _withdraw(findings: pa.Table, adjusted: Floats, alpha: float) -> pa.Table:
    """Turn drifts whose adjusted p-value exceeds alpha into ``ok``."""
    is_withdrawn = (adjusted > alpha) & has(findings, ["drift"])
    clauses = [
        f"not borne out among all tests of this window (p_adjusted {p_adjusted:#.2g}, allowed {alpha:#.2g})"
        for p_adjusted in adjusted[is_withdrawn]
    ]
    return judged_anew(findings, is_withdrawn, "ok", clauses)


def _without_far_rows(findings: pa.Table) -> pa.Table:
    """Turn drifts of the mean distance alone into ``ok``: in a heavy tail one row moves it, which is no drift."""
    shape = is_any(findings, "statistic", _OF_SHAPE)
    distance = has(findings, ["drift"]) & is_any(findings, "statistic", _OF_DISTANCE)
    if not distance.any():
        return findings
    column = group_ids(findings, [*PROFILE_KEY, "drift_type", "reference"])
    of_shape = np.full(int(column.max()) + 1, np.nan)
    np.fmin.at(of_shape, column[shape], floats(findings, "p_value")[shape])
    is_withdrawn = distance & (of_shape[column] > _CHANCE)
    clause = f"but {', '.join(_OF_SHAPE)} are those of chance: few rows far out"
    return judged_anew(findings, is_withdrawn, "ok", [clause] * int(is_withdrawn.sum()))
