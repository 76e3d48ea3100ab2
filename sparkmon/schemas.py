"""The tables of sparkmon as Spark types, one constant each, derived from the Arrow schemas of the pure rooms."""

from pyspark.sql.pandas.types import from_arrow_schema, from_arrow_type
from pyspark.sql.types import StructType

from sparkmon import state
from sparkmon.distributions import schema as distributions
from sparkmon.protocol import schema as protocol

EVENTS: StructType = from_arrow_schema(protocol.EVENTS)
DECODED: StructType = from_arrow_schema(protocol.DECODED)
ROWS: StructType = from_arrow_schema(protocol.ROWS)
VALUES = from_arrow_type(protocol.VALUES)
PROFILE = from_arrow_type(distributions.PROFILE)
PROFILES: StructType = from_arrow_schema(distributions.PROFILES)
REFERENCES: StructType = from_arrow_schema(distributions.REFERENCES)

DEAD_LETTERS: StructType = from_arrow_schema(protocol.DEAD_LETTERS)
"""Events that could not be decoded, with their bytes and the reason."""

DRIFT_METRICS: StructType
OUTLIERS: StructType
PERFORMANCE: StructType
ATTRIBUTIONS: StructType
OBSERVATIONS: StructType
ALERTS: StructType
DELIVERIES: StructType
ALERT_ACTIONS: StructType

PANES: StructType = from_arrow_schema(state.PANES)
EVENT_DIGESTS: StructType = from_arrow_schema(state.EVENT_DIGESTS)
CLOSED_WINDOWS: StructType = from_arrow_schema(state.CLOSED_WINDOWS)
MONITORS: StructType = from_arrow_schema(state.MONITORS)

_LATER = (
    *("DRIFT_METRICS", "OUTLIERS", "PERFORMANCE", "ATTRIBUTIONS"),
    *("OBSERVATIONS", "ALERTS", "DELIVERIES", "ALERT_ACTIONS"),
)
__all__ = [name for name in (*globals(), *_LATER) if name.isupper() and name[0] != "_"]


def __getattr__(name: str) -> StructType:
    # Derived when first used: every Python worker reads this file, and needs neither judges nor sinks.
    if name not in _LATER:
        raise AttributeError(f"module 'sparkmon.schemas' has no attribute {name!r}")
    from sparkmon.alerts import schema as alerts
    from sparkmon.attributions import schema as attributions
    from sparkmon.comparison import schema as comparison
    from sparkmon.detectors import schema as detectors
    from sparkmon.labels import schema as labels

    sources = {"DRIFT_METRICS": comparison, "OUTLIERS": detectors, "PERFORMANCE": labels, "ATTRIBUTIONS": attributions}
    source = sources.get(name, alerts)
    schema: StructType = from_arrow_schema(getattr(source, name))
    globals()[name] = schema
    return schema
