"""What the cells of a block are like: all columns and groups at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.distributions.arrays import BoolArray, FloatArray, IntArray
from sparkmon.panes.block_groups import Groups
from sparkmon.panes.parts import ITEMS
from sparkmon.protocol import Cells


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The summaries of each column (first axis) in each group (second axis)."""

    names: tuple[str, ...]
    fields: dict[str, npt.NDArray[Any]]
    """Counts, extremes and moments."""
    numbers: FloatArray
    """The finite numbers, by column, group and row."""
    items: pa.Array[Any]
    """A map of levels to their counts, by column and group."""

    @classmethod
    def of(cls, cells: Cells, groups: Groups) -> Columns:
        """Summarise the cells of some groups of rows."""
        table, starts = groups.columns(cells.numbers), groups.starts
        shape = (len(cells.names), starts.size)
        is_finite = np.isfinite(table)
        finite = _count(is_finite, starts)
        count = np.broadcast_to(groups.sizes, shape)
        if cells.present is not None:
            count = _count(groups.columns(cells.present), starts)
        nan = inf = np.zeros_like(finite)
        if (finite != groups.sizes).any():
            is_nan = np.isnan(table)
            if cells.has_number is not None:
                is_nan &= groups.columns(cells.has_number)
            nan, inf = _count(is_nan, starts), _count(np.isinf(table), starts)
        texts, items = _texts(cells, groups, shape)
        fields = {
            "count": count,
            "num_nulls": count - finite - nan - inf - texts,
            "num_nan": nan,
            "num_inf": inf,
            "num_numbers": finite,
            "num_texts": texts,
            **_moments(table, is_finite, finite, groups),
        }
        return cls(cells.names, fields, table[is_finite], items)


def _count(flags: BoolArray, starts: IntArray) -> IntArray:
    counts: IntArray = np.add.reduceat(flags, starts, axis=1, dtype=np.int64)
    return counts


def _moments(table: FloatArray, is_finite: BoolArray, counts: IntArray, groups: Groups) -> dict[str, FloatArray]:
    starts, whole = groups.starts, is_finite.all()

    def filled(values: FloatArray, other: float) -> FloatArray:
        return values if whole else np.where(is_finite, values, other)

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(filled(table, 0.0), starts, axis=1) / counts
        squares = table - (mean if starts.size == 1 else np.repeat(mean, groups.sizes, axis=1))
        squares *= squares
        return {
            "min": np.minimum.reduceat(filled(table, np.inf), starts, axis=1),
            "max": np.maximum.reduceat(filled(table, -np.inf), starts, axis=1),
            "avg": mean,
            "m2": np.add.reduceat(filled(squares, 0.0), starts, axis=1),
        }


def _texts(cells: Cells, groups: Groups, shape: tuple[int, int]) -> tuple[IntArray, pa.Array[Any]]:
    """Count the texts, and each level, of each column and group."""
    counts, sizes = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    if not cells.texts:
        return counts, pa.nulls(counts.size, ITEMS)
    levels: list[pa.Array[Any]] = []
    frequencies: list[IntArray] = []
    group = np.repeat(np.arange(shape[1]), groups.sizes)
    for column in sorted(cells.texts):
        texts: Any = cells.texts[column]
        rows = texts if groups.rows is None else texts.take(pa.array(groups.rows))
        encoded = rows.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        is_text, size = codes >= 0, max(1, len(encoded.dictionary))
        pairs, frequency = np.unique(group[is_text] * size + codes[is_text], return_counts=True)
        counts[column] = np.bincount(group[is_text], minlength=shape[1])
        sizes[column] = np.bincount(pairs // size, minlength=shape[1])
        levels.append(encoded.dictionary.take(pa.array(pairs % size)))
        frequencies.append(frequency)
    offsets: Any = pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32())
    values: Any = pa.array(np.concatenate(frequencies), pa.int64())
    return counts, pa.MapArray.from_arrays(offsets, pa.concat_arrays(levels), values)
