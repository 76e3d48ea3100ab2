"""Feature-monitoring configurations of the real client read as checks, and findings read back by it as results."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hsfs.core.feature_monitoring_config import FeatureMonitoringConfig
from hsfs.core.feature_monitoring_result import FeatureMonitoringResult

from sparkmon.comparison.hopsworks_checks import checks_of, result_of
from sparkmon.errors import OptionError

AMOUNT = [
    {"id": 5, "distributionMetric": "PSI", "threshold": 0.1, "binCount": 20},
    {"id": 6, "distributionMetric": "KOLMOGOROV_SMIRNOV", "threshold": 0.15},
    {"id": 7, "distributionMetric": "HELLINGER", "threshold": 0.1},
    {"id": 8, "metric": "MEAN", "threshold": 1.0, "relative": True},
]
COUNTRY = [{"id": 9, "distributionMetric": "PSI", "threshold": 0.2}]
WHEN = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def configured(**changes: object) -> dict[str, Any]:
    """Make a configuration as it goes over the wire."""
    return {
        "id": 32,
        "featureStoreId": 67,
        "featureViewName": "fraud_fv",
        "featureViewVersion": 1,
        "name": "daily",
        "featureMonitoringType": "DISTRIBUTION_COMPARISON",
        "detectionWindowConfig": {
            "windowConfigType": "ROLLING_TIME",
            "timeOffset": "1d",
            "windowLength": "1d",
            "rowPercentage": 1.0,
        },
        "referenceWindowConfig": {
            "windowConfigType": "TRAINING_DATASET",
            "trainingDatasetVersion": 3,
        },
        "featureStatisticsConfigs": [
            {"id": 1, "featureName": "amount", "statisticsComparisonConfigs": AMOUNT},
            {"id": 2, "featureName": "country", "statisticsComparisonConfigs": COUNTRY},
        ],
    } | changes


def finding(column: str, statistic: str, value: float, status: str) -> dict[str, Any]:
    """Make what a result needs of a finding."""
    counted = 0 if status == "no_reference" else 500
    return {
        "column_name": column,
        "statistic": statistic,
        "value": value,
        "status": status,
        "current_count": counted,
    }


@pytest.mark.parametrize("as_object", [False, True])
def test_a_configuration_becomes_checks_and_says_what_it_does_not_do(as_object: bool) -> None:
    wire = configured()
    found = checks_of(FeatureMonitoringConfig.from_response_json(wire) if as_object else wire)
    assert found.by_feature["amount"].statistics == ("psi", "ks")
    assert dict(found.by_feature["amount"].thresholds) == {"psi": 0.1, "ks": 0.15}
    assert dict(found.by_feature["country"].thresholds) == {"psi": 0.2}
    assert (found.reference, found.window) == ("training:3", "1 days")
    said = "\n".join(found.not_honoured)
    for word in ("PSI of 'amount': binCount", "HELLINGER of 'amount'", "MEAN of 'amount'"):
        assert word in said
    assert len(found.not_honoured) == 3
    with pytest.raises(
        OptionError, match="different checks for the features 'amount' and 'country'"
    ):
        found.together()


def test_windows_that_sparkmon_does_not_make_are_told() -> None:
    found = checks_of(
        configured(
            detectionWindowConfig={
                "windowConfigType": "ROLLING_TIME",
                "timeOffset": "2w",
                "windowLength": "1w2d3h",
                "rowPercentage": 0.5,
            },
            referenceWindowConfig={"windowConfigType": "ALL_TIME"},
        )
    )
    assert (found.reference, found.window) == ("training", "1 weeks 2 days 3 hours")
    said = "\n".join(found.not_honoured)
    assert "timeOffset 2w" in said
    assert "rowPercentage 0.5" in said
    assert "reference ALL_TIME" in said


def test_what_compares_nothing_is_refused_with_the_reasons() -> None:
    scalar = [{"id": 1, "featureName": "a", "statisticsComparisonConfigs": [AMOUNT[3]]}]
    with pytest.raises(OptionError, match="nothing can be compared: MEAN of 'a'"):
        checks_of(configured(featureStatisticsConfigs=scalar))
    with pytest.raises(OptionError, match="without featureStatisticsConfigs"):
        checks_of({"name": "flat, as Hopsworks 3 had it", "featureName": "a"})
    bad = {"windowConfigType": "ROLLING_TIME", "windowLength": "5 minutes"}
    with pytest.raises(OptionError, match="windowLength='5 minutes'"):
        checks_of(configured(detectionWindowConfig=bad))


def test_findings_become_a_result_that_the_client_reads() -> None:
    findings = [
        finding("amount", "psi", 0.31, "drift"),
        finding("amount", "ks", 0.12, "ok"),
        finding("country", "psi", 0.9, "too_few_rows"),
        finding("elsewhere", "psi", 0.9, "drift"),
    ]
    made = result_of(findings, configured(), execution_id=4, monitoring_time=WHEN)
    read = FeatureMonitoringResult.from_response_json(json.loads(json.dumps(made)))
    assert read.shift_detected
    assert read.shifted_feature_names == {"amount"}
    assert (read.feature_monitoring_config_id, read.execution_id) == (32, 4)
    assert read.monitoring_time == 1_795_428_000_000
    assert (read.empty_detection_window, read.empty_reference_window) == (False, False)
    amount, country = read.feature_statistics_results
    assert amount.shifted_metric_names == {"PSI"}
    assert [
        (each.statistics_comparison_config_id, each.shift_detected, each.difference)
        for each in amount.statistics_comparison_results
    ] == [(5, True, 0.31), (6, False, 0.12), (7, None, None), (8, None, None)]
    assert [each.shift_detected for each in country.statistics_comparison_results] == [None]


def test_a_window_without_rows_or_reference_is_told_as_empty() -> None:
    none = [
        finding("amount", "psi", 0.0, "no_reference"),
        finding("country", "psi", 0, "no_reference"),
    ]
    made = result_of(none, configured(), execution_id=4, monitoring_time=WHEN)
    assert (made["emptyDetectionWindow"], made["emptyReferenceWindow"]) == (True, True)
    assert made["shiftedFeatureNames"] == []


def test_results_of_two_windows_or_of_an_unsaved_configuration_are_refused() -> None:
    twice = [finding("amount", "psi", 0.3, "drift"), finding("amount", "psi", 0.1, "ok")]
    with pytest.raises(OptionError, match="two findings of psi for 'amount'"):
        result_of(twice, configured(), execution_id=4, monitoring_time=WHEN)
    with pytest.raises(OptionError, match="the option 'id' is missing"):
        result_of([], configured(id=None), execution_id=4, monitoring_time=WHEN)
