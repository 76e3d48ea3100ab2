"""A batch of windows that are still open: gross drift is told while it can be acted on, once per column."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon.alerts import AlertManager
from sparkmon.monitor.reach import Reach
from sparkmon.monitor.verdicts import Verdicts
from sparkmon.schemas import DRIFT_METRICS, PROFILE_KEY
from sparkmon.tables import Tables

__all__ = ["OpenWindows"]


class OpenWindows:
    """Writes what windows that are still open give, of a stream in update mode.

    Parameters
    ----------
    verdicts : Verdicts
        Judges the profiles.
    tables : Tables
        Where findings and alerts are written.
    alert_manager : AlertManager
        Decides what is told.
    """

    def __init__(self, verdicts: Verdicts, tables: Tables, alert_manager: AlertManager) -> None:
        self.verdicts, self.tables, self.alert_manager = verdicts, tables, alert_manager

    def prepare(self, spark: SparkSession) -> None:
        """Make the table that the query of closed windows writes to, too: a table can be made by one alone."""
        self.tables.prepare(spark, "drift_metrics", DRIFT_METRICS)

    def write(self, profiles: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`.

        What an earlier batch has told is not told again, nor is what has closed. The findings are written last: a batch
        that is tried again after a crash finds nothing that is told only where its alerts had gone out.
        """
        profiles.persist()
        try:
            reach = Reach.of(profiles)
            if reach is None:
                return
            found = self._untold(self.verdicts.provisional(profiles), reach).persist()
            try:
                if found.isEmpty():
                    return
                # An open window ends later than any in which traffic could have ended.
                self.alert_manager.process(
                    found, reach.first_start, writer=writer, batch_id=batch_id
                )
                self.tables.append(found, "drift_metrics", writer=writer, batch_id=batch_id)
            finally:
                found.unpersist()
        finally:
            profiles.unpersist()

    def _untold(self, found: DataFrame, reach: Reach) -> DataFrame:
        after = reach.last_end + timedelta(microseconds=1)
        spark, names = found.sparkSession, DRIFT_METRICS.names
        told = self.tables.find(spark, "drift_metrics", names, reach.first_start, after)
        if told is None:
            return found
        known = (
            told.where("drift_type = 'BASELINE'")
            .select(*(F.col(name).alias(f"known_{name}") for name in PROFILE_KEY))
            .distinct()
        )
        same = [F.col(name).eqNullSafe(F.col(f"known_{name}")) for name in PROFILE_KEY]
        return found.join(known, same, "left_anti").select(*DRIFT_METRICS.names)
