"""The table ``performance`` as an Arrow schema."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from sparkmon.distributions.schema import PROFILES, SLICE, WINDOW_KEY

_FIELDS: list[pa.Field[Any]] = [
    *(PROFILES.field(name) for name in (*WINDOW_KEY, *SLICE)),
    pa.field("metric", pa.string(), nullable=False),
    pa.field("class", pa.string()),
    pa.field("basis", pa.string(), nullable=False),
    pa.field("value", pa.float64()),
    pa.field("low", pa.float64()),
    pa.field("high", pa.float64()),
    pa.field("bin_error", pa.float64()),
    pa.field("reference_value", pa.float64()),
    pa.field("estimate", pa.float64()),
    pa.field("prediction_count", pa.int64(), nullable=False),
    pa.field("labelled_count", pa.int64(), nullable=False),
    pa.field("coverage", pa.float64()),
    pa.field("duplicate_labels", pa.int64()),
    pa.field("contradicted_labels", pa.int64()),
    pa.field("early_labels", pa.int64()),
    pa.field("mix_effect", pa.float64()),
    pa.field("rate_effect", pa.float64()),
    pa.field("verdict", pa.string()),
    pa.field("evidence", pa.list_(pa.float64())),
    pa.field("version", pa.int32(), nullable=False),
    pa.field("created_time", PROFILES.field("window_start").type, nullable=False),
]
PERFORMANCE = pa.schema(_FIELDS)
"""The metrics of closed windows, one row per window, slice, metric and class; the names are those of scikit-learn.

``basis`` is ``labels``, or ``cbpe`` or ``dle`` for what is expected without labels. ``low`` and ``high`` are the 95 %
confidence interval, ``bin_error`` how far bins may have put the value off; ``reference_value`` is that of the
held-out rows of the reference, ``estimate`` what was expected of the rows with labels before these came. ``class`` is
null for all classes together. ``prediction_count`` are the usable answers of the window and ``labelled_count`` those
with a label, ``coverage`` their share: below 0.8 the labels that are missing may be of another kind than those that
came. The last ``version`` of a window counts: labels that come later make a new one. ``verdict`` is one of ``model
fine``, ``model worse``, ``data moved, model fine``, ``both`` and ``labels too few to say``, and ``evidence`` what the
window adds to the sum over windows, and how many of its rows are wrong; both stand with the metric of the verdict
alone. There, in the rows of slices, ``mix_effect`` and ``rate_effect`` are what the slice adds to the change of the
mean loss since the held-out rows: by more rows of its kind, and by rows that are wrong more often. The metrics of
fairness have a ``slice_key`` and no ``slice_value``: they compare its values."""
