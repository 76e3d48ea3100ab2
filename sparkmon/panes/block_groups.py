"""The rows of a block by pane, and by pane and value of a slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.distributions.arrays import IntArray
from sparkmon.protocol import RowBlock
from sparkmon.slicing import BlockSlices


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows of a block, ordered by group: a pane, of all rows or of one value of a slice."""

    rows: IntArray | None
    """The rows in the groups' order; None: all as they are, in one group."""
    starts: IntArray
    """By group, where its rows begin in that order."""
    sizes: IntArray
    """By group, its number of rows."""
    panes: IntArray
    """By group, its pane: the number of panes since 1970."""
    last: IntArray
    """By group, the greatest event time."""
    key: str | None = None
    values: pa.Array[Any] | None = None
    """By group, the value of the slice; None: of all rows."""

    def columns(self, matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the columns of a matrix, each with its rows in the groups' order."""
        return np.ascontiguousarray((matrix if self.rows is None else matrix[self.rows]).T)


def groups_of(block: RowBlock, pane_us: int, slices: BlockSlices | None) -> list[Groups]:
    """Return the groups of all rows first, then those of each slice key."""
    panes, times = block.event_time // pane_us, block.event_time
    if (panes == panes[0]).all():
        start, size = np.zeros(1, np.int64), np.array([len(panes)])
        whole = Groups(None, start, size, panes[:1], times.max(keepdims=True))
    else:
        whole = _grouped(panes, times, np.zeros_like(panes))
    groups = [whole]
    for key, values in slices.of(block) if slices is not None else ():
        encoded: Any = values
        if not pa.types.is_dictionary(values.type):
            encoded = encoded.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        if (codes >= 0).any():
            groups.append(_grouped(panes, times, codes, key, encoded.dictionary))
    return groups


def _grouped(
    panes: IntArray, times: IntArray, codes: IntArray, key: str | None = None, dictionary: pa.Array[Any] | None = None
) -> Groups:
    rows = np.lexsort((panes, codes))
    rows = rows[np.searchsorted(codes[rows], 0) :]
    changes = (np.diff(codes[rows]) != 0) | (np.diff(panes[rows]) != 0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    sizes = np.diff(np.append(starts, rows.size))
    first = rows[starts]
    values: Any = None if dictionary is None else dictionary.take(pa.array(codes[first]))
    return Groups(rows, starts, sizes, panes[first], np.maximum.reduceat(times[rows], starts), key, values)
