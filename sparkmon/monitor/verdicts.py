"""Profiles of closed windows to findings that are judged together, whether they come of a stream or of a batch."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from sparkmon.comparison import (
    Checks,
    alpha_at_once,
    alpha_for,
    calibrate,
    compare,
    compare_consecutive,
    confirm,
    correct,
    missing_columns,
    provisional,
)

__all__ = ["Verdicts"]


class Verdicts:
    """What windows are compared with, and how strictly.

    Parameters
    ----------
    references : pyarrow.Table
        ``sparkmon.schemas.REFERENCES``, blocks included.
    checks : Checks
        The statistics and thresholds.
    step_s : float
        The distance between the starts of windows, in seconds.
    consecutive : bool, default False
        Whether windows are compared with the one before, too.
    """

    def __init__(
        self, references: pa.Table, checks: Checks, step_s: float, *, consecutive: bool = False
    ) -> None:
        self.checks, self.consecutive = checks, consecutive
        self._alpha = alpha_for(checks.false_alarms_per_week, step_s)
        self._alpha_at_once = alpha_at_once(checks.false_alarms_per_week, step_s)
        self._calibration = calibrate(references, checks)
        # The profiles of single blocks need not travel with every batch.
        self._references = references.filter(pc.is_null(references["block_start"]))

    def findings(
        self,
        profiles: DataFrame,
        earlier: DataFrame | None = None,
        earlier_profiles: DataFrame | None = None,
    ) -> DataFrame:
        """See :meth:`sparkmon.Monitor.findings`."""
        references = profiles.sparkSession.createDataFrame(self._references)
        found = compare(profiles, references, self.checks, calibration=self._calibration)
        found = found.unionByName(missing_columns(profiles, references))
        if self.consecutive:
            found = found.unionByName(
                compare_consecutive(profiles, earlier_profiles, self.checks, kinds=references)
            )
        return confirm(correct(found, self._alpha), earlier)

    def provisional(self, profiles: DataFrame) -> DataFrame:
        """Find gross drift in windows that are still open; see :func:`sparkmon.comparison.provisional`."""
        references = profiles.sparkSession.createDataFrame(self._references)
        found = compare(
            profiles, references, self.checks, calibration=self._calibration, anytime=True
        )
        return provisional(found, self._alpha_at_once)
