"""Which outliers the table has: the most severe of each window, however many batches find some."""

from bisect import insort
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from sparkmon.distributions.schema import WINDOW_KEY
from sparkmon.tables import TableWriter

_TIMES = 10
"""A window has at most so many times the rows that are kept: whoever sends ever worse rows fills no table."""
_MOST_WINDOWS = 10_000


class OutlierTable:
    """Chooses among the outliers of each batch those that the table needs."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._by_window: dict[tuple[Any, ...], list[tuple[float, float]]] = {}
        """By window, the p-value and the negative excess of its rows; ascending."""

    def chosen(self, tables: TableWriter, outliers: pa.Table) -> pa.Table:
        """Return the rows that are among the most severe of their windows so far."""
        keys = _rows(outliers, WINDOW_KEY)
        self._read(tables, {*keys} - self._by_window.keys())
        ranks = _ranks(outliers)
        places = []
        for place in sorted(range(len(ranks)), key=ranks.__getitem__):
            in_table = self._by_window.setdefault(keys[place], [])
            is_severe = len(in_table) < self._keep or ranks[place] < in_table[self._keep - 1]
            if is_severe and len(in_table) < _TIMES * self._keep:
                places.append(place)
                insort(in_table, ranks[place])
        while len(self._by_window) > _MOST_WINDOWS:
            del self._by_window[next(iter(self._by_window))]
        return outliers.take(pa.array(places, pa.int64()))

    def _read(self, tables: TableWriter, new: set[tuple[Any, ...]]) -> None:
        """Read what is in the table of windows that are new here."""
        if not new:
            return
        first = min(start for _, _, start, _ in new)
        rows = tables.read("outliers", [*WINDOW_KEY, "p_value", "excess"], [("window_start", ">=", first)])
        if rows is not None:
            for key, rank in zip(_rows(rows, WINDOW_KEY), _ranks(rows), strict=True):
                if key in new:
                    insort(self._by_window.setdefault(key, []), rank)


def _rows(table: pa.Table, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return [*zip(*(table[name].to_pylist() for name in names), strict=True)]


def _ranks(table: pa.Table) -> list[tuple[float, float]]:
    return [(p_value, -excess) for p_value, excess in _rows(table, ["p_value", "excess"])]
