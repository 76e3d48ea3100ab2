"""Rows in blocks: the form in which decoded values are summarised, one matrix for all rows of one layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.records import Half

SIDES = ("features", "predictions", "entities", "row_flags")
"""The value columns of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The values of some columns, row by row.

    A cell with neither number nor text is a null. An integer that a double cannot hold is a text.
    """

    names: tuple[str, ...]
    numbers: npt.NDArray[np.float64]
    """Rows x columns, NaN where there is no number."""
    has_number: npt.NDArray[np.bool_] | None = None
    """Rows x columns; None if every cell is a number, so that a NaN is one that was sent."""
    texts: Mapping[int, pa.Array[Any]] = field(default_factory=dict)
    """By the index of a column with texts: a string array as long as the rows, null where the cell is no text."""
    present: npt.NDArray[np.bool_] | None = None
    """Rows x columns; None if every row has every column. A cell that is not present is not even a null: the row was
    sent without the column. Only where a batch has too many layouts for a block of each."""

    def __len__(self) -> int:
        return len(self.numbers)

    def is_number(self) -> npt.NDArray[np.bool_]:
        """Return by row and column whether the cell is a number."""
        return np.ones(self.numbers.shape, np.bool_) if self.has_number is None else self.has_number

    def is_present(self) -> npt.NDArray[np.bool_]:
        """Return by row and column whether the row has the column."""
        return np.ones(self.numbers.shape, np.bool_) if self.present is None else self.present

    def take(self, rows: npt.NDArray[np.int64]) -> Cells:
        """Return the cells of these rows."""
        index: Any = pa.array(rows)
        return Cells(
            self.names,
            self.numbers[rows],
            None if self.has_number is None else self.has_number[rows],
            {column: texts.take(index) for column, texts in self.texts.items()},
            None if self.present is None else self.present[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class RowBlock:
    """Rows of one model, version, half of the inference and layout.

    A response has features too if it came with its request.
    """

    model: str
    model_version: str
    event_type: Half
    event: npt.NDArray[np.int64]
    """By row, the index of its event in the batch."""
    event_time: npt.NDArray[np.int64]
    """By row, microseconds since 1970 in UTC."""
    instance: npt.NDArray[np.int32]
    """By row, its place in its event, from 0."""
    features: Cells | None = None
    predictions: Cells | None = None
    entities: Cells | None = None
    row_flags: Cells | None = None

    def __len__(self) -> int:
        return len(self.event)

    def sides(self) -> dict[str, Cells]:
        """Return the cells that there are, by side."""
        cells = {side: getattr(self, side) for side in SIDES}
        return {side: each for side, each in cells.items() if each is not None}

    def take(self, rows: npt.NDArray[np.int64]) -> RowBlock:
        """Return the block of these rows."""
        some: dict[str, Any] = {name: getattr(self, name)[rows] for name in ("event", "event_time", "instance")}
        some |= {side: cells.take(rows) for side, cells in self.sides().items()}
        return replace(self, **some)
