"""The table ``attributions`` as an Arrow schema."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from sparkmon.distributions.schema import PROFILES, WINDOW_KEY

_FIELDS: list[pa.Field[Any]] = [
    *(PROFILES.field(name) for name in WINDOW_KEY),
    pa.field("column_name", pa.string()),
    pa.field("importance", pa.float64()),
    pa.field("reference_importance", pa.float64()),
    pa.field("mean_attribution", pa.float64()),
    pa.field("reference_mean_attribution", pa.float64()),
    pa.field("explained_rows", pa.int64()),
    pa.field("asked_rows", pa.int64()),
    pa.field("status", pa.string(), nullable=False),
    pa.field("created_time", PROFILES.field("window_start").type, nullable=False),
]
ATTRIBUTIONS = pa.schema(_FIELDS)
"""What the features of a window's rows add to the model's answers, one row per window and feature.

``importance`` is the mean of the absolute Shapley values, ``mean_attribution`` that of the values themselves, both in
the unit of the answer and weighted so that they stand for all rows of the window. The mean attributions of the
features and of the column ``:base`` (the background's mean answer) sum to the mean answer for the explained rows: their
differences from ``reference_mean_attribution`` decompose a change of it. A window begins with a row of the ``status``
``asked``, without a feature, before the model is asked for ``asked_rows`` rows; then follow those of its features,
``ok``, or one that is ``failed``. It is not asked again.
"""
