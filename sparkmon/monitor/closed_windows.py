"""A batch of closed windows: profiles, findings and alerts, each written exactly once."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

from pyspark.sql import DataFrame

from sparkmon.alerts import AlertManager
from sparkmon.health import Counters
from sparkmon.monitor.batch_query import persisted
from sparkmon.monitor.leases import Leases
from sparkmon.monitor.longer_windows import LongerWindows
from sparkmon.monitor.verdicts import Verdicts
from sparkmon.monitor.window_range import WindowRange
from sparkmon.schemas import DRIFT_METRICS, PROFILES
from sparkmon.tables import Tables

__all__ = ["ClosedWindows"]


class ClosedWindows:
    """Writes the batches of a stream of profiles.

    Parameters
    ----------
    verdicts : Verdicts
        Judges the profiles.
    tables : Tables
        Where everything is written.
    alerts : AlertManager
        Turns findings into alerts.
    longer : LongerWindows
        Completes longer windows.
    counters : Counters
        Counts traffic.
    """

    def __init__(
        self,
        verdicts: Verdicts,
        tables: Tables,
        alerts: AlertManager,
        longer: LongerWindows,
        counters: Counters,
    ) -> None:
        self.verdicts, self.tables, self.alerts = verdicts, tables, alerts
        self._longer, self._counters = longer, counters

    def leases(self, checkpoint: str, take_over: bool) -> Leases:
        """Return the leases of the query whose progress is in ``checkpoint``."""
        return Leases(self.tables, self._longer.all_s, checkpoint, take_over)

    def write(
        self, profiles: DataFrame, writer: str, batch_id: int, leases: Leases | None = None
    ) -> None:
        """Write a batch; see :data:`sparkmon.monitor.batch_query.WriteBatch`.

        Parameters
        ----------
        profiles : DataFrame
            The batch.
        writer, batch_id : str, int
            Who writes, and the batch's number.
        leases : Leases, optional
            Keep other queries from writing the same windows.
        """
        with ExitStack() as stack:
            stack.enter_context(persisted(profiles))
            new, span, unjudged = profiles, WindowRange.of(profiles), None
            if span is None:
                return
            self._counters.count_traffic(span.traffic)
            if leases is not None:
                leases.acquire(profiles.sparkSession, span.traffic, writer, batch_id)
                new = leases.unwritten(profiles)
                unjudged = leases.unjudged(profiles.sparkSession, batch_id)
            if new is not profiles:
                new = stack.enter_context(persisted(new))
                span = WindowRange.of(new)
            self._complete(new, span, unjudged, writer, batch_id)

    def _complete(
        self,
        profiles: DataFrame,
        span: WindowRange | None,
        unjudged: DataFrame | None,
        writer: str,
        batch_id: int,
    ) -> None:
        """Write profiles and the longer windows that they complete; judge them, and what a former holder did not."""
        longer = None if span is None else self._longer.completed(profiles, span)
        with ExitStack() as stack:
            if longer is not None:
                profiles = stack.enter_context(persisted(profiles.unionByName(longer)))
            self.tables.append(profiles, "profiles", writer=writer, batch_id=batch_id)
            if unjudged is not None:
                profiles = stack.enter_context(persisted(profiles.unionByName(unjudged)))
            if longer is not None or unjudged is not None:
                span = WindowRange.of(profiles)
            if span is not None:
                self._judge(profiles, span, writer, batch_id)

    def _judge(self, profiles: DataFrame, span: WindowRange, writer: str, batch_id: int) -> None:
        with persisted(
            self.verdicts.findings(profiles, *self._earlier(profiles, span))
        ) as findings:
            self.tables.append(findings, "drift_metrics", writer=writer, batch_id=batch_id)
            if not self.alerts.is_open:  # over Spark Connect, in a process of the server
                self.alerts.open(self.tables.open(findings.sparkSession), deliver=False)
            ends = dict.fromkeys(span.traffic, span.last_end)
            self.alerts.process(findings.toArrow(), ends, writer=writer)

    def _earlier(
        self, profiles: DataFrame, span: WindowRange
    ) -> tuple[DataFrame | None, DataFrame | None]:
        """Read findings and profiles of the last windows before these; a replayed batch reads the same."""
        judge = self.verdicts.judge

        def read(table: str, names: list[str], lookback_s: float) -> DataFrame | None:
            start = span.first_start - timedelta(seconds=lookback_s)
            return self.tables.find(profiles.sparkSession, table, names, start, span.first_end)

        findings = read("drift_metrics", DRIFT_METRICS.names, judge.confirmation_lookback_s)
        if not judge.history:
            return findings, None
        return findings, read("profiles", PROFILES.names, judge.history_lookback_s)
