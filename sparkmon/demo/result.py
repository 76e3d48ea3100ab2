"""The result of the demonstration: findings, alerts, row counts, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkmon.demo.flights import SCORE
from sparkmon.demo.online_store import FAULTY


@dataclass(frozen=True)
class DemoResult:
    """What the monitor found in the traffic of one demonstration."""

    rows: int
    """Flights whose prediction is in a window."""
    logged_rows: int
    """Flights whose prediction is in the log."""
    sent_rows: int
    """Flights in the requests."""
    windows: int
    window_s: int
    findings: int
    worst: list[dict[str, Any]]
    """Per column the statistic with the largest share of its threshold, before and after the fault."""
    alerts: list[dict[str, Any]]
    fault_time: datetime
    store: str
    """A description of the feature store."""
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What went wrong: empty if both faults were found, nothing else was flagged, and no row was lost.

        Drift of the model's predictions is no failure: they drift with its inputs.
        """
        features = {alert["feature"] for alert in self.alerts}
        early = [alert for alert in self.alerts if alert["window_end"] <= self.fault_time]
        failures = [f"the fault in {name} was not found" for name in FAULTY if name not in features]
        failures += [
            f"{name} was flagged, although nothing is wrong with it"
            for name in sorted(features - {*FAULTY, SCORE})
        ]
        failures += [f"{alert['feature']} was flagged before the fault" for alert in early]
        if self.logged_rows < self.sent_rows:
            failures.append(
                f"{self.sent_rows} flights were sent, {self.logged_rows} are in the log"
            )
        if self.rows != self.logged_rows:
            failures.append(f"{self.logged_rows} flights are in the log, {self.rows} in windows")
        return failures
