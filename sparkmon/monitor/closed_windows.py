"""A batch of windows that have closed: profiles, findings and alerts, each written exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkmon.alerts import AlertSink, alerts_of, deliver
from sparkmon.monitor.verdicts import Verdicts
from sparkmon.schemas import DRIFT_METRICS, PROFILES
from sparkmon.tables import Tables

__all__ = ["ClosedWindows"]

_LOOK_BACK = 100
"""How many windows back a series is looked for that has had silent windows between."""


class ClosedWindows:
    """Writes what a stream of profiles gives.

    Parameters
    ----------
    verdicts : Verdicts
        Judges the profiles.
    tables : Tables
        Where everything is written.
    sinks : sequence of AlertSink
        Where alerts are told beside the table.
    window_s : float
        The length of the windows, in seconds.
    """

    def __init__(
        self, verdicts: Verdicts, tables: Tables, sinks: Sequence[AlertSink], window_s: float
    ) -> None:
        self.verdicts, self.tables, self.sinks = verdicts, tables, sinks
        self._window_s = window_s

    def write(self, profiles: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`."""
        profiles.persist()
        try:
            if profiles.isEmpty():
                return
            self.tables.append(profiles, "profiles", writer=writer, batch_id=batch_id)
            findings = self.verdicts.findings(profiles, *self._earlier(profiles)).persist()
            try:
                self.tables.append(findings, "drift_metrics", writer=writer, batch_id=batch_id)
                deliver(
                    alerts_of(findings), self.sinks, self.tables, writer=writer, batch_id=batch_id
                )
            finally:
                findings.unpersist()
        finally:
            profiles.unpersist()

    def _earlier(self, profiles: DataFrame) -> tuple[DataFrame | None, DataFrame | None]:
        """Read findings and profiles of the last windows before these, which a batch tried again reads alike."""
        spark = profiles.sparkSession
        first = profiles.agg(F.min("window_start")).collect()[0][0]
        start = first - timedelta(seconds=_LOOK_BACK * self._window_s)
        findings = self.tables.find(spark, "drift_metrics", DRIFT_METRICS.names, start, first)
        if not self.verdicts.consecutive:
            return findings, None
        return findings, self.tables.find(spark, "profiles", PROFILES.names, start, first)
