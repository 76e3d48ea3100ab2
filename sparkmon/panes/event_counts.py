"""Events counted by model and pane: those that could not be decoded, and those without rows, which move the clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import PANES, PROFILE

CLOCK = "clock"
"""The ``column_kind`` of panes that only move the clock of their model: those of health checks, for example."""

_EVENTS = ":events"
_KEY = ["model", "pane"]

Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class EventCounts:
    """Counts events by panes of ``pane_us`` microseconds.

    Of events with rows and dead letters it makes the column ``:events`` (kind ``event``), 1 for a dead letter and 0 for
    others; of the rest, panes of no length that only move the clock of their model.

    >>> counts = EventCounts(60)
    >>> has_rows, is_dead = np.array([True, False, True, True]), np.array([False, True, False, False])
    >>> counts.add(pa.array(["loans"] * 4), np.array([10, 20, 30, 70]), has_rows, is_dead)
    >>> [(each["count"], round(each["avg"], 2)) for each in counts.build()["profile"].to_pylist()]
    [(3, 0.33), (1, 0.0)]
    """

    def __init__(self, pane_us: int) -> None:
        self._pane_us = pane_us
        self._parts: list[pa.Table] = []

    def add(self, models: pa.Array[Any], times: Times, has_rows: Flags, is_dead: Flags) -> None:
        """Count events, given by their models, times in microseconds, and what became of them.

        A dead letter that names no model is not counted.
        """
        panes = pa.array(times // self._pane_us, mask=~(has_rows | is_dead))
        columns: dict[str, Any] = {"model": models, "pane": panes, "dead": is_dead.astype(np.int64), "time": times}
        events = pa.table(columns).filter((pc.field("dead") == 0) | (pc.field("model") != ""))
        self._parts.append(events.group_by(_KEY).aggregate([("dead", "count"), ("dead", "sum"), ("time", "max")]))

    def build(self) -> pa.Table:
        """Return the panes of all events, of ``PANES``."""
        if not self._parts:
            return PANES.empty_table()
        parts = pa.concat_tables(self._parts).group_by(_KEY, use_threads=False)
        grouped = parts.aggregate([("dead_count", "sum"), ("dead_sum", "sum"), ("time_max", "max")])
        rows = zip(*(grouped[name].to_pylist() for name in grouped.schema.names), strict=True)
        counted = {(model, pane): values for model, pane, *values in rows}
        return pa.Table.from_pylist([self._pane(*key, *values) for key, values in counted.items()], schema=PANES)

    def _pane(self, model: str, pane: int | None, count: int, dead: int, newest: int) -> dict[str, Any]:
        start, end = (newest, newest) if pane is None else (pane * self._pane_us, (pane + 1) * self._pane_us)
        profile: dict[str, Any] = dict.fromkeys(field.name for field in PROFILE)
        profile |= dict.fromkeys(("num_nulls", "num_nan", "num_inf", "num_numbers", "num_texts"), 0)
        profile |= {"count": count, "frequent_items": []}
        if pane is None:
            profile["num_nulls"] = count
        else:
            rate = dead / count
            profile |= {"num_numbers": count, "avg": rate, "m2": dead * (1 - rate)}
            profile |= {"min": float(dead == count), "max": float(dead > 0)}
        return dict.fromkeys(PANES.names) | {
            "model": model,
            "model_version": "",
            "window_start": start,
            "window_end": end,
            "column_name": "" if pane is None else _EVENTS,
            "column_kind": CLOCK if pane is None else "event",
            "profile": profile,
            "last_event_time": newest,
        }
