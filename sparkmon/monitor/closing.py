"""Closed windows written: profiles, alerts, findings, and a mark that all of it is there."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.adversaries import Baseline
from sparkmon.alerts import AlertManager
from sparkmon.comparison import Judge
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.distributions.schema import PROFILE_KEY, PROFILES
from sparkmon.health import Verdicts
from sparkmon.interval import from_micros
from sparkmon.monitor.client_watch import ClientWatch
from sparkmon.monitor.last_verdicts import last_verdicts
from sparkmon.monitor.recent_findings import RecentFindings
from sparkmon.monitor.window_grid import Window, row_counts, windows_of_rows
from sparkmon.state import CLOSED_WINDOWS
from sparkmon.tables import TableWriter


class Closing:
    """Writes closed windows.

    The order of the commits is profiles, alerts, findings, marks (``closed_windows``). What a crash leaves without its
    mark is judged again from its profiles. The alerts that are on record already are not decided on again, so that all
    four agree.
    """

    def __init__(
        self,
        tables: TableWriter,
        judge: Judge,
        alerts: AlertManager,
        query_id: str,
        baselines: Mapping[str, Baseline],
    ) -> None:
        self.tables = tables
        self._clients = ClientWatch(baselines)
        self._judge, self._alerts, self._query_id = judge, alerts, query_id
        self._recent = RecentFindings(judge.confirmation_lookback_s)
        self._reported: set[tuple[Any, ...]] | None = None
        self.verdicts: Mapping[str, Verdicts] = {}
        """On the windows that were written last, by model."""

    def write(self, profiles: pa.Table, batch_id: int) -> dict[Window, tuple[int, int]]:
        """Write windows; return their rows of requests and of responses."""
        self.tables.append(profiles, "profiles")
        return self._judged(profiles, batch_id, has_findings=())

    def finish(self, profiles: pa.Table, batch_id: int) -> dict[Window, tuple[int, int]]:
        """Judge and mark windows whose profiles are in the table, as :meth:`write` would have."""
        start, end = _span(profiles)
        where = [("window_start", ">=", start), ("window_end", "<=", end), ("status", "!=", "provisional")]
        columns = ["model", "window_start", "window_end"]
        read = self.tables.read("drift_metrics", columns, where)
        return self._judged(profiles, batch_id, () if read is None else windows_of_rows(read))

    def provisional(self, profiles: pa.Table) -> None:
        """Report gross drift in windows that are open, once per column, while it can be acted on."""
        findings = self._judge.provisional(profiles)
        if not findings.num_rows:
            return
        if self._reported is None:
            where = [("status", "=", "provisional"), ("window_start", ">=", _span(profiles)[0])]
            read = self.tables.read("drift_metrics", [*PROFILE_KEY], where)
            self._reported = set() if read is None else {*_keys(read)}
        keys = _keys(findings)
        new = findings.filter(pa.array([key not in self._reported for key in keys], pa.bool_()))
        if new.num_rows:
            # Alerts first, because those are recognised when it is repeated.
            self._alerts.process(new, {}, writer=self._query_id)
            self.tables.append(new, "drift_metrics")
            self._reported.update(keys)

    def _judged(
        self, profiles: pa.Table, batch_id: int, has_findings: Iterable[Window]
    ) -> dict[Window, tuple[int, int]]:
        counts = row_counts(profiles)
        models = {window.model for window in counts}
        start, end = _span(profiles)
        history = None
        if self._judge.history_lookback_s:
            first = start - timedelta(seconds=self._judge.history_lookback_s)
            where = [("model", "in", sorted(models)), ("window_start", ">=", first), ("window_end", "<", end)]
            history = _without(self.tables.read("profiles", PROFILES.names, where), counts)
        earlier = _without(self._recent.before(self.tables, models, start), counts)
        findings = pa.concat_tables(
            [self._judge.findings(profiles, earlier, history), self._clients.findings(self.tables, counts)]
        )
        ends: dict[str, datetime] = {}
        for window in counts:
            time = from_micros(window.end)
            ends[window.model] = max(time, ends.get(window.model, time))
        self._alerts.process(findings, ends, writer=self._query_id)
        new = _without(findings, has_findings)
        if new is not None and new.num_rows:
            self.tables.append(new, "drift_metrics")
        self._recent.add(findings)
        self.verdicts = last_verdicts(findings)
        self._mark(counts, batch_id)
        return {window: (rows.requests, rows.responses) for window, rows in counts.items()}

    def _mark(self, counts: Mapping[Window, tuple[int, int]], batch_id: int) -> None:
        now = datetime.now(timezone.utc)
        rows = [
            dict(
                query_id=self._query_id,
                batch_id=batch_id,
                model=window.model,
                window_start=from_micros(window.start),
                window_end=from_micros(window.end),
                requests=requests,
                responses=responses,
                closed_time=now,
            )
            for window, (requests, responses) in counts.items()
        ]
        self.tables.append(pa.Table.from_pylist(rows, schema=CLOSED_WINDOWS), "closed_windows")


def _keys(findings: pa.Table) -> list[tuple[Any, ...]]:
    columns = (findings[name].cast(DRIFT_METRICS.field(name).type) for name in PROFILE_KEY)
    return [*zip(*(column.to_pylist() for column in columns), strict=True)]


def _span(profiles: pa.Table) -> tuple[datetime, datetime]:
    return pc.min(profiles["window_start"]).as_py(), pc.max(profiles["window_end"]).as_py()


def _without(table: pa.Table | None, windows: Iterable[Window]) -> pa.Table | None:
    """Filter out the rows of some windows."""
    excluded = {*windows}
    if table is None or not excluded:
        return table
    return table.filter(pa.array([each not in excluded for each in windows_of_rows(table)], pa.bool_()))
