"""The table ``outliers`` as an Arrow schema."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_TIME = pa.timestamp("us", tz="UTC")
_CAUSE: list[pa.Field[Any]] = [
    pa.field("column_name", pa.string()),
    pa.field("value", pa.string()),
    pa.field("typical", pa.string()),
    pa.field("share", pa.float64()),
]
_VALUES = pa.list_(pa.struct([pa.field("column_name", pa.string()), pa.field("value", pa.string())]))
_FIELDS: list[pa.Field[Any]] = [
    pa.field("model", pa.string(), nullable=False),
    pa.field("model_version", pa.string(), nullable=False),
    pa.field("window_start", _TIME, nullable=False),
    pa.field("window_end", _TIME, nullable=False),
    pa.field("event_id", pa.string()),
    pa.field("instance", pa.int32(), nullable=False),
    pa.field("event_time", _TIME, nullable=False),
    pa.field("severity", pa.float64(), nullable=False),
    pa.field("p_value", pa.float64(), nullable=False),
    pa.field("excess", pa.float64(), nullable=False),
    pa.field("detector", pa.string(), nullable=False),
    pa.field("columns", pa.list_(pa.struct(_CAUSE)), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
    pa.field("nearest", _VALUES),
    pa.field("counterfactual", _VALUES),
]
OUTLIERS = pa.schema(_FIELDS)
"""The table ``outliers``: the most severe outliers of each window; where windows overlap, of each stretch that they are
made of. ``p_value`` is the share of training rows that are as unlike the others, ``severity`` 100 (1 - p), and
``excess`` the mean of its scores, each in units of the greatest one of a training row. The ``detector`` is that of the
least p-value; ``columns`` are those that make the row an outlier, with their parts in its score, and ``reason`` says it
in words. ``nearest`` is the training row that it is most like, and ``counterfactual`` the least of that row's values,
found one by one, with which it would not be an outlier; null where no training rows were kept."""
