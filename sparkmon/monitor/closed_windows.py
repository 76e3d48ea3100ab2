"""A batch of windows that have closed: profiles, findings and alerts, each written exactly once."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import DataFrame

from sparkmon.alerts import AlertDesk
from sparkmon.health import Tally
from sparkmon.monitor.longer_windows import LongerWindows
from sparkmon.monitor.reach import Reach
from sparkmon.monitor.verdicts import Verdicts
from sparkmon.schemas import DRIFT_METRICS, PROFILES
from sparkmon.tables import Tables

__all__ = ["ClosedWindows"]


class ClosedWindows:
    """Writes what a stream of profiles gives.

    Parameters
    ----------
    verdicts : Verdicts
        Judges the profiles.
    tables : Tables
        Where everything is written.
    desk : AlertDesk
        Decides what is told.
    longer : LongerWindows
        Completes longer windows.
    tally : Tally
        Counts traffic.
    """

    def __init__(
        self,
        verdicts: Verdicts,
        tables: Tables,
        desk: AlertDesk,
        longer: LongerWindows,
        tally: Tally,
    ) -> None:
        self.verdicts, self.tables, self.desk = verdicts, tables, desk
        self._longer, self._tally = longer, tally

    def write(self, profiles: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`."""
        profiles.persist()
        try:
            reach = Reach.of(profiles)
            if reach is None:
                return
            longer = self._longer.completed(profiles, reach)
            if longer is None:
                self._judge(profiles, reach, writer, batch_id)
            else:
                both = profiles.unionByName(longer).persist()
                try:
                    self._judge(both, Reach.of(both) or reach, writer, batch_id)
                finally:
                    both.unpersist()
            self._tally.count_traffic(reach.traffic)
        finally:
            profiles.unpersist()

    def _judge(self, profiles: DataFrame, reach: Reach, writer: str, batch_id: int) -> None:
        self.tables.append(profiles, "profiles", writer=writer, batch_id=batch_id)
        findings = self.verdicts.findings(profiles, *self._earlier(profiles, reach)).persist()
        try:
            self.tables.append(findings, "drift_metrics", writer=writer, batch_id=batch_id)
            self.desk.take(findings, reach.last_end, writer=writer, batch_id=batch_id)
        finally:
            findings.unpersist()

    def _earlier(
        self, profiles: DataFrame, reach: Reach
    ) -> tuple[DataFrame | None, DataFrame | None]:
        """Read findings and profiles of the last windows before these, which a batch tried again reads alike."""
        verdicts = self.verdicts

        def read(table: str, names: list[str], back_s: float) -> DataFrame | None:
            start = reach.first_start - timedelta(seconds=back_s)
            return self.tables.find(profiles.sparkSession, table, names, start, reach.first_end)

        findings = read("drift_metrics", DRIFT_METRICS.names, verdicts.confirmation_reach_s)
        if not verdicts.history:
            return findings, None
        return findings, read("profiles", PROFILES.names, verdicts.history_reach_s)
