"""Panes and references of numbers, made without Spark."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.distributions.schema import REFERENCES
from sparkmon.interval import EPOCH
from sparkmon.panes import PaneBuilder
from sparkmon.protocol import Cells, RowBlock

__all__ = ["HOUR", "MIDNIGHT", "micros", "panes_of", "reference_table"]

MIDNIGHT = datetime(2026, 11, 23, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)

Columns = Mapping[str, npt.ArrayLike]


def micros(time: datetime | timedelta) -> int:
    """Return a time as microseconds since 1970, or a length in microseconds."""
    length = time if isinstance(time, timedelta) else time - EPOCH
    return length // timedelta(microseconds=1)


def panes_of(
    model: str,
    start: datetime,
    columns: Columns,
    *,
    length: timedelta = HOUR,
    pane: timedelta = HOUR,
    kind: str = "request",
    version: str = "",
) -> pa.Table:
    """Make the panes of rows that are spread evenly over some time; ``PANES``."""
    values = np.column_stack([np.asarray(each, np.float64) for each in columns.values()])
    rows = len(values)
    times = micros(start) + np.arange(rows) * micros(length) // rows
    cells = Cells((*columns,), values)
    block = RowBlock(
        model,
        version,
        kind,  # type: ignore[arg-type]
        np.arange(rows),
        times,
        np.zeros(rows, np.int32),
        **{"features" if kind == "request" else "predictions": cells},
    )
    builder = PaneBuilder(micros(pane))
    builder.add(block)
    return builder.build()


def reference_table(model: str, columns: Columns, *, blocks: int = 0) -> pa.Table:
    """Make the reference of numeric features: ``REFERENCES``, with as many blocks of equal size of an hour each."""
    day = timedelta(days=365)
    parts: list[tuple[datetime | None, Columns]] = [(None, columns)]
    size = len(np.asarray(next(iter(columns.values())))) // max(blocks, 1)
    for at in range(blocks):
        block = {name: np.asarray(each)[at * size : (at + 1) * size] for name, each in columns.items()}
        parts.append((MIDNIGHT - day + at * HOUR, block))
    rows: list[dict[str, Any]] = []
    for start, part in parts:
        profiles = panes_of(model, MIDNIGHT, part, length=timedelta(seconds=1), pane=day).to_pylist()
        places = [*columns]
        rows += [
            dict.fromkeys(REFERENCES.names)
            | {name: row[name] for name in REFERENCES.names if name in row}
            | {
                "reference": "training",
                "data_type": "numeric",
                "column_index": places.index(row["column_name"]),
                "block_start": start,
                "block_end": None if start is None else start + HOUR,
                "created_time": MIDNIGHT,
            }
            for row in profiles
        ]
    return pa.Table.from_pylist(rows, schema=REFERENCES)
