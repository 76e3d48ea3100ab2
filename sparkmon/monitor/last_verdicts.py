"""What the last window of each model says, in few numbers, for metrics."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison import OVER, excess
from sparkmon.health import Verdicts

_MOST_COLUMNS = 20
"""Columns of a model that a metric has: those that are furthest beyond what is allowed."""
_KINDS = ("feature", "prediction", "joint", "row_flag")


def last_verdicts(findings: pa.Table) -> dict[str, Verdicts]:
    """Return the verdicts on the last of some windows of each model; slices are not in them."""
    of_columns = pc.is_in(findings["column_kind"], value_set=pa.array(_KINDS))
    whole = findings.filter(pc.and_(of_columns, pc.is_null(findings["slice_key"])))
    strengths = np.nan_to_num(excess(whole), nan=-1.0, posinf=np.inf).tolist()
    names = ("model", "window_end", "column_name", "status", "confirmed")
    rows = [*zip(*(whole[name].to_pylist() for name in names), strengths, strict=True)]
    ends: dict[str, object] = {}
    for model, end, *_ in rows:
        ends[model] = max(end, ends.get(model, end))
    columns: dict[str, dict[str, float]] = {model: {} for model in ends}
    drifted: dict[str, set[str]] = {model: set() for model in ends}
    for model, end, column, status, confirmed, strength in rows:
        if end == ends[model]:
            if strength >= 0:
                columns[model][column] = max(strength, columns[model].get(column, 0.0))
            if status in OVER and confirmed is not False:
                drifted[model].add(column)
    return {
        model: Verdicts(
            len(drifted[model]),
            dict(sorted(own.items(), key=lambda each: (-each[1], each[0]))[:_MOST_COLUMNS]),
        )
        for model, own in columns.items()
    }
