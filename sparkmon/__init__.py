"""Model monitoring for KServe on Apache Spark Structured Streaming and a feature store.

Names are loaded when first used, so that ``import sparkmon`` alone needs neither Spark nor a model server.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_NAMES = {
    "alerts": ("Alerting", "Matcher", "Policy", "Route", "SeverityRule"),
    "compat": ("to_arrow",),
    "comparison": ("Checks", "Finding", "History"),
    "dataframes": (
        *("DomainShift", "TableComparison", "alerts_of", "compare", "compare_tables", "domain_classifier"),
        "worst_slices",
    ),
    "detectors": ("Outliers", "RowDetector", "register_detector"),
    "health": ("HealthLimits",),
    "labels": ("LabelSource",),
    "monitor": ("Monitor", "MonitorQuery", "Windows"),
    "profiles": ("column_kinds", "merge_profiles", "profile_rows", "profile_table", "reference_of", "validation_of"),
    "records": ("Feature", "ModelSchema"),
    "session": ("configure", "register"),
    "sinks": (
        *("Alert", "AlertSink", "AlertmanagerSink", "ConsoleSink", "EmailSink"),
        *("HopsworksResultSink", "KafkaSink", "LogSink", "Notification", "Secret", "SlackSink"),
        *("TeamsSink", "WebhookSink"),
    ),
    "skew": ("SkewDetector",),
    "slicing": ("slices_of",),
    "sources": (
        *(
            "data_capture_events",
            "dead_letters",
            "feature_log_rows",
            "hopsworks_events",
            "inference_table_events",
            "kafka_events",
            "pair",
            "rows",
        ),
    ),
    "store": (
        *("FeastStore", "FeatureView", "GroupInView", "HopsworksStore", "LocalStore", "OnlineStore"),
        *("ReferenceStore", "SqlStore", "open_store"),
    ),
    "tables": ("Retention", "Tables"),
}
"""Room: the names of its face that users import from here."""

_HOMES = {name: f"sparkmon.{room}" for room, names in _NAMES.items() for name in names}

__all__ = [*sorted(_HOMES)]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - each name has a type of its own
    if name not in _HOMES:
        raise AttributeError(f"module 'sparkmon' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
