"""A batch of open windows: gross drift is reported while it can be acted on, once per column."""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon.alerts import AlertManager
from sparkmon.monitor.batch_query import persisted
from sparkmon.monitor.verdicts import Verdicts
from sparkmon.monitor.window_range import WindowRange
from sparkmon.schemas import DRIFT_METRICS, PROFILE_KEY
from sparkmon.tables import Tables

__all__ = ["OpenWindows"]


class OpenWindows:
    """Writes the batches of a stream of profiles in update mode.

    Parameters
    ----------
    verdicts : Verdicts
        Judges the profiles.
    tables : Tables
        Where findings and alerts are written.
    alerts : AlertManager
        Turns findings into alerts.
    """

    def __init__(self, verdicts: Verdicts, tables: Tables, alerts: AlertManager) -> None:
        self.verdicts, self.tables, self.alerts = verdicts, tables, alerts

    def prepare(self, spark: SparkSession) -> None:
        """Make the table that the query of closed windows writes, too: only one query can make it."""
        self.tables.prepare(spark, "drift_metrics", DRIFT_METRICS)

    def write(self, profiles: DataFrame, writer: str, batch_id: int) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`.

        What an earlier batch has reported, or what has closed, is not reported again. The findings are written last: a
        batch that is replayed after a crash skips only what has been alerted on.
        """
        with persisted(profiles):
            span = WindowRange.of(profiles)
            if span is None:
                return
            with persisted(self._new(self.verdicts.provisional(profiles), span)) as findings:
                if findings.isEmpty():
                    return
                if not self.alerts.is_open:  # over Spark Connect, in a process of the server
                    self.alerts.open(self.tables.open(findings.sparkSession), deliver=False)
                self.alerts.process(findings.toArrow(), {}, writer=writer)
                self.tables.append(findings, "drift_metrics", writer=writer, batch_id=batch_id)

    def _new(self, findings: DataFrame, span: WindowRange) -> DataFrame:
        """Leave out the columns that the table already has findings of."""
        after = span.last_end + timedelta(microseconds=1)
        spark, names = findings.sparkSession, DRIFT_METRICS.names
        earlier = self.tables.find(spark, "drift_metrics", names, span.first_start, after)
        if earlier is None:
            return findings
        columns = (
            earlier.where("drift_type = 'BASELINE'")
            .select(*(F.col(name).alias(f"written_{name}") for name in PROFILE_KEY))
            .distinct()
        )
        same = [F.col(name).eqNullSafe(F.col(f"written_{name}")) for name in PROFILE_KEY]
        return findings.join(columns, same, "left_anti").select(*DRIFT_METRICS.names)
