"""Alerts as Hopsworks' own client reads its results."""

import json
from pathlib import Path
from typing import Any

import pytest

from sparkmon.errors import AlertDeliveryError
from sparkmon.sinks import HopsworksResultSink, Notification
from tests.support.notifications import HOSTILE, alert, notification


def written(path: Path, *told: Notification) -> list[dict[str, Any]]:
    sink = HopsworksResultSink(str(path), config_id=32, feature_store_id=67)
    for each in told:
        sink.deliver(each)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_alert_is_a_line_in_hopsworks_shape(tmp_path: Path) -> None:
    found = written(tmp_path / "r", notification(alert(), alert(column_name="wind", statistic="tv")))
    assert found[0] == {
        "featureStoreId": 67,
        "featureMonitoringConfigId": 32,
        "executionId": None,
        "monitoringTime": 1767614400000,
        "emptyDetectionWindow": False,
        "emptyReferenceWindow": False,
        "raisedException": False,
        "shiftedFeatureNames": ["temp"],
        "featureStatisticsResults": [
            {
                "featureName": "temp",
                "shiftedMetricNames": ["PSI"],
                "statisticsComparisonResults": [
                    {"statisticsComparisonConfigId": None, "shiftDetected": True, "difference": 0.61}
                ],
            }
        ],
        "notificationId": "n1",
    }
    assert found[1]["featureStatisticsResults"][0]["shiftedMetricNames"] == ["TV"]


def test_the_real_client_reads_a_line(tmp_path: Path) -> None:
    results = pytest.importorskip("hsfs.core.feature_monitoring_result")
    resolved = notification(alert(state="resolved", value=float("inf")))
    fired, fine = written(tmp_path / "r", notification(), resolved)
    read = results.FeatureMonitoringResult.from_response_json(fired)
    assert (read.shift_detected, read.shifted_feature_names) == (True, {"temp"})
    read = results.FeatureMonitoringResult.from_response_json(fine)
    assert (read.shift_detected, read.feature_statistics_results[0].feature_name) == (False, "temp")


def test_what_hopsworks_has_no_result_for_is_not_written(tmp_path: Path) -> None:
    others = [
        alert(slice_key="origin", slice_value="JFK"),
        alert(drift_type="LIMIT", statistic="null_rate"),
        alert(state="provisional"),
    ]
    assert len(written(tmp_path / "r", *map(notification, others), notification())) == 1


def test_a_hostile_name_makes_no_line(tmp_path: Path) -> None:
    (found,) = written(tmp_path / "r", notification(alert(column_name=HOSTILE)))
    assert found["shiftedFeatureNames"][0].startswith("temp\\r\\nBcc")


def test_a_file_that_cannot_be_written_may_be_later(tmp_path: Path) -> None:
    sink = HopsworksResultSink(str(tmp_path / "absent" / "r"), name="results")
    with pytest.raises(AlertDeliveryError, match=r"results could not append to .*No such file") as caught:
        sink.deliver(notification())
    assert not caught.value.permanent
