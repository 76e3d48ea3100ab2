"""Hopsworks' feature-monitoring configurations as checks, and findings as the results that Hopsworks keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from sparkmon.comparison.checks import Checks
from sparkmon.errors import OptionError
from sparkmon.statistics import STATISTICS

__all__ = ["HopsworksChecks", "checks_of", "result_of"]

_STATISTICS = {"PSI": "psi", "WASSERSTEIN": "wasserstein", "KOLMOGOROV_SMIRNOV": "ks"}
_UNITS = {"w": "weeks", "d": "days", "h": "hours"}


@dataclass(frozen=True, slots=True)
class HopsworksChecks:
    """What a feature-monitoring configuration asks for, as far as sparkmon does it."""

    by_feature: Mapping[str, Checks]
    """Feature to the statistics and thresholds that are compared."""
    reference: str
    """The name under which a HopsworksStore gives the reference: ``training`` or ``training:<version>``."""
    window: str | None
    """The length of a window as Spark writes intervals, such as ``1 days``; None where none is said."""
    not_honoured: tuple[str, ...]
    """A sentence for each thing that was asked for and is done otherwise or not at all. Show them to whoever asked."""

    def together(self) -> Checks:
        """Return the checks of all features, if they are the same; else OptionError names two that differ."""
        (first, checks), *others = self.by_feature.items()
        for name, each in others:
            if each != checks:
                raise OptionError(
                    f"got different checks for the features {first!r} and {name!r}; expected the same for all; "
                    "compare the features in groups, each with by_feature[name]"
                )
        return checks


def checks_of(config: object) -> HopsworksChecks:
    """Return what a feature-monitoring configuration asks for.

    Parameters
    ----------
    config : mapping or hsfs.core.feature_monitoring_config.FeatureMonitoringConfig
        The configuration as it goes over the wire, or the client's object.

    Raises
    ------
    OptionError
        It is no such configuration, or nothing in it can be honoured; the message gives the reasons.

    Notes
    -----
    PSI, WASSERSTEIN and KOLMOGOROV_SMIRNOV become `psi`, `wasserstein` and `ks` with their thresholds. Values differ
    from Hopsworks' where its bins are coarse: sparkmon counts on bins of its own and takes noise off. Everything
    else is named in ``not_honoured``: other metrics, single values such as MEAN, binning, smoothing, references that
    are no training dataset, windows that are offset or sampled.

    Examples
    --------
    >>> found = checks_of(
    ...     {
    ...         "detectionWindowConfig": {"windowConfigType": "ROLLING_TIME", "windowLength": "1d"},
    ...         "referenceWindowConfig": {"windowConfigType": "TRAINING_DATASET", "trainingDatasetVersion": 3},
    ...         "featureStatisticsConfigs": [
    ...             {
    ...                 "featureName": "amount",
    ...                 "statisticsComparisonConfigs": [
    ...                     {"id": 1, "distributionMetric": "PSI", "threshold": 0.1},
    ...                     {"id": 2, "metric": "MEAN", "threshold": 5.0},
    ...                 ],
    ...             }
    ...         ],
    ...     }
    ... )
    >>> found.together().thresholds["psi"], found.reference, found.window
    (0.1, 'training:3', '1 days')
    >>> found.not_honoured
    ("MEAN of 'amount' is not compared: sparkmon compares distributions",)
    """
    wire = _wire(config)
    told: list[str] = []
    by_feature: dict[str, Checks] = {}
    for feature, comparisons in _features(wire):
        thresholds: dict[str, float] = {}
        for comparison in comparisons:
            told += _read(feature, comparison, thresholds)
        if thresholds:
            by_feature[feature] = Checks(tuple(thresholds), thresholds)
    if not by_feature:
        raise OptionError(
            "got a feature-monitoring configuration of which nothing can be compared: "
            f"{'; '.join(told)[:1000] or 'it compares nothing'}; "
            f"ask for one of {', '.join(_STATISTICS)} with compare_on_distribution"
        )
    reference = _reference(wire.get("referenceWindowConfig"), told)
    window = _window(wire.get("detectionWindowConfig"), told)
    return HopsworksChecks(MappingProxyType(by_feature), reference, window, tuple(told))


def result_of(
    findings: Iterable[Mapping[str, Any]],
    config: object,
    *,
    execution_id: int,
    monitoring_time: datetime,
) -> dict[str, Any]:
    """Return the findings of one window as the result of a feature-monitoring run, in Hopsworks' own JSON.

    Parameters
    ----------
    findings : iterable of mapping
        Rows of ``sparkmon.schemas.DRIFT_METRICS`` of one model and one window; those that the configuration does not
        ask for, and provisional ones, are passed over.
    config : mapping or hsfs.core.feature_monitoring_config.FeatureMonitoringConfig
        The saved configuration that they answer.
    execution_id : int
        The run, as Hopsworks counts them.
    monitoring_time : datetime
        When the findings were made; a naive one is UTC.

    Returns
    -------
    dict
        For ``FeatureMonitoringResult.from_response_json``, or to post. A comparison that could not be judged (too few
        rows, no reference, a metric that sparkmon has not) has ``shiftDetected`` null.

    Raises
    ------
    OptionError
        The configuration was never saved and has no ids, or two findings tell of one feature and statistic.
    """
    wire = _wire(config)
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for finding in findings:
        if finding["status"] == "provisional":
            continue
        key = (finding["column_name"], finding["statistic"])
        if found.setdefault(key, finding) is not finding:
            raise OptionError(
                f"got two findings of {key[1]} for {key[0]!r}; expected those of one model and window"
            )
    results, answered = [], []
    for feature, comparisons in _features(wire):
        thresholds: dict[str, float] = {}
        shifted, compared = [], []
        for comparison in comparisons:
            # A comparison that is not done, or a second threshold of one statistic, has no finding.
            known = len(thresholds)
            _read(feature, comparison, thresholds)
            metric = str(comparison.get("distributionMetric")).upper()
            judged = found.get((feature, _STATISTICS.get(metric, "")))
            judged = judged if len(thresholds) > known else None
            if judged is not None:
                answered.append(judged)
            is_shift = None if judged is None else _SHIFTS.get(judged["status"])
            shifted += [metric] * bool(is_shift)
            compared.append(
                {
                    "statisticsComparisonConfigId": _identity(comparison),
                    "shiftDetected": is_shift,
                    "difference": None if judged is None else judged["value"],
                }
            )
        results.append(
            {
                "featureName": feature,
                "shiftedMetricNames": shifted,
                "statisticsComparisonResults": compared,
            }
        )
    moment = monitoring_time
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return {
        "featureStoreId": wire.get("featureStoreId"),
        "featureMonitoringConfigId": _identity(wire),
        "executionId": execution_id,
        "monitoringTime": round(moment.timestamp() * 1000),
        "emptyDetectionWindow": not any(each.get("current_count") for each in answered),
        "emptyReferenceWindow": all(each["status"] == "no_reference" for each in answered),
        "raisedException": False,
        "shiftedFeatureNames": [
            each["featureName"] for each in results if each["shiftedMetricNames"]
        ],
        "featureStatisticsResults": results,
    }


_SHIFTS = {"drift": True, "ok": False}


def _wire(config: object) -> Mapping[str, Any]:
    wire = config if isinstance(config, Mapping) else getattr(config, "to_dict", dict)()
    if not isinstance(wire.get("featureStatisticsConfigs"), list):
        raise OptionError(
            f"got {type(config).__name__} without featureStatisticsConfigs; "
            "expected a feature-monitoring configuration of Hopsworks 5, as JSON or as the client gives it"
        )
    return wire


def _features(wire: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    for feature in wire["featureStatisticsConfigs"]:
        yield str(feature["featureName"]), feature.get("statisticsComparisonConfigs") or []


def _identity(said: Mapping[str, Any]) -> int:
    if said.get("id") is None:
        raise OptionError.missing("id", "that of a saved configuration: call its save() first")
    return int(said["id"])


def _read(feature: str, comparison: Mapping[str, Any], thresholds: dict[str, float]) -> list[str]:
    """Add a comparison's threshold, and return what is not honoured of it."""
    metric = comparison.get("distributionMetric")
    if metric is None:
        return [
            f"{comparison.get('metric')} of {feature!r} is not compared: sparkmon compares distributions"
        ]
    what = f"{metric} of {feature!r}"
    statistic = _STATISTICS.get(str(metric).upper())
    if statistic is None or statistic not in STATISTICS:
        return [f"{what} is not compared: sparkmon has {', '.join(_STATISTICS)}"]
    if comparison.get("relative"):
        return [f"{what} is not compared: a distance has nothing to be relative to"]
    threshold = comparison.get("threshold")
    if threshold is None:
        return [f"{what} is not compared: it has no threshold"]
    if statistic in thresholds:
        return [f"{what} is compared once, with the first of its thresholds"]
    thresholds[statistic] = float(threshold)
    asked = {
        "binningStrategy": "sparkmon's bins are quantiles or the values themselves",
        "binCount": "sparkmon has its own number of bins",
        "customBinEdges": "sparkmon makes its own bins",
        "smoothingEpsilon": "sparkmon gives an empty bin a share of 0.0001",
    }
    return [
        f"{what}: {name} is not honoured, {why}"
        for name, why in asked.items()
        if comparison.get(name)
    ]


def _reference(said: Mapping[str, Any] | None, told: list[str]) -> str:
    kind = (said or {}).get("windowConfigType")
    if str(kind) != "TRAINING_DATASET":
        told.append(
            f"the reference {kind} is not honoured: sparkmon compares with a training dataset"
        )
        return "training"
    version = (said or {}).get("trainingDatasetVersion")
    return "training" if version is None else f"training:{int(version)}"


def _window(said: Mapping[str, Any] | None, told: list[str]) -> str | None:
    window = said or {}
    if window.get("timeOffset") not in (None, window.get("windowLength")):
        told.append(
            f"timeOffset {window['timeOffset']} is not honoured: windows are judged as they close"
        )
    if window.get("rowPercentage") not in (None, 1.0):
        told.append(f"rowPercentage {window['rowPercentage']} is not honoured: every row is read")
    length = window.get("windowLength")
    if length is None:
        return None
    parts = re.findall(r"(\d+)([wdh])", str(length))
    if not parts or "".join(map("".join, parts)) != length:
        raise OptionError.malformed("windowLength", length, "such as 1w2d3h")
    return " ".join(f"{number} {_UNITS[unit]}" for number, unit in parts)
