"""The contract of an alert sink: what it is given and what it must promise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Alert", "AlertSink"]


@dataclass(frozen=True)
class Alert:
    """One alert as a sink sees it: a row of the ``alerts`` table."""

    alert_id: str
    model: str
    model_version: str
    window_start: datetime | None
    window_end: datetime | None
    slice_key: str
    slice_value: str
    column_name: str
    column_kind: str
    reference: str
    statistic: str
    value: float
    threshold: float
    reference_count: int | None
    """None where a rate is over its limit: nothing was compared with."""
    current_count: int
    state: str
    fired_time: datetime
    message: str


class AlertSink(ABC):
    """Somewhere to send alerts to.

    Parameters
    ----------
    required : bool, default False
        Whether a failure of this sink fails the batch, which is then tried again. Other sinks get their alerts
        either way.

    Notes
    -----
    *Idempotence*: after a crash a batch may be delivered again; ``alert_id`` is then the same.
    """

    def __init__(self, *, required: bool = False) -> None:
        self.required = required

    @property
    def name(self) -> str:
        """How logs and errors call this sink."""
        return type(self).__name__

    @abstractmethod
    def deliver(self, alerts: Sequence[Alert]) -> None:
        """Send alerts, at least one; raise any exception if they could not be sent."""
