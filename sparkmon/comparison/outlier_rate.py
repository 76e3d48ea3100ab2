"""Windows with too many outliers: whether they look like drift or like single rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.comparison.finding import LOOKS
from sparkmon.comparison.groups import group_ids, has, is_any, judged_anew
from sparkmon.distributions.schema import OUTLIER, SLICE, WINDOW_KEY

_OF_MANY_ROWS = ("ks", "psi", "js", "mmd_rff", "pca_reconstruction")
"""Statistics that a few rows do not move."""
_NAMED = 3


def with_cause(findings: pa.Table) -> pa.Table:
    """Say of each rate of outliers over its limit which columns of its window and slice drifted, too, or that none did.

    Where the columns have moved, many rows are unlike the training data because the traffic is; where they have not,
    the outliers are single rows, such as those of one broken sender.
    """
    is_over = is_any(findings, "column_name", [OUTLIER]) & has(findings, ["over_limit"])
    if not is_over.any():
        return findings
    group = group_ids(findings, [*WINDOW_KEY, *SLICE])
    is_drift = is_any(findings, "statistic", _OF_MANY_ROWS) & has(findings, ["drift"])
    is_drift &= is_any(findings, "drift_type", ["BASELINE"])
    names = findings["column_name"]
    clauses = []
    for place in np.flatnonzero(is_over).tolist():
        drifted: list[Any] = names.filter(pa.array(is_drift & (group == group[place]))).to_pylist()
        clauses.append(_looks_like([*dict.fromkeys(drifted)]))
    return judged_anew(findings, is_over, "over_limit", clauses)


def _looks_like(drifted: Sequence[str]) -> str:
    if not drifted:
        return f"{LOOKS}outliers: no column drifted"
    names = ", ".join(drifted[:_NAMED]) + f" and {len(drifted) - _NAMED} more" * (len(drifted) > _NAMED)
    return f"{LOOKS}drift: {names} drifted, too"
