"""The values that slices of a reference's table have, by the code that slices live traffic."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, Window, functions as F

from sparkmon.distributions.schema import OTHER_VALUES
from sparkmon.profiles.cells import cell_columns, cells_of
from sparkmon.records import FeatureKind
from sparkmon.slicing import Evaluation, Slice

_MOST_VALUES = 50


def read_kinds(slices: Sequence[Slice]) -> dict[str, FeatureKind]:
    """Return the features that slices read, and as what."""
    return {
        part.name: "numeric" if part.type == "number" else "categorical"
        for each in slices
        for part in each.part.features()
    }


def with_values(slices: Sequence[Slice], table: DataFrame) -> tuple[Slice, ...]:
    """Find the commonest values of each slice in a reference's table; each becomes a slice of its own.

    Runs one job, which returns at most 50 values for each slice.
    """
    kinds = read_kinds(slices)

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = Evaluation(cells_of(batch, [*kinds], "feature"))
            for place, each in enumerate(slices):
                texts: Any = rows.texts(each.part).cast(pa.string())
                values, counts = texts.value_counts().flatten()
                columns = [pa.repeat(pa.scalar(place, pa.int32()), len(values)), values, counts]
                yield pa.RecordBatch.from_arrays(columns, ["slice", "value", "rows"])

    counts = (
        table.select(*cell_columns(table, kinds, "feature"))
        .mapInArrow(count, "slice int, value string, rows bigint")
        .where(F.col("value") != OTHER_VALUES)  # nor null
        .groupBy("slice", "value")
        .agg(F.sum("rows").alias("rows"))
    )
    order = Window.partitionBy("slice").orderBy(F.desc("rows"), "value")
    common = counts.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= _MOST_VALUES)
    values: list[list[str]] = [[] for _ in slices]
    for row in common.collect():
        values[row.slice].append(row.value)
    return tuple(replace(each, values=tuple(sorted(own))) for each, own in zip(slices, values, strict=True))
