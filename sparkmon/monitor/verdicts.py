"""Judges the profiles of windows together, in a stream or in batch."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import DataFrame

from sparkmon.comparison import Judge
from sparkmon.schemas import DRIFT_METRICS, PROFILES

__all__ = ["Verdicts"]


class Verdicts:
    """Judges profiles in Spark on the driver.

    Parameters
    ----------
    judge : Judge
        Compares windows with references and with past windows.
    """

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def findings(
        self,
        profiles: DataFrame,
        earlier: DataFrame | None = None,
        earlier_profiles: DataFrame | None = None,
    ) -> DataFrame:
        """See :meth:`sparkmon.Monitor.findings`."""
        findings = self.judge.findings(
            _collect(profiles, PROFILES.names),
            None if earlier is None else _collect(earlier, DRIFT_METRICS.names),
            None if earlier_profiles is None else _collect(earlier_profiles, PROFILES.names),
        )
        return profiles.sparkSession.createDataFrame(findings.combine_chunks(), DRIFT_METRICS)

    def provisional(self, profiles: DataFrame) -> DataFrame:
        """Find gross drift in windows that are still open; see :func:`sparkmon.comparison.provisional`."""
        findings = self.judge.provisional(_collect(profiles, PROFILES.names))
        return profiles.sparkSession.createDataFrame(findings.combine_chunks(), DRIFT_METRICS)


def _collect(frame: DataFrame, names: list[str]) -> pa.Table:
    return frame.select(*names).toArrow()
