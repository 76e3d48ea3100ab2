"""Windows as numbers: which a pane is part of, which have closed, their rows. Times are microseconds since 1970 UTC."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_KINDS = ("feature", "prediction")


class Window(NamedTuple):
    """A window of a model."""

    model: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """Its length in microseconds."""
        return self.end - self.start


def micros(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    """Return a column of times as microseconds."""
    values: npt.NDArray[np.int64] = table[name].cast(pa.int64()).to_numpy()
    return values


def windows_of_rows(table: pa.Table) -> list[Window]:
    """Return the window of each row of profiles, panes, findings or marks."""
    models: list[Any] = table["model"].to_pylist()
    bounds = (micros(table, name).tolist() for name in ("window_start", "window_end"))
    return [Window(*each) for each in zip(models, *bounds, strict=True)]


class ClosedWindows:
    """The windows that have closed: of a model and a length in the order of their ends, so that the last tells all."""

    def __init__(self) -> None:
        self._last_ends: dict[tuple[str, int], int] = {}
        self.first_end: int | None = None
        """Where the first of them ends, of any model."""

    def add(self, window: Window) -> None:
        """Add a window and all before it."""
        key = window.model, window.length
        self._last_ends[key] = max(window.end, self._last_ends.get(key, window.end))
        self.first_end = window.end if self.first_end is None else min(window.end, self.first_end)

    def last_end(self, model: str, length: int) -> int | None:
        """Return where the last of them ends."""
        return self._last_ends.get((model, length))

    def __contains__(self, window: Window) -> bool:
        last_end = self.last_end(window.model, window.length)
        return last_end is not None and window.end <= last_end


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """Windows of one length that begin at whole multiples of their distance.

    >>> grid = WindowGrid(length=60, slide=20)
    >>> grid.pane, grid.windows_of(80, 100)
    (20, [(40, 100), (60, 120), (80, 140)])

    A pane of another grid, of a monitor whose windows were longer, is a window by itself:

    >>> grid.windows_of(0, 3600)
    [(0, 3600)]
    """

    length: int
    slide: int

    @property
    def pane(self) -> int:
        """The length of a pane: the greatest of which all windows are made."""
        return math.gcd(self.length, self.slide)

    def windows_of(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the windows that contain a pane."""
        first = -((self.length - end) // self.slide)
        starts = range(first * self.slide, start + 1, self.slide)
        return [(each, each + self.length) for each in starts] or [(start, end)]


class RowCounts(NamedTuple):
    """The rows of a window."""

    requests: int
    responses: int


def row_counts(profiles: pa.Table) -> dict[Window, RowCounts]:
    """Count the rows of each window: those of the column with most, because a row need not have every column."""
    names = ("model_version", "column_kind", "slice_key")
    columns = [profiles[name].to_pylist() for name in names]
    counts = pc.struct_field(profiles["profile"], "count").to_pylist()
    most: Counter[tuple[Window, str, str]] = Counter()
    windows: defaultdict[Window, Counter[str]] = defaultdict(Counter)
    rows_of = zip(windows_of_rows(profiles), *columns, counts, strict=True)
    for window, version, kind, key, count in rows_of:
        windows[window].update(())
        if key is None and kind in _KINDS:
            most[window, version, kind] = max(most[window, version, kind], count)
    for (window, _, kind), count in most.items():
        windows[window][kind] += count
    return {window: RowCounts(*(rows[kind] for kind in _KINDS)) for window, rows in windows.items()}
