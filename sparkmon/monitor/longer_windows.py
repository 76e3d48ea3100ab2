"""Longer windows, such as days of hours, merged from the profiles of closed windows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sparkmon.distributions.schema import PANES, PROFILES, with_values
from sparkmon.interval import from_micros
from sparkmon.monitor.window_grid import ClosedWindows, Window, micros
from sparkmon.panes import merge_panes
from sparkmon.tables import TableWriter


class LongerWindows:
    """Merges closed windows to longer ones, as soon as these have ended.

    The windows of a model close in the order of their ends: once one ends at or after the end of a longer window, all
    its parts are there.
    """

    def __init__(self, length: int, longer: Sequence[int], k: int) -> None:
        self._length, self._longer, self._k = length, longer, k

    def completed(
        self, tables: TableWriter, profiles: pa.Table, windows: Collection[Window], closed: ClosedWindows
    ) -> pa.Table:
        """Return the profiles of the longer windows that closing windows complete."""
        merged = [PROFILES.empty_table()]
        own = [each for each in windows if each.length == self._length]
        for length in self._longer if own else ():
            spans = {}
            for model in {window.model for window in own}:
                ends = [window.end for window in own if window.model == model]
                before = closed.last_end(model, self._length)
                if before is None:
                    before = min(ends) - self._length
                start, end = before - before % length, max(ends) - max(ends) % length
                if end > start:
                    spans[model] = start, end
            if spans:
                merged.append(self._merged(tables, profiles, length, spans))
        return pa.concat_tables(merged)

    def _merged(
        self, tables: TableWriter, profiles: pa.Table, length: int, spans: Mapping[str, tuple[int, int]]
    ) -> pa.Table:
        first = from_micros(min(start for start, _ in spans.values()))
        where = [("model", "in", sorted(spans)), ("window_start", ">=", first)]
        earlier = tables.read("profiles", PROFILES.names, where)
        parts = profiles.select(PROFILES.names)
        if earlier is not None:
            parts = pa.concat_tables([earlier.cast(PROFILES), parts])
        starts, ends = (micros(parts, name) for name in ("window_start", "window_end"))
        models: list[Any] = parts["model"].to_pylist()
        bounds = np.array([spans.get(model, (0, 0)) for model in models]).reshape(-1, 2)
        is_part = (ends - starts == self._length) & (starts >= bounds[:, 0]) & (starts < bounds[:, 1])
        return merge_windows(parts.filter(pa.array(is_part)), length, self._k)


def merge_windows(profiles: pa.Table, length: int, k: int) -> pa.Table:
    """Merge the profiles of windows to those of longer windows."""
    starts = micros(profiles, "window_start")
    begin = starts - starts % length
    for name, times in (("window_start", begin), ("window_end", begin + length)):
        profiles = with_values(profiles, name, pa.array(times))
    panes = profiles.append_column("last_event_time", profiles["window_end"]).cast(PANES)
    return merge_panes(panes, k).select(PROFILES.names)
