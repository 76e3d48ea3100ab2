"""Alerts in the shape of Hopsworks' feature-monitoring results, as JSON lines in a file."""

import math
import os
from dataclasses import dataclass, field

from sparkmon.errors import AlertDeliveryError, OptionError
from sparkmon.json_bytes import dumps
from sparkmon.option_types import Location
from sparkmon.printable import printable
from sparkmon.sinks.notification import Alert, Notification, in_utc
from sparkmon.sinks.sink import ConfiguredSink, register_sink

_METRICS = {
    "psi": "PSI",
    "kl": "KL_DIVERGENCE",
    "js": "JS_DIVERGENCE",
    "wasserstein": "WASSERSTEIN",
    "hellinger": "HELLINGER",
    "ks": "KOLMOGOROV_SMIRNOV",
}


@register_sink
@dataclass(frozen=True)
class HopsworksResultSink(ConfiguredSink):
    """Append each alert to a file, as Hopsworks writes the result of a feature-monitoring run.

    Notes
    -----
    Hopsworks has no door for results that it did not compute itself: a run's ids are given by it. So this sink writes
    to a file, which a job in Hopsworks or any program reads; each line is one that
    ``FeatureMonitoringResult.from_response_json`` takes. ``executionId``, and the id of a comparison, are null.
    ``difference`` is the value, null if it is not a finite number. ``shiftDetected`` is false if an incident is
    resolved. Metrics have Hopsworks' names where it has one, else the statistic's in capitals.

    Hopsworks' results know neither slices nor provisional windows. An alert of a slice, of a rate or of a window that
    is still open is not written; it stays in the table ``alerts``.

    A notification's lines are written at once. One that is delivered twice is in the file twice, under one
    ``notificationId``, which Hopsworks' client passes over.

    Examples
    --------
    >>> HopsworksResultSink("results.jsonl").name
    'hopsworks'
    """

    kind = "hopsworks"

    path: Location
    """The file to append to, such as one in a project's dataset that is mounted; its directory has to exist."""
    config_id: int | None = field(default=None, kw_only=True)
    """The feature-monitoring configuration that the results belong to; null by default."""
    feature_store_id: int | None = field(default=None, kw_only=True)
    """The feature store; null by default."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.path or "\0" in self.path:
            raise OptionError.malformed("path", self.path, "the path of a file")

    def deliver(self, notification: Notification) -> None:
        """Append a line per alert that Hopsworks has a result for."""
        lines = b"".join(
            dumps(self._result(notification, alert)) + b"\n"
            for alert in notification.alerts
            if alert.slice_key is None and alert.drift_type != "LIMIT" and alert.state != "provisional"
        )
        if not lines:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            file = os.open(self.path, flags, 0o640)
            try:
                size = os.write(file, lines)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            reason = error.strerror or error
            raise AlertDeliveryError(f"{self.name} could not append to {self.path}: {reason}") from error
        if size < len(lines):
            raise AlertDeliveryError(f"{self.name} could append {size} of {len(lines)} bytes to {self.path}")

    def _result(self, notification: Notification, alert: Alert) -> dict[str, object]:
        is_shift = alert.state != "resolved"
        metric = _METRICS.get(alert.statistic, alert.statistic.upper())
        feature = printable(alert.column_name)
        finite = alert.value is not None and math.isfinite(alert.value)
        return {
            "featureStoreId": self.feature_store_id,
            "featureMonitoringConfigId": self.config_id,
            "executionId": None,
            "monitoringTime": round(in_utc(notification.created_time).timestamp() * 1000),
            "emptyDetectionWindow": alert.current_count == 0,
            "emptyReferenceWindow": alert.reference_count == 0,
            "raisedException": False,
            "shiftedFeatureNames": [feature] if is_shift else [],
            "featureStatisticsResults": [
                {
                    "featureName": feature,
                    "shiftedMetricNames": [metric] if is_shift else [],
                    "statisticsComparisonResults": [
                        {
                            "statisticsComparisonConfigId": None,
                            "shiftDetected": is_shift,
                            "difference": alert.value if finite else None,
                        }
                    ],
                }
            ],
            "notificationId": printable(notification.notification_id),
        }
