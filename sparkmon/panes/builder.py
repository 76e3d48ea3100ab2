"""Blocks of rows to panes: the summaries of columns in short stretches of time."""

from collections.abc import Collection
from dataclasses import replace

import pyarrow as pa

from sparkmon.distributions.schema import PANES
from sparkmon.errors import OptionError
from sparkmon.panes.block_parts import Projections, parts_of
from sparkmon.panes.merge_parts import merge_parts
from sparkmon.panes.parts import nested
from sparkmon.panes.pool import Expected, PaneLimits, pooled
from sparkmon.protocol import RowBlock
from sparkmon.slicing import BlockSlices

_WHILE_BUILDING = 10


class PaneBuilder:
    """Summarises blocks of rows by panes of ``pane_us`` microseconds, from whole multiples of it since 1970 UTC.

    Requests of the models of ``projections`` also have the column ``:joint``. ``k`` is the KLL parameter of the
    sketches. With ``only``, these columns alone are summarised; slices and projections read others, too.

    >>> import numpy as np
    >>> from sparkmon.protocol import Cells
    >>> times, instance = np.array([10, 20, 70]), np.zeros(3, np.int32)
    >>> ages = Cells(("age",), np.array([[31.0], [47.0], [28.0]]))
    >>> builder = PaneBuilder(60)
    >>> builder.add(RowBlock("loans", "", "request", np.arange(3), times, instance, features=ages))
    >>> [(each["count"], each["avg"]) for each in builder.build()["profile"].to_pylist()]
    [(2, 39.0), (1, 28.0)]
    """

    def __init__(
        self,
        pane_us: int,
        *,
        slices: BlockSlices | None = None,
        projections: Projections = {},  # noqa: B006 - never changed
        k: int = 800,
        limits: PaneLimits = PaneLimits(),  # noqa: B008 - frozen
        expected: Expected = {},  # noqa: B006 - never changed
        only: Collection[str] | None = None,
    ) -> None:
        if pane_us < 1:
            raise OptionError(f"got pane_us={pane_us!r}; expected 1 or more microseconds")
        self.pane_us, self._k, self._limits = pane_us, k, limits
        self._slices, self._projections, self._expected = slices, projections, expected
        self._only = only
        self._parts: list[pa.RecordBatch] = []
        self._nbytes, self._most = 0, limits.buffer_bytes

    @property
    def nbytes(self) -> int:
        """The size of what is buffered and summarised: build when it grows beyond what the task may hold."""
        return self._nbytes

    def add(self, block: RowBlock) -> None:
        """Summarise the rows of a block."""
        for part in parts_of(block, self.pane_us, self._slices, self._projections, self._only):
            self._parts.append(part)
            self._nbytes += part.nbytes
        if self._nbytes > self._most:
            levels = _WHILE_BUILDING * self._limits.levels
            merged = self._merged(replace(self._limits, levels=levels))
            self._parts, self._nbytes = merged.to_batches(), merged.nbytes
            # What is summarised is merged again only when as much is buffered anew.
            self._most = max(self._limits.buffer_bytes, 2 * self._nbytes)

    def build(self) -> pa.Table:
        """Return the panes of all blocks since the last build, one row per key, of ``PANES``."""
        panes = nested(self._merged(self._limits)) if self._parts else PANES.empty_table()
        self._parts, self._nbytes, self._most = [], 0, self._limits.buffer_bytes
        return panes

    def _merged(self, limits: PaneLimits) -> pa.Table:
        parts = pooled(pa.Table.from_batches(self._parts), limits, self._expected)
        return merge_parts(parts, self._k, limits)
