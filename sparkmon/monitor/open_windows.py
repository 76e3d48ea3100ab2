"""The windows that are open: their panes, in memory; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import PANES, PROFILES, with_values
from sparkmon.monitor.window_grid import ClosedWindows, Window, WindowGrid, micros, row_counts
from sparkmon.panes import CLOCK, PaneLimits, merge_panes

_MOST_PARTS = 16
"""A window's panes are merged whenever more batches than this have added to it."""


class OpenWindows:
    """The panes of each open window; ``expected`` names by model the columns that are never pooled."""

    def __init__(self, grid: WindowGrid, k: int, expected: Mapping[str, Collection[str]]) -> None:
        self._grid = grid
        self._merge = partial(merge_panes, k=k, limits=PaneLimits(), expected=expected)
        self._parts: dict[Window, list[pa.Table]] = {}

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Window]:
        return iter(self._parts)

    @property
    def first_start(self) -> int | None:
        """Where the earliest open window begins; None if none is open."""
        return min((window.start for window in self._parts), default=None)

    def add(self, panes: pa.Table, closed: ClosedWindows) -> dict[Window, int]:
        """Add panes to their windows; return the panes whose windows have all closed, and the rows in them."""
        late: dict[Window, int] = {}
        for pane, part in _by_pane(panes):
            windows = [Window(pane.model, *bounds) for bounds in self._grid.windows_of(*pane[1:])]
            still_open = [each for each in windows if each not in closed]
            for window in still_open:
                self._add(window, part)
            if not still_open:
                late[pane] = sum(row_counts(part)[pane])
        return late

    def due(self, watermarks: Mapping[str, int]) -> list[Window]:
        """Return the windows that have ended by the watermark of their model, in the order of their ends."""
        ended = (each for each in self._parts if each.end <= watermarks.get(each.model, each.start))
        return sorted(ended, key=lambda window: (window.end, window))

    def profiles(self, windows: Iterable[Window]) -> pa.Table:
        """Merge the panes of windows: ``sparkmon.distributions.schema.PROFILES``."""
        parts = [each for window in windows for each in self._parts.get(window, ())]
        if not parts:
            return PROFILES.empty_table()
        return self._merge(pa.concat_tables(parts)).select(PROFILES.names)

    def close(self, windows: Iterable[Window]) -> None:
        """Forget windows."""
        for window in windows:
            self._parts.pop(window, None)

    def _add(self, window: Window, part: pa.Table) -> None:
        parts = self._parts.setdefault(window, [])
        parts.append(_bounded(part, window))
        if len(parts) > _MOST_PARTS:
            parts[:] = [self._merge(pa.concat_tables(parts))]


def without_clocks(panes: pa.Table) -> pa.Table:
    """Filter out the panes that only move a clock."""
    return panes.filter(pc.not_equal(panes["column_kind"], pa.scalar(CLOCK)))


def _by_pane(panes: pa.Table) -> Iterator[tuple[Window, pa.Table]]:
    """Cut a table into the panes of each model."""
    panes = panes.select(PANES.names)
    models = panes["model"].combine_chunks().dictionary_encode()
    bounds = [micros(panes, name) for name in ("window_start", "window_end")]
    keys = np.column_stack([models.indices.to_numpy(), *bounds])
    panes_of, place = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    cuts = np.searchsorted(place.ravel()[order], np.arange(len(panes_of) + 1))
    for at, (model, start, end) in enumerate(panes_of.tolist()):
        rows: Any = pa.array(order[cuts[at] : cuts[at + 1]])
        yield Window(models.dictionary[model].as_py(), start, end), panes.take(rows)


def _bounded(part: pa.Table, window: Window) -> pa.Table:
    """Give panes the bounds of a window."""
    for name, time in (("window_start", window.start), ("window_end", window.end)):
        part = with_values(part, name, pa.repeat(time, part.num_rows))
    return part
