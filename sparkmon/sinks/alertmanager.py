"""Alerts in a Prometheus Alertmanager, which groups, routes, silences and sends them."""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import get_args

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.json_bytes import dumps
from sparkmon.printable import printable, shortened
from sparkmon.secret import Secret
from sparkmon.sinks.notification import Alert, Notification, Severity, in_utc, rfc3339
from sparkmon.sinks.sink import HttpSink, register_sink

_LOGGER = logging.getLogger(__name__)
_CHUNK = 500
_REMEMBERED = 100_000
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
_LONGEST_LABEL = 250
_NAMES = {
    "BASELINE": "SparkmonDrift",
    "LIMIT": "SparkmonOverLimit",
    **dict.fromkeys(("CONSECUTIVE", "TRAILING", "SEASONAL"), "SparkmonChange"),
}


@register_sink
@dataclass(frozen=True)
class AlertmanagerSink(HttpSink):
    """Send each alert of a notification to an Alertmanager, ``POST /api/v2/alerts``.

    Notes
    -----
    *Labels* are what an incident is: ``alertname`` (``SparkmonDrift`` from a reference, ``SparkmonChange`` from windows
    before, ``SparkmonOverLimit`` for a rate or a column too many or too few), ``model``, ``model_version``, ``column``,
    ``column_kind``, ``slice`` (``key = value``; absent for all rows), ``drift_type``, ``reference``, ``window`` (its
    length in seconds), and ``severity``. Statistic, value, threshold and times change from window to window and are
    annotations, next to ``summary`` and ``incident_id``.

    *Escalation*. Routes go by ``severity``, so it is a label, and an incident that escalates is another alert. The
    request ends the alert of the severity before. After a restart that severity is unknown: the next reminder,
    escalation or recovery of an incident ends its alerts of all other severities.

    *Times*. An alert starts at the end of its window and ends now if it is resolved, else after ``resolve_timeout``. A
    provisional one, which no notification ends, ends one window's length after its window, or after an hour if that is
    later; its labels are those of the alert that fires when the window closes, which replaces it.

    References
    ----------
    Prometheus (2025), "Alertmanager API v2", https://prometheus.io/docs/alerting/latest/alerts_api

    Examples
    --------
    >>> AlertmanagerSink("http://alertmanager:9093").name
    'alertmanager'
    """

    kind = "alertmanager"

    resolve_timeout: timedelta = field(default=timedelta(hours=26), kw_only=True)
    """After how long without a new notification the Alertmanager resolves an alert. It has to be longer than the
    policy's ``repeat_interval``, a day: otherwise the Alertmanager resolves incidents that are still open."""
    bearer: Secret | None = field(default=None, kw_only=True)
    """The token for ``Authorization: Bearer``."""
    _severities: OrderedDict[str, Severity] = field(default_factory=OrderedDict, init=False, repr=False, compare=False)
    """The severity that was last sent of each open incident."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.resolve_timeout <= timedelta():
            raise OptionError.malformed("resolve_timeout", str(self.resolve_timeout), "an interval above 0")

    def deliver(self, notification: Notification) -> None:
        """Send the alerts in requests of 500; those that are refused do not delay the others."""
        if notification.count > len(notification.alerts):
            counts = (len(notification.alerts), notification.count)
            _LOGGER.warning("%s gets %d of %d alerts; the table alerts has all", self.name, *counts)
        refused: AlertDeliveryError | None = None
        for start in range(0, len(notification.alerts), _CHUNK):
            chunk = notification.alerts[start : start + _CHUNK]
            now = datetime.now(timezone.utc)
            payload = [each for alert in chunk for each in self._of(alert, now)]
            try:
                self.post(dumps(payload), path="/api/v2/alerts", bearer=self.bearer)
            except AlertDeliveryError as error:
                if not error.permanent:
                    raise
                refused = error
                continue
            for alert in chunk:
                self._remember(alert)
        if refused is not None:
            raise refused

    def _of(self, alert: Alert, now: datetime) -> Iterator[dict[str, object]]:
        """Return an alert as Alertmanager has it, and the ends of those that it replaces."""
        is_over = alert.state == "resolved"
        last = self._severities.get(alert.incident_id)
        others: Sequence[Severity] = (last,) if last is not None else ()
        if last is None and (alert.is_repeat or alert.state == "resolved"):
            others = _SEVERITIES
        # The severity of a resolved alert need not be the one that is open.
        severity = last if is_over and last is not None else alert.severity
        yield _wire(alert, severity, now, now if is_over else self._end(alert, now))
        for other in others:
            if other != severity:
                yield _wire(alert, other, now, now)

    def _end(self, alert: Alert, now: datetime) -> datetime:
        if alert.state != "provisional" or alert.window_start is None or alert.window_end is None:
            return now + self.resolve_timeout
        closed = in_utc(alert.window_end) + (alert.window_end - alert.window_start)
        return min(max(closed, now + timedelta(hours=1)), now + self.resolve_timeout)

    def _remember(self, alert: Alert) -> None:
        self._severities.pop(alert.incident_id, None)
        if alert.state != "resolved":
            self._severities[alert.incident_id] = alert.severity
        if len(self._severities) > _REMEMBERED:
            self._severities.popitem(last=False)


def _wire(alert: Alert, severity: Severity, now: datetime, end: datetime) -> dict[str, object]:
    start = alert.fired_time if alert.window_end is None else alert.window_end
    return {
        "labels": _labels(alert) | {"severity": severity},
        "annotations": _annotations(alert),
        **({"generatorURL": alert.url} if alert.url else {}),
        "startsAt": rfc3339(min(in_utc(start), now)),
        "endsAt": rfc3339(end),
    }


def _labels(alert: Alert) -> dict[str, str]:
    length = ""
    if alert.window_start is not None and alert.window_end is not None:
        length = f"{(alert.window_end - alert.window_start).total_seconds():g}"
    labels = {
        "alertname": _NAMES.get(alert.drift_type, "SparkmonAlert"),
        "model": alert.model,
        "model_version": alert.model_version,
        "column": alert.column_name,
        "column_kind": alert.column_kind,
        "slice": "" if alert.slice_key is None else f"{alert.slice_key} = {alert.slice_value}",
        "drift_type": alert.drift_type,
        "reference": alert.reference,
        "window": length,
    }
    return {name: _label(value) for name, value in labels.items() if value}


def _label(value: str) -> str:
    """Make a value fit for a label; different values stay different."""
    text = printable(value)
    if len(text) <= _LONGEST_LABEL:
        return text
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{shortened(text, _LONGEST_LABEL - 17)} {digest}"


def _annotations(alert: Alert) -> dict[str, str]:
    annotations = {
        "summary": shortened(printable(alert.message), 2000),
        "statistic": printable(alert.statistic),
        "value": "" if alert.value is None else f"{alert.value:.6g}",
        "threshold": "" if alert.threshold is None else f"{alert.threshold:.6g}",
        "current_count": "" if alert.current_count is None else str(alert.current_count),
        "window_start": "" if alert.window_start is None else rfc3339(alert.window_start),
        "window_end": "" if alert.window_end is None else rfc3339(alert.window_end),
        "incident_id": printable(alert.incident_id),
        "state": alert.state,
    }
    return {name: value for name, value in annotations.items() if value}
