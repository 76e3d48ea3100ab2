"""Model monitoring for KServe on Apache Spark Structured Streaming and a feature store.

Names are loaded when first used, so that ``import sparkmon`` alone needs neither Spark nor a model server.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOMES = {
    "Alert": "sparkmon.sinks",
    "AlertSink": "sparkmon.sinks",
    "Alerting": "sparkmon.alerts",
    "AlertmanagerSink": "sparkmon.sinks",
    "Checks": "sparkmon.comparison",
    "ConsoleSink": "sparkmon.sinks",
    "DomainShift": "sparkmon.explain",
    "EmailSink": "sparkmon.sinks",
    "Feature": "sparkmon.records",
    "FeatureView": "sparkmon.store",
    "Finding": "sparkmon.comparison",
    "GroupInView": "sparkmon.store",
    "HealthLimits": "sparkmon.health",
    "History": "sparkmon.comparison",
    "HopsworksResultSink": "sparkmon.sinks",
    "HopsworksStore": "sparkmon.store",
    "KafkaSink": "sparkmon.sinks",
    "LocalStore": "sparkmon.store",
    "LogSink": "sparkmon.sinks",
    "Matcher": "sparkmon.alerts",
    "ModelSchema": "sparkmon.records",
    "Monitor": "sparkmon.monitor",
    "MonitorQuery": "sparkmon.monitor",
    "Notification": "sparkmon.sinks",
    "OnlineStore": "sparkmon.store",
    "Policy": "sparkmon.alerts",
    "ReferenceStore": "sparkmon.store",
    "Retention": "sparkmon.tables",
    "Route": "sparkmon.alerts",
    "Secret": "sparkmon.sinks",
    "SeverityRule": "sparkmon.alerts",
    "SkewDetector": "sparkmon.skew",
    "SlackSink": "sparkmon.sinks",
    "SqlStore": "sparkmon.store",
    "TableComparison": "sparkmon.dataframes",
    "Tables": "sparkmon.tables",
    "TeamsSink": "sparkmon.sinks",
    "WebhookSink": "sparkmon.sinks",
    "Windows": "sparkmon.monitor",
    "alerts_of": "sparkmon.dataframes",
    "column_kinds": "sparkmon.profiles",
    "compare": "sparkmon.dataframes",
    "compare_tables": "sparkmon.dataframes",
    "configure": "sparkmon.session",
    "dead_letters": "sparkmon.sources",
    "domain_classifier": "sparkmon.explain",
    "feature_log_rows": "sparkmon.sources",
    "hopsworks_events": "sparkmon.sources",
    "kafka_events": "sparkmon.sources",
    "merge_profiles": "sparkmon.profiles",
    "open_store": "sparkmon.store",
    "pair": "sparkmon.sources",
    "profile_rows": "sparkmon.profiles",
    "profile_table": "sparkmon.profiles",
    "reference_of": "sparkmon.profiles",
    "register": "sparkmon.session",
    "rows": "sparkmon.sources",
    "slices_of": "sparkmon.slicing",
    "worst_slices": "sparkmon.dataframes",
}

__all__ = [*sorted(_HOMES)]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - each name has a type of its own
    if name not in _HOMES:
        raise AttributeError(f"module 'sparkmon' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
