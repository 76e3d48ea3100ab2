"""The columns of a table as the cells of blocks: split into numbers and texts by Spark, laid out by numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType,
    CharType,
    DataType,
    DateType,
    NumericType,
    StringType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
)

from sparkmon.errors import OptionError
from sparkmon.protocol import Cells
from sparkmon.records import FeatureKind

_CATEGORICAL = (StringType, CharType, VarcharType, BooleanType)
_TIMES = (DateType, TimestampType, TimestampNTZType)


def column_kinds(table: DataFrame, exclude: Sequence[str] = ()) -> dict[str, FeatureKind]:
    """Return how each column of a table is summarised, in the table's order.

    Numbers, dates and times (as seconds since 1970) are numeric; strings and truth values are categorical. Columns
    of other types (arrays, structs, binary) are left out.

    Raises
    ------
    OptionError
        ``exclude`` names a column the table does not have, or nothing is left to summarise.
    """
    unknown = [name for name in exclude if name not in table.columns]
    if unknown:
        raise OptionError(
            f"got the column {unknown[0]!r}, which the table does not have; "
            f"its columns are {', '.join(table.columns)}"
        )
    kinds = {
        field.name: kind
        for field in table.schema.fields
        if field.name not in exclude and (kind := _kind(field.dataType)) is not None
    }
    if not kinds:
        raise OptionError(
            "the table has no column of numbers, dates, strings or truth values to summarise; "
            f"its columns are {', '.join(table.columns) or 'none'}"
        )
    return kinds


def _kind(data_type: DataType) -> FeatureKind | None:
    if isinstance(data_type, (NumericType, *_TIMES)):
        return "numeric"
    return "categorical" if isinstance(data_type, _CATEGORICAL) else None


def is_time(data_type: DataType) -> bool:
    """Return whether a column's numbers are dates or times."""
    return isinstance(data_type, _TIMES)


def quoted(name: str) -> str:
    """Quote a column's name, so that dots and spaces in it are taken as they are."""
    return f"`{name.replace('`', '``')}`"


def unused_name(table: DataFrame, word: str) -> str:
    """Return a name for another column of a table: longer than any that it has."""
    return f"sparkmon_{word}" + "_" * max(map(len, table.columns), default=0)


def number_of(table: DataFrame, name: str) -> Column:
    """Return a column as the numbers that it is profiled by."""
    column, data_type = F.col(quoted(name)), table.schema[name].dataType
    if isinstance(data_type, _CATEGORICAL):
        return column.try_cast("double")
    return (column.cast("timestamp") if is_time(data_type) else column).cast("double")


def cell_columns(table: DataFrame, kinds: Mapping[str, FeatureKind], side: str) -> list[Column]:
    """Return what :func:`cells_of` reads: each column as numbers, as texts, or as both."""
    columns = []
    for place, (name, kind) in enumerate(kinds.items()):
        text = F.col(quoted(name)).cast("string")
        if kind == "numeric":
            number = number_of(table, name)
            columns.append(number.alias(f"{side}_number_{place}"))
            text = F.when(number.isNull(), text)
        if kind == "categorical" or isinstance(table.schema[name].dataType, _CATEGORICAL):
            columns.append(text.alias(f"{side}_text_{place}"))
    return columns


def cells_of(batch: pa.RecordBatch, names: Sequence[str], side: str) -> Cells:
    """Lay out a batch of :func:`cell_columns`."""
    columns: dict[str, Any] = dict(zip(batch.schema.names, batch.columns, strict=True))
    shape = (batch.num_rows, len(names))
    numbers, has_number = np.full(shape, np.nan, order="F"), np.zeros(shape, np.bool_, order="F")
    texts: dict[int, pa.Array[Any]] = {}
    for place in range(len(names)):
        number, text = (columns.get(f"{side}_{what}_{place}") for what in ("number", "text"))
        if number is not None:
            numbers[:, place] = number.to_numpy(zero_copy_only=False)
            has_number[:, place] = number.is_valid().to_numpy(zero_copy_only=False)
        if text is not None:
            texts[place] = text
    return Cells((*names,), numbers, None if has_number.all() else has_number, texts)
