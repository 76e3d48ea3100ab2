"""Closed windows and their references, with sketches by DataSketches: a hundred thousand of them in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import datasketches
import numpy as np
import pyarrow as pa

from sparkmon.distributions.schema import PROFILES, REFERENCES

__all__ = ["Closing"]

_START = datetime(2026, 1, 5, tzinfo=timezone.utc)
_REFERENCE_ROWS, _REFERENCE_K, _K = 20_000, 4000, 800
_DRIFTED = 3
"""So many columns of each model are half a standard deviation off."""


@dataclass(frozen=True)
class Closing:
    """Windows of some models that close together, an hour each.

    Parameters
    ----------
    models, columns : int
        How many models there are, and numeric features of each.
    slices : int
        Slices that divide a model's rows among them.
    windows : int
        Windows of each model.
    rows : int
        Rows of a window.
    unknown : int
        Columns with one value in each window that the reference of the model does not have.
    """

    models: int
    columns: int
    slices: int = 0
    windows: int = 1
    rows: int = 1000
    unknown: int = 0

    def references(self) -> pa.Table:
        """Make references of 20,000 rows; no two of their sketches are equal."""
        sketches = self._sketches(_REFERENCE_ROWS, _REFERENCE_K, seed=1)
        more = {"reference": "training", "data_type": "numeric", "created_time": _START}

        def rows(model: int) -> Iterator[dict[str, Any]]:
            for key, column, unit in self._keys(model, self.columns):
                profile = sketches[key["slice_value"] is None].profile(unit)
                yield {**key, **more, "column_index": column, "profile": profile}

        return self._table(rows, REFERENCES)

    def profiles(self, first: int = 0) -> pa.Table:
        """Make the profiles of the windows that begin with the ``first`` hour."""
        sketches = self._sketches(self.rows, _K, seed=2)
        one = _Sketch(1, _K, seed=3)

        def rows(model: int) -> Iterator[dict[str, Any]]:
            for hour in range(first, first + self.windows):
                start = _START + timedelta(hours=hour)
                bounds = {"window_start": start, "window_end": start + timedelta(hours=1)}
                for key, column, unit in self._keys(model, self.columns + self.unknown):
                    sketch = one if column >= self.columns else sketches[key["slice_value"] is None]
                    profile = sketch.profile(unit, 0.5 if column < _DRIFTED else 0.0)
                    yield {**key, **bounds, "profile": profile}

        return self._table(rows, PROFILES)

    def _table(self, rows: Callable[[int], Iterable[dict[str, Any]]], schema: pa.Schema) -> pa.Table:
        """Join the rows of each model: a gigabyte of sketches is then not in memory twice."""
        return pa.concat_tables(pa.Table.from_pylist([*rows(model)], schema=schema) for model in range(self.models))

    def _sketches(self, rows: int, k: int, seed: int) -> tuple[_Sketch, _Sketch]:
        """Give that of a slice and that of all rows."""
        whole = _Sketch(rows, k, seed)
        return _Sketch(rows // self.slices, k, seed + 10) if self.slices else whole, whole

    def _keys(self, model: int, columns: int) -> Iterator[tuple[dict[str, str | None], int, float]]:
        """Give the keys of a model, each with the number of its column and the unit of its values."""
        levels = [None, *(f"s{number:02}" for number in range(self.slices))]
        for column in range(columns):
            for place, level in enumerate(levels):
                key = {
                    "model": f"m{model:04}",
                    "model_version": "",
                    "slice_key": level and "segment",
                    "slice_value": level,
                    "column_name": f"f{column:05}",
                    "column_kind": "feature",
                }
                yield key, column, 1 + model / 7 + column / 1e3 + place / 1e6


class _Sketch:
    """A sketch of standard normal numbers, and those of the same numbers in other units."""

    def __init__(self, rows: int, k: int, seed: int) -> None:
        values = np.random.default_rng(seed).standard_normal(rows)
        sketch = datasketches.kll_doubles_sketch(k)
        sketch.update(values)
        data = sketch.serialize()
        # A sketch of one value has it alone; others end with the least, the greatest and the items.
        items = 1 if rows == 1 else sketch.num_retained + 2
        self._head, self._items = data[: -8 * items], np.frombuffer(data[-8 * items :], "<f8")
        moments = (values.min(), values.max(), values.mean(), values.var())
        self._rows, self._moments = rows, [float(moment) for moment in moments]

    def profile(self, unit: float, shift: float = 0.0) -> Mapping[str, Any]:
        """Return the profile of the numbers plus ``shift``, times ``unit``."""
        low, high, mean, variance = self._moments
        return {
            "count": self._rows,
            "num_nulls": 0,
            "num_nan": 0,
            "num_inf": 0,
            "num_numbers": self._rows,
            "num_texts": 0,
            "min": (low + shift) * unit,
            "max": (high + shift) * unit,
            "avg": (mean + shift) * unit,
            "m2": variance * self._rows * unit**2,
            "sketch": self._head + ((self._items + shift) * unit).tobytes(),
        }
