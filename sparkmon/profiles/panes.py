"""Blocks of rows summarised on Spark's workers, as the monitor summarises what it decodes."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from sparkmon.distributions.schema import PANES
from sparkmon.panes import PaneBuilder, PaneLimits
from sparkmon.protocol import RowBlock

EVERYTHING = PaneLimits(models=sys.maxsize, columns=sys.maxsize, name_bytes=sys.maxsize)
"""No column of a table is pooled: nobody invents them."""

_MOST_BYTES = 256 * 2**20
"""What a task holds; beyond, it gives its panes, and begins anew."""


def panes_of(
    frame: DataFrame,
    blocks_of: Callable[[pa.RecordBatch], Iterable[RowBlock]],
    builder: Callable[[], PaneBuilder],
    by: Sequence[str] = (),
) -> DataFrame:
    """Summarise the rows of a DataFrame, those of each value of ``by`` apart: these columns, and ``PANES``."""
    types = [frame.schema[name] for name in by]
    schema = StructType([*types, *from_arrow_schema(PANES).fields])

    def summarise(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        builders: defaultdict[tuple[Any, ...], PaneBuilder] = defaultdict(builder)
        for batch in batches:
            for key, rows in _grouped(batch, by) if by else [((), batch)]:
                for block in blocks_of(rows):
                    builders[key].add(block)
            if sum(each.nbytes for each in builders.values()) > _MOST_BYTES:
                yield from _built(builders, by)
        yield from _built(builders, by)

    return frame.mapInArrow(summarise, schema)


def _grouped(batch: pa.RecordBatch, by: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], pa.RecordBatch]]:
    """Give the rows of each value of some columns."""
    columns: list[Any] = [batch.column(name) for name in by]
    places = [str(place) for place in range(len(by))]
    numbered = pa.table([*columns, pa.array(np.arange(batch.num_rows))], names=[*places, "row"])
    groups = numbered.group_by(places, use_threads=False).aggregate([("row", "list")])
    *keys, rows = groups.select([*places, "row_list"]).columns
    for key, of_group in zip(zip(*keys, strict=True), rows, strict=True):
        yield key, batch.take(of_group.values)


def _built(builders: dict[tuple[Any, ...], PaneBuilder], by: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for key, builder in builders.items():
        panes = builder.build()
        columns = [*(pa.repeat(value, panes.num_rows) for value in key), *panes.columns]
        yield from pa.table(columns, names=[*by, *PANES.names]).combine_chunks().to_batches()
    builders.clear()
