"""The windows of a batch of events, by the same pass as in a stream."""

from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame

from sparkmon.monitor.longer_windows import merge_windows
from sparkmon.monitor.one_pass import Pass, one_pass
from sparkmon.monitor.open_windows import OpenWindows, without_events
from sparkmon.monitor.recent_events import Digests, RecentEvents
from sparkmon.monitor.window_grid import ClosedWindows
from sparkmon.monitor.windows import Windows
from sparkmon.schemas import PROFILES


def profiles_of(
    events: DataFrame, ingest: Pass, windows: Windows, expected: Mapping[str, Collection[str]]
) -> DataFrame:
    """Summarise events at once: ``sparkmon.schemas.PROFILES`` of all windows, and of the longer ones."""
    open_windows = OpenWindows(windows.grid, windows.k, expected)

    def owners_of(_: pa.Table, digests: Sequence[Digests]) -> Mapping[int, int]:
        return RecentEvents().redelivered(digests)

    with one_pass(ingest, events, owners_of) as passed:
        open_windows.add(without_events(passed.panes), ClosedWindows())
    profiles = open_windows.profiles(open_windows)
    longer = [merge_windows(profiles, length, windows.k) for length in windows.longer_us]
    together = pa.concat_tables([profiles, *longer]).combine_chunks()
    return events.sparkSession.createDataFrame(together, PROFILES)
