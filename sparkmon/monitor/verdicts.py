"""Judges the profiles of windows together, in a stream or in batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from sparkmon.comparison import (
    Calibration,
    Checks,
    History,
    alpha_at_once,
    alpha_for,
    calibrate,
    compare,
    compare_history,
    confirm,
    correct,
    explained,
    extra_columns,
    missing_columns,
    provisional,
)
from sparkmon.interval import parse_interval
from sparkmon.monitor.window_range import has_length
from sparkmon.profiles import merge_blocks

__all__ = ["Verdicts"]

_LOOK_BACK = 100
"""How many windows back a series may have its last value, after windows without rows."""


class Verdicts:
    """Compares windows with references and with past windows.

    Parameters
    ----------
    references : pyarrow.Table
        ``sparkmon.schemas.REFERENCES``, blocks included.
    checks : Checks
        The statistics and thresholds.
    step_s : float
        The distance between the starts of windows, in seconds.
    lengths : sequence of str
        The lengths of the windows, as intervals. Shorter blocks of the references are merged to blocks of the same
        length.
    history : sequence of History, default ()
        The past windows to compare with, too.
    """

    def __init__(
        self,
        references: pa.Table,
        checks: Checks,
        step_s: float,
        lengths: Sequence[str],
        history: Sequence[History] = (),
    ) -> None:
        self.checks, self.history = checks, tuple(history)
        self._alpha = alpha_for(checks.false_alarms_per_week, step_s)
        self._alpha_at_once = alpha_at_once(checks.false_alarms_per_week, step_s)
        seconds = {length: parse_interval("window", length).total_seconds() for length in lengths}
        self._calibrations = {
            seconds[length]: _calibration(references, checks, length) for length in lengths
        }
        self._of_windows = self._calibrations[seconds[lengths[0]]]
        longest = max(seconds.values())
        self.confirmation_lookback_s = _LOOK_BACK * longest
        """How far back findings that confirm another may begin, in seconds."""
        self.history_lookback_s = max(
            (each.lookback_s(longest) for each in self.history), default=0.0
        )
        """How far back the windows of a history may begin, in seconds."""
        # A batch needs no profiles of single blocks.
        self._references = references.filter(pc.is_null(references["block_start"]))

    def findings(
        self,
        profiles: DataFrame,
        earlier: DataFrame | None = None,
        earlier_profiles: DataFrame | None = None,
    ) -> DataFrame:
        """See :meth:`sparkmon.Monitor.findings`."""
        references = profiles.sparkSession.createDataFrame(self._references)
        findings = [
            *self._with_references(profiles, references),
            missing_columns(profiles, references),
            extra_columns(profiles, references),
            *(
                compare_history(profiles, each, earlier_profiles, self.checks, kinds=references)
                for each in self.history
            ),
        ]
        judged = correct(reduce(DataFrame.unionByName, findings), self._alpha)
        return explained(confirm(judged, earlier, alpha=self._alpha))

    def _with_references(self, profiles: DataFrame, references: DataFrame) -> list[DataFrame]:
        one_length = len(self._calibrations) == 1
        return [
            compare(
                profiles if one_length else profiles.where(has_length(seconds)),
                references,
                self.checks,
                calibration=calibration,
            )
            for seconds, calibration in self._calibrations.items()
        ]

    def provisional(self, profiles: DataFrame) -> DataFrame:
        """Find gross drift in windows that are still open; see :func:`sparkmon.comparison.provisional`."""
        references = profiles.sparkSession.createDataFrame(self._references)
        findings = compare(
            profiles, references, self.checks, calibration=self._of_windows, anytime=True
        )
        return explained(provisional(findings, self._alpha_at_once))


def _calibration(references: pa.Table, checks: Checks, length: str) -> Calibration:
    """Measure the blocks of references, merged to a window's length if they are whole parts of it."""
    blocks = references.filter(pc.is_valid(references["block_start"]))
    if blocks.num_rows:
        starts, ends = (blocks[name].cast(pa.int64()) for name in ("block_start", "block_end"))
        longest = timedelta(microseconds=pc.max(pc.subtract(ends, starts)).as_py())
        window = parse_interval("window", length)
        if longest < window and not window % longest:
            frame = SparkSession.active().createDataFrame(references)
            references = merge_blocks(frame, length).toArrow()
    return calibrate(references, checks)
