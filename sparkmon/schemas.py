"""The tables of sparkmon as Spark types, one constant each, derived from the Arrow schemas of the pure rooms."""

from __future__ import annotations

from pyspark.sql.pandas.types import from_arrow_schema, from_arrow_type
from pyspark.sql.types import (
    BooleanType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from sparkmon.distributions import schema as distributions
from sparkmon.distributions.schema import ALL_ROWS, OTHER_VALUES, SLICE
from sparkmon.protocol import schema as protocol

__all__ = [
    "ALERTS",
    "ALL_ROWS",
    "DEAD_LETTERS",
    "DECODED",
    "DRIFT_METRICS",
    "EVENTS",
    "FINDING",
    "MONITORS",
    "OTHER_VALUES",
    "PROFILE",
    "PROFILES",
    "REFERENCES",
    "SLICE",
    "VALUES",
]

EVENTS: StructType = from_arrow_schema(protocol.EVENTS)
DECODED: StructType = from_arrow_schema(protocol.DECODED)
VALUES = from_arrow_type(protocol.VALUES)
PROFILE = from_arrow_type(distributions.PROFILE)
PROFILES: StructType = from_arrow_schema(distributions.PROFILES)
REFERENCES: StructType = from_arrow_schema(distributions.REFERENCES)

DEAD_LETTERS = StructType(
    [
        DECODED[name]
        for name in (
            "model",
            "namespace",
            "component",
            "event_id",
            "event_type",
            "source",
            "event_time",
            "condition",
            "reason",
            "payload",
        )
    ]
)
"""Events that could not be decoded, with their bytes and the reason."""

FINDING = StructType(
    [
        StructField("statistic", StringType(), False),
        StructField("value", DoubleType()),
        StructField("threshold", DoubleType()),
        StructField("noise", DoubleType()),
        StructField("p_value", DoubleType()),
        StructField("p_adjusted", DoubleType()),
        StructField("reference_count", LongType()),
        StructField("current_count", LongType()),
        StructField("sketch_error", DoubleType()),
        StructField("blocks", LongType()),
        StructField("p_blocks", DoubleType()),
        StructField("block_limit", DoubleType()),
        StructField("limit", DoubleType()),
        StructField("status", StringType(), False),
        StructField("reason", StringType(), False),
        StructField("bins", LongType()),
        StructField("confirmed", BooleanType()),
        StructField("explanation", StringType()),
    ]
)
"""One statistic beside its threshold. ``noise`` is the value expected from sampling alone, in the value's units;
``sketch_error`` how far the sketches may put it off. ``p_adjusted`` is the p-value among all tests of the window.
``blocks`` says how many of the reference's own blocks the value was held against, ``p_blocks`` how often one reaches
it, ``block_limit`` what they stay below, and ``limit`` what the value, less noise and sketch error, has to exceed: the
greater of that and the threshold.
``bins`` is how many bins both sides were counted on, null where there are none.
``confirmed`` is whether a drift is to be told, by :func:`sparkmon.comparison.confirm`; null where that was not looked
at. ``explanation`` is all of it in one sentence, by :meth:`sparkmon.comparison.Finding.explain`.
``status`` is ``ok``, ``drift``, ``over_limit`` (a rate above what is allowed), ``too_few_rows``, ``no_reference`` or
``not_comparable``; or ``provisional``, a drift of a window that is still open, whose other findings follow when it
closes."""

DRIFT_METRICS = StructType(
    [
        *(field for field in PROFILES.fields if field.name != "profile"),
        StructField("drift_type", StringType(), False),
        StructField("reference", StringType(), False),
        StructField("data_type", StringType()),
        *FINDING.fields,
    ]
)
"""The findings: a profile's key, the reference it was compared with, and one finding. ``drift_type`` is ``BASELINE``;
``CONSECUTIVE`` where that is the window before (``reference`` is then ``previous``); or ``LIMIT`` where nothing is
compared with but a rate that is allowed (``reference`` is then empty)."""

_NOT_TOLD = {
    "noise",
    "sketch_error",
    "blocks",
    "p_blocks",
    "block_limit",
    "limit",
    "bins",
    "confirmed",
}

ALERTS = StructType(
    [
        StructField("alert_id", StringType(), False),
        *(field for field in DRIFT_METRICS.fields if field.name not in _NOT_TOLD),
        StructField("state", StringType(), False),
        StructField("fired_time", TimestampType(), False),
        StructField("message", StringType(), False),
    ]
)
"""One alert per window and column that drifted or is over its limit, carrying the statistic that is furthest over its
threshold. ``alert_id`` is a digest of what it tells of, the same at every replay. ``state`` is ``fired``, or
``provisional`` of a window that is still open."""

MONITORS = StructType(
    [
        StructField("query_id", StringType(), False),
        StructField("model", StringType(), False),
        StructField("window_s", DoubleType(), False),
        StructField("checkpoint", StringType(), False),
        StructField("take_over", BooleanType(), False),
        StructField("batch_id", LongType(), False),
        StructField("written_until", TimestampType()),
        StructField("judged_until", TimestampType()),
        StructField("claimed_time", TimestampType(), False),
    ]
)
"""Which query writes the windows of a model. The first claim of a model and a length of windows holds until another
has ``take_over``; ``written_until`` and ``judged_until`` are then the ends of the last windows that were in
``profiles`` and in ``drift_metrics``."""
