"""How many rows of requests and of responses profiles are of; pure."""

from collections import Counter, defaultdict
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.monitor.window_grid import Window, windows_of_rows

_KINDS = ("feature", "prediction")


class RowCounts(NamedTuple):
    """The rows of a window."""

    requests: int
    responses: int


def row_counts(profiles: pa.Table) -> dict[Window, RowCounts]:
    """Count the rows of each window: those of the column with most, because a row need not have every column."""
    names = ("model_version", "column_kind", "slice_key")
    columns = [profiles[name].to_pylist() for name in names]
    counts = pc.struct_field(profiles["profile"], "count").to_pylist()
    most: Counter[tuple[Window, str, str]] = Counter()
    windows: defaultdict[Window, Counter[str]] = defaultdict(Counter)
    rows_of = zip(windows_of_rows(profiles), *columns, counts, strict=True)
    for window, version, kind, key, count in rows_of:
        windows[window].update(())
        if key is None and kind in _KINDS:
            most[window, version, kind] = max(most[window, version, kind], count)
    for (window, _, kind), count in most.items():
        windows[window][kind] += count
    return {window: RowCounts(*(rows[kind] for kind in _KINDS)) for window, rows in windows.items()}
