"""The pass over a batch: run on the workers, once, or once more without the events that were redelivered."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, functions as F

from sparkmon.compat import from_arrow, to_arrow
from sparkmon.detectors import OUTLIERS
from sparkmon.distributions.schema import PANES
from sparkmon.errors import SparkmonError
from sparkmon.ingest import TASKS, Owners
from sparkmon.interval import EPOCH
from sparkmon.monitor.longer_windows import merge_windows
from sparkmon.monitor.open_windows import OpenWindows, without_clocks
from sparkmon.monitor.recent_events import Digests, RecentEvents
from sparkmon.monitor.window_grid import ClosedWindows
from sparkmon.monitor.windows import Windows
from sparkmon.schemas import PROFILES

Pass: TypeAlias = Callable[[DataFrame, Owners, str | None], DataFrame]
"""See :meth:`sparkmon.ingest.Ingest.of_events`."""

OwnersOf: TypeAlias = Callable[[pa.Table, Sequence[Digests]], Mapping[int, int]]
"""Returns the redelivered events among those of each task, as :meth:`RecentEvents.redelivered` does; it also has the
panes."""


@dataclass(frozen=True, eq=False)
class Passed:
    """What a pass over a batch gives."""

    panes: pa.Table
    outliers: pa.Table
    """The most severe of each task."""
    digests: Digests
    """Of its events, in ascending order, without those that were counted before."""
    redelivered: int
    """How many events were left out because they were counted before, or twice here."""
    last_event_time: datetime
    namespaces: Mapping[str, frozenset[str]]
    """Where the events of each model come from."""
    dead_letters: DataFrame | None
    """None if there are none."""
    rows: DataFrame | None
    """Decoded rows, where they are kept and not in files; None if there are none."""
    row_files: list[dict[str, Any]]
    """The files of rows that workers wrote."""


@contextmanager
def one_pass(ingest: Pass, batch: DataFrame, owners_of: OwnersOf, row_directory: str | None = None) -> Iterator[Passed]:
    """Pass over a batch, again if it has redelivered events; what it gives is in memory while it is in use.

    A redelivered event is recognised by its digest after the pass, because sketches cannot be subtracted. That is rare,
    and costs nothing where there is none.
    """
    output, panes, outliers, tasks = _run(ingest, batch, {}, row_directory)
    try:
        digests = _digests(tasks)
        again = owners_of(panes, digests)
        expected = np.setdiff1d(
            np.concatenate([*digests, np.empty(0, np.uint64)]),
            np.array([each for each, place in again.items() if place < 0], np.uint64),
        )
        redelivered = sum(task["events"] for task in tasks) - len(expected)
        if again:
            output.unpersist()
            owners = {each: -1 if place < 0 else tasks[place]["partition"] for each, place in again.items()}
            output, panes, outliers, tasks = _run(ingest, batch, owners, row_directory)
            repeated = np.sort(np.concatenate([*_digests(tasks), np.empty(0, np.uint64)]))
            if not np.array_equal(repeated, expected):
                raise SparkmonError(
                    "the source gave other events when a batch was read again; start the monitor again, and if that "
                    "does not help, look whether the log was changed"
                )
        namespaces: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
        for pair in (pair for task in tasks for pair in task["namespaces"]):
            namespaces[pair["model"]] |= {pair["namespace"]}
        yield Passed(
            panes,
            outliers,
            expected,
            redelivered,
            max((task["last_event_time"] for task in tasks), default=EPOCH),
            namespaces,
            _chosen(output, "dead_letter", sum(task["dead_letters"] for task in tasks)),
            _chosen(output, "row", sum(task["rows"] for task in tasks)),
            [file for task in tasks for file in task["row_files"]],
        )
    finally:
        output.unpersist()


def profiles_of(
    events: DataFrame, ingest: Pass, windows: Windows, expected: Mapping[str, Collection[str]]
) -> DataFrame:
    """Summarise events at once: ``sparkmon.schemas.PROFILES`` of all windows, and of the longer ones."""
    open_windows = OpenWindows(windows.grid, windows.k, expected)

    def owners_of(_: pa.Table, digests: Sequence[Digests]) -> Mapping[int, int]:
        return RecentEvents().redelivered(digests)

    with one_pass(ingest, events, owners_of) as passed:
        open_windows.add(without_clocks(passed.panes), ClosedWindows())
    profiles = open_windows.profiles(open_windows)
    longer = [merge_windows(profiles, length, windows.k) for length in windows.longer_us]
    together = pa.concat_tables([profiles, *longer]).combine_chunks()
    return from_arrow(events.sparkSession, together, PROFILES)


def _run(
    ingest: Pass, batch: DataFrame, owners: Owners, row_directory: str | None
) -> tuple[DataFrame, pa.Table, pa.Table, list[dict[str, Any]]]:
    """Run the pass; collect the panes, the outliers and what the tasks report."""
    output = ingest(batch, owners, row_directory).persist()
    schemas = {"pane": PANES, "outlier": OUTLIERS, "task": TASKS}
    is_small = reduce(or_, (F.col(name).isNotNull() for name in schemas))
    rows = to_arrow(output.where(is_small).select(*schemas))
    panes, outliers, tasks = (_rows(rows, *each) for each in schemas.items())
    return output, panes, outliers, tasks.to_pylist()


def _chosen(output: DataFrame, name: str, count: int) -> DataFrame | None:
    """Pick what a column of the output has, if anything."""
    return output.where(F.col(name).isNotNull()).select(f"{name}.*") if count else None


def _rows(output: pa.Table, name: str, schema: pa.Schema) -> pa.Table:
    """Return the rows that are not null in one of the columns of the output."""
    structs: Any = output[name].combine_chunks().drop_null()
    return pa.Table.from_struct_array(structs).cast(schema)


def _digests(tasks: Sequence[Mapping[str, Any]]) -> list[Digests]:
    return [np.frombuffer(task["digests"], np.uint64) for task in tasks]
