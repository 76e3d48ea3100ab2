"""Windows that are still open: only what is gross, by a rule that holds however often one looks."""

import numpy as np
import pyarrow as pa

from sparkmon.comparison.confirmation import GROSS, OVER, effects
from sparkmon.comparison.correction import correct
from sparkmon.comparison.groups import floats, group_ids, has, with_column
from sparkmon.distributions.schema import PROFILE_KEY


def provisional(findings: pa.Table, alpha: float) -> pa.Table:
    """Pick what is gross in open windows, drifts and rates over their limits, at a false discovery rate ``alpha``.

    Of findings of the windows so far, by :func:`sparkmon.compare` with ``anytime``, it returns at most one per column,
    with the status ``provisional``: of the statistics that exceed twice their limit the one that exceeds it most. Less
    would not do: half of a window is not the mix of a whole one.

    Notes
    -----
    The p-value of each column is the inverse of an e-value (see :func:`sparkmon.statistics.evidence`). Benjamini and
    Hochberg's correction of such p-values holds however the columns depend on each other [1]_, and at every look.

    References
    ----------
    .. [1] Wang & Ramdas: False discovery rate control with e-values. J. R. Stat. Soc. B 84, 2022.
    """
    effect, limit = effects(findings), floats(findings, "limit")
    is_gross = (effect > GROSS * limit) & has(findings, OVER)
    # A limit of 0, or none, stands first.
    times = np.divide(effect, limit, out=np.full(effect.size, np.inf), where=limit != 0)
    names = group_ids(findings, ["statistic"])
    series = group_ids(findings, PROFILE_KEY)
    order = np.lexsort((names, -np.nan_to_num(times, nan=np.inf), ~is_gross, series))
    strongest = order[np.unique(series[order], return_index=True)[1]]
    corrected = correct(findings.take(strongest), alpha)
    is_sure = ~(floats(corrected, "p_adjusted") > alpha)
    rows = corrected.filter(pa.array(is_gross[strongest] & has(corrected, OVER) & is_sure))
    reasons = [f"in an open window: {reason}" for reason in rows["reason"].to_pylist()]
    rows = with_column(rows, "status", pa.array(["provisional"] * rows.num_rows, pa.string()))
    return with_column(rows, "reason", pa.array(reasons, pa.string())).select(findings.schema.names)
