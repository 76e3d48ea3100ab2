"""The columns of a table as the cells of blocks: split into numbers and texts by Spark, laid out by numpy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, functions as F
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

from sparkmon.compat import try_cast
from sparkmon.errors import OptionError
from sparkmon.protocol import LEVEL_KINDS, Cells, levels_of, times_of
from sparkmon.records import FeatureKind

_TEXTS = (StringType, CharType, VarcharType)
_CLOCKS = (TimestampType, TimestampNTZType)
_TIMES = (DateType, *_CLOCKS)
_WORDS = ("number", "time", "text", *LEVEL_KINDS)


def column_kinds(table: DataFrame, exclude: Sequence[str] = ()) -> dict[str, FeatureKind]:
    """Return how each column of a table is summarised, in the table's order.

    Numbers are numeric, dates and times (as seconds since 1970) ``time``, strings categorical, truth values
    ``boolean``. Columns of other types (arrays, structs, binary) are left out.

    Raises
    ------
    OptionError
        ``exclude`` names a column the table does not have, or nothing is left to summarise.
    """
    unknown = [name for name in exclude if name not in table.columns]
    if unknown:
        raise OptionError(
            f"got the column {unknown[0]!r}, which the table does not have; its columns are {', '.join(table.columns)}"
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
    kinds: dict[FeatureKind, tuple[type[DataType], ...]] = {
        "numeric": (NumericType,),
        "time": _TIMES,
        "categorical": _TEXTS,
        "boolean": (BooleanType,),
    }
    return next((kind for kind, types in kinds.items() if isinstance(data_type, types)), None)


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
    if isinstance(data_type, (BooleanType, *_TEXTS)):
        return try_cast(column, "double")
    if isinstance(data_type, DateType):
        return F.unix_date(column) * 86400.0
    return (column.cast("timestamp") if is_time(data_type) else column).cast("double")


def cell_columns(table: DataFrame, kinds: Mapping[str, FeatureKind], side: str) -> list[Column]:
    """Return what :func:`cells_of` reads: each column as levels, as numbers, or as numbers and texts."""
    columns = []
    for place, (name, kind) in enumerate(kinds.items()):
        column, data_type = F.col(quoted(name)), table.schema[name].dataType
        text = column.cast("string")
        if kind in LEVEL_KINDS:
            is_plain = _kind(data_type) is not None and not isinstance(data_type, _CLOCKS)
            columns.append((column if is_plain else text).alias(f"{side}_{kind}_{place}"))
            continue
        number = number_of(table, name)
        word = "time" if kind == "time" and not is_time(data_type) else "number"
        columns.append(number.alias(f"{side}_{word}_{place}"))
        if isinstance(data_type, _TEXTS):
            columns.append(F.when(number.isNull(), text).alias(f"{side}_text_{place}"))
    return columns


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a collected table as one batch, for :func:`cells_of`."""
    columns: list[Any] = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays(columns, names=table.schema.names)


def cells_of(batch: pa.RecordBatch, names: Sequence[str], side: str) -> Cells:
    """Lay out a batch of :func:`cell_columns`."""
    columns: dict[str, Any] = dict(zip(batch.schema.names, batch.columns, strict=True))
    shape = (batch.num_rows, len(names))
    numbers, has_number = np.full(shape, np.nan, order="F"), np.zeros(shape, np.bool_, order="F")
    texts: dict[int, pa.Array[Any]] = {}
    for place in range(len(names)):
        own = {word: columns.get(f"{side}_{word}_{place}") for word in _WORDS}
        numbers[:, place], has_number[:, place], text = _column(own)
        if text is not None:
            texts[place] = text
    return Cells((*names,), numbers, None if has_number.all() else has_number, texts)


def _column(arrays: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    for kind in LEVEL_KINDS:
        if arrays[kind] is not None:
            return levels_of(arrays[kind], kind)
    number = arrays["number"] if arrays["time"] is None else arrays["time"]
    is_number = number.is_valid().to_numpy(zero_copy_only=False)
    column = number.to_numpy(zero_copy_only=False), is_number, arrays["text"]
    return column if arrays["time"] is None else times_of(*column)
