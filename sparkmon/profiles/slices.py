"""The slices of DataFrames' rows, by the code that slices blocks: training and serving cannot disagree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType, StructType

from sparkmon.protocol.row_block import Cells
from sparkmon.schemas import OTHER_VALUES, SLICE
from sparkmon.slicing import Evaluation, Slice, Slices

FeatureColumn: TypeAlias = Callable[[str, str], Column]
"""The column of a feature as a ``number`` or as a ``text``."""

_MOST_VALUES = 50
_ENTRIES = ArrayType(StructType().add(SLICE[0], StringType()).add(SLICE[1], StringType()))

_Values: TypeAlias = Callable[[Evaluation, Slice], "pa.Array[Any]"]


def of_rows(slices: Slices) -> Column:
    """Return the slices of a decoded row as an array of structs, the whole first.

    The whole has neither key nor value. A pair with a key and no value is no slice: leave it out.
    """
    names = {name for each in slices.of_model.values() for name in _types(each)}
    cells = {name: F.col("features")[name] for name in sorted(names)}
    return _laid_out(slices, F.col("model"), F.col("model_version"), cells)


def of_table(slices: Sequence[Slice], feature: FeatureColumn) -> Column:
    """Return the slices of a table's row; as :func:`of_rows`."""
    return _of_table(slices, feature, Evaluation.slice_values)


def with_values(
    slices: Sequence[Slice], table: DataFrame, feature: FeatureColumn
) -> tuple[Slice, ...]:
    """Find the commonest values of each slice in a reference's table; each becomes a slice of its own.

    Runs one job, which returns at most 50 values for each slice.
    """
    texts = _of_table(slices, feature, lambda rows, each: rows.texts(each.part))
    counts = table.select(F.inline(texts)).where("slice_value IS NOT NULL").groupBy(*SLICE).count()
    order = Window.partitionBy("slice_key").orderBy(F.desc("count"), "slice_value")
    common = counts.withColumn("rank", F.row_number().over(order)).where(
        F.col("rank") <= _MOST_VALUES
    )
    values: dict[str, list[str]] = {}
    for row in common.select(*SLICE).collect():
        if row.slice_value != OTHER_VALUES:
            values.setdefault(row.slice_key, []).append(row.slice_value)
    return tuple(replace(each, values=tuple(sorted(values.get(each.key, ())))) for each in slices)


def _types(slices: Sequence[Slice]) -> dict[str, str]:
    """Return the type of each feature that expressions read."""
    return {part.name: part.type for each in slices for part in each.part.features()}


def _of_table(slices: Sequence[Slice], feature: FeatureColumn, values: _Values) -> Column:
    cells = {}
    for name, type_ in _types(slices).items():
        column = feature(name, type_)
        number = column if type_ == "number" else F.lit(None)
        text = column if type_ == "text" else F.lit(None)
        cells[name] = F.struct(
            number.cast("double").alias("number"), text.cast("string").alias("text")
        )
    whole = F.lit("")
    return _laid_out(Slices({("", ""): tuple(slices)}), whole, whole, cells, values)


def _laid_out(
    slices: Slices,
    model: Column,
    version: Column,
    cells: Mapping[str, Column],
    values: _Values = Evaluation.slice_values,
) -> Column:
    names = tuple(cells)

    # Spark reads the annotations, at runtime, where arrays take no argument.
    def lay_out(model: pa.Array, version: pa.Array, features: pa.Array) -> pa.Array:  # type: ignore[type-arg]
        groups = _by_slices(slices, model, version)
        parts: list[pa.Array[Any]] = []
        for of_group, rows in groups:
            group: Any = features if len(groups) == 1 else features.take(rows)
            evaluation = Evaluation(_cells(group, names))
            columns = [values(evaluation, each) for each in of_group]
            parts.append(_entries([each.key for each in of_group], columns, len(group)))
        if len(parts) == 1:
            return parts[0]
        order: Any = np.argsort(np.concatenate([rows for _, rows in groups]))
        together: pa.Array[Any] = pa.concat_arrays(parts).take(order)
        return together

    columns = (cell.alias(f"_{place}") for place, cell in enumerate(cells.values()))
    function: Callable[..., Column] = arrow_udf(lay_out, _ENTRIES)  # type: ignore[call-overload]
    return function(model, version, F.struct(*columns))


def _by_slices(
    slices: Slices, model: pa.Array[Any], version: pa.Array[Any]
) -> list[tuple[tuple[Slice, ...], Any]]:
    """Return the rows of the models and versions that have the same slices; there is always a first."""
    models: Any = model.dictionary_encode()
    versions: Any = version.dictionary_encode()
    names, of_names = models.dictionary.to_pylist(), versions.dictionary.to_pylist()
    codes = models.indices.to_numpy() * np.int64(len(of_names)) + versions.indices.to_numpy()
    pairs, places = np.unique(codes, return_inverse=True)
    by_pair = [
        slices.of(names[pair // len(of_names)], of_names[pair % len(of_names)]) for pair in pairs
    ]
    groups = list(dict.fromkeys(by_pair)) or [()]
    of_pair = np.array([groups.index(each) for each in by_pair], np.int64)
    return [(each, np.flatnonzero(of_pair[places] == place)) for place, each in enumerate(groups)]


def _cells(features: pa.Array[Any], names: tuple[str, ...]) -> Cells:
    shape = (len(features), len(names))
    numbers, has_number = np.empty(shape, order="F"), np.empty(shape, np.bool_, order="F")
    texts: dict[int, pa.Array[Any]] = {}
    for place in range(len(names)):
        cell = pc.struct_field(features, place)
        number, text = pc.struct_field(cell, "number"), pc.struct_field(cell, "text")
        numbers[:, place] = number.to_numpy(zero_copy_only=False)
        has_number[:, place] = number.is_valid().to_numpy(zero_copy_only=False)
        if text.null_count < len(text):
            texts[place] = text
    return Cells(names, numbers, has_number, texts)


def _entries(keys: Sequence[str], columns: Sequence[Any], size: int) -> pa.Array[Any]:
    """Lay out, row by row, the whole and the pairs of key and value."""
    width = len(keys) + 1
    column_major = pa.concat_arrays(
        [pa.nulls(size, pa.string()), *(each.cast(pa.string()) for each in columns)]
    )
    order: Any = np.arange(width * size).reshape(width, size).T.ravel()
    key: Any = np.tile(np.arange(width), size)
    key_column = pa.array([None, *keys], pa.string()).take(key)
    pairs = pa.StructArray.from_arrays([key_column, column_major.take(order)], [*SLICE])
    offsets = pa.array(np.arange(size + 1, dtype=np.int32) * np.int32(width))
    return pa.ListArray.from_arrays(offsets, pairs)
