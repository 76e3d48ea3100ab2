"""What lies behind a finding, as an Arrow type."""

from __future__ import annotations

import pyarrow as pa

BIN = pa.struct([pa.field("bin", pa.string()), pa.field("rows", pa.float64())])

CAUSES = pa.struct(
    [
        pa.field("pattern", pa.string()),
        pa.field("share", pa.float64()),
        pa.field("bins", pa.list_(BIN)),
        pa.field("importance", pa.float64()),
        pa.field("rank", pa.int32()),
        pa.field("related_columns", pa.list_(pa.string())),
        pa.field("feature_group", pa.string()),
    ]
)
"""What lies behind a drift, as data.

``pattern`` is ``units`` (the values are the reference's in another unit), ``scale`` or ``shift`` (or times a factor, or
plus a constant), ``frozen`` (one value holds the rows), ``missing`` (no value), ``unseen`` (levels that the reference
does not have) or ``moved`` (none of these); null of what is not a column. ``share`` is the share of the rows that would
have to move to make the window like the reference, from 0 to 1, and ``bins`` have the most of them: ``rows`` is how
many more rows than the reference's shares give. ``importance`` is that of the column to the model, null where nobody
has measured it; ``rank`` the place of the column, from 1, among those that drift in the same window, by ``share`` times
``importance``. ``related_columns`` are the others, the first first; ``feature_group`` is where the column's values come
from, if it is also where all other features come from that drift."""
