"""A batch of windows that have closed: profiles, findings and alerts, each written exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from pyspark.sql import DataFrame

from sparkmon.alerts import AlertManager
from sparkmon.health import Tally
from sparkmon.monitor.claims import Claims
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
    alert_manager : AlertManager
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
        alert_manager: AlertManager,
        longer: LongerWindows,
        tally: Tally,
    ) -> None:
        self.verdicts, self.tables, self.alert_manager = verdicts, tables, alert_manager
        self._longer, self._tally = longer, tally

    def claims(self, checkpoint: str, take_over: bool) -> Claims:
        """Return what keeps others from writing the windows of a query, whose progress is in ``checkpoint``."""
        return Claims(self.tables, self._longer.all_s, checkpoint, take_over)

    def write(
        self, profiles: DataFrame, writer: str, batch_id: int, claims: Claims | None = None
    ) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`.

        Parameters
        ----------
        profiles : DataFrame
            The batch.
        writer, batch_id : str, int
            Who writes, and the batch's number.
        claims : Claims, optional
            Keep others from writing the same windows.
        """
        with _kept(profiles):
            reach = Reach.of(profiles)
            if reach is None:
                return
            self._tally.count_traffic(reach.traffic)
            new, left = profiles, None
            if claims is not None:
                spark = profiles.sparkSession
                claims.make(spark, reach.traffic, writer, batch_id)
                new, left = claims.unwritten(profiles), claims.unjudged(spark, batch_id)
            if new is profiles:
                self._complete(profiles, reach, left, writer, batch_id)
                return
            with _kept(new):
                self._complete(new, Reach.of(new), left, writer, batch_id)

    def _complete(
        self,
        profiles: DataFrame,
        reach: Reach | None,
        left: DataFrame | None,
        writer: str,
        batch_id: int,
    ) -> None:
        """Write profiles and the longer windows that they complete; judge them, and what others left to judge."""
        longer = None if reach is None else self._longer.completed(profiles, reach)
        with ExitStack() as kept:
            if longer is not None:
                profiles = kept.enter_context(_kept(profiles.unionByName(longer)))
            self.tables.append(profiles, "profiles", writer=writer, batch_id=batch_id)
            if left is not None:
                profiles = kept.enter_context(_kept(profiles.unionByName(left)))
            if longer is not None or left is not None:
                reach = Reach.of(profiles)
            if reach is not None:
                self._judge(profiles, reach, writer, batch_id)

    def _judge(self, profiles: DataFrame, reach: Reach, writer: str, batch_id: int) -> None:
        with _kept(self.verdicts.findings(profiles, *self._earlier(profiles, reach))) as findings:
            self.tables.append(findings, "drift_metrics", writer=writer, batch_id=batch_id)
            self.alert_manager.process(findings, reach.last_end, writer=writer, batch_id=batch_id)

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


@contextmanager
def _kept(frame: DataFrame) -> Iterator[DataFrame]:
    """Keep what Spark makes of a frame for as long as it is in use."""
    try:
        yield frame.persist()
    finally:
        frame.unpersist()
