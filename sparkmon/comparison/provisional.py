"""Windows that are still open: only what is gross, by a rule that holds however often one looks."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison.confirmation import GROSS, effects
from sparkmon.comparison.correction import correct
from sparkmon.comparison.groups import floats, group_ids, has, with_column
from sparkmon.distributions.schema import PROFILE_KEY


def provisional(findings: pa.Table, alpha: float) -> pa.Table:
    """Pick the columns of open windows that have drifted grossly, at a false discovery rate ``alpha``.

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
    columns = findings.filter(pc.field("drift_type") == "BASELINE")
    effect, limit = effects(columns), floats(columns, "limit")
    is_gross = (effect > GROSS * limit) & has(columns, ["drift"])
    # A limit of 0, or none, stands first.
    times = np.divide(effect, limit, out=np.full(effect.size, np.inf), where=limit != 0)
    names = group_ids(columns, ["statistic"])
    series = group_ids(columns, PROFILE_KEY)
    order = np.lexsort((names, -np.nan_to_num(times, nan=np.inf), ~is_gross, series))
    strongest = order[np.unique(series[order], return_index=True)[1]]
    corrected = correct(columns.take(strongest), alpha)
    rows = corrected.filter(pa.array(is_gross[strongest] & has(corrected, ["drift"])))
    reasons = [f"in an open window: {reason}" for reason in rows["reason"].to_pylist()]
    rows = with_column(rows, "status", pa.array(["provisional"] * rows.num_rows, pa.string()))
    return with_column(rows, "reason", pa.array(reasons, pa.string())).select(findings.schema.names)
