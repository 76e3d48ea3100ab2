"""The tables of sparkmon as Spark types, one constant each, derived from the Arrow schemas of the pure rooms."""

from __future__ import annotations

from pyspark.sql.pandas.types import from_arrow_schema, from_arrow_type
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from sparkmon.distributions import schema as distributions
from sparkmon.distributions.schema import OTHER_VALUES, PROFILE_KEY, SERIES_KEY, SLICE, WINDOW_KEY
from sparkmon.protocol import schema as protocol

__all__ = [
    "ALERTS",
    "ALERT_ACTIONS",
    "CANDIDATES",
    "DEAD_LETTERS",
    "DECODED",
    "DELIVERIES",
    "DRIFT_METRICS",
    "EVENTS",
    "FINDING",
    "INCIDENT",
    "MONITORS",
    "OTHER_VALUES",
    "PROFILE",
    "PROFILES",
    "PROFILE_KEY",
    "REFERENCES",
    "SERIES_KEY",
    "SLICE",
    "VALUES",
    "WINDOW_KEY",
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

CANDIDATES = StructType(
    [
        StructField("alert_id", StringType(), False),
        StructField("incident_id", StringType(), False),
        *(field for field in DRIFT_METRICS.fields if field.name not in _NOT_TOLD),
        StructField("statistics", ArrayType(StringType(), False), False),
        StructField("condition", StringType(), False),
        StructField("severity", StringType(), False),
        StructField("message", StringType(), False),
    ]
)
"""What a window says of one column, by the statistic that is furthest over what is allowed, before it is decided
whether that is told. ``incident_id`` is a digest of the column, its slice and what it is compared with; ``alert_id``
of these and the window: the same at every replay. ``statistics`` are all that say so. ``condition`` is ``trouble``,
``unconfirmed``, ``covered`` (a slice where the column as a whole is in trouble), or ``fine``. ``severity`` is
``info``, ``warning`` or ``critical``."""

INCIDENT = StructType(
    [
        StructField("is_open", BooleanType(), False),
        StructField("believed", StringType()),
        StructField("last_end", TimestampType()),
        StructField("opened_time", TimestampType()),
        StructField("told_end", TimestampType()),
        StructField("fine_windows", LongType(), False),
        StructField("changes", ArrayType(TimestampType(), False), False),
        StructField("statistics", ArrayType(StringType(), False), False),
    ]
)
"""What is remembered of an incident: the fields of :class:`sparkmon.alerts.Incident`."""

ALERTS = StructType(
    [
        *(field for field in CANDIDATES.fields if field.name != "condition"),
        StructField("state", StringType(), False),
        StructField("told", StringType()),
        StructField("untold", StringType()),
        StructField("notification_id", StringType()),
        StructField("sinks", ArrayType(StringType(), False)),
        StructField("incident", INCIDENT),
        StructField("fired_time", TimestampType(), False),
        StructField("query_id", StringType()),
        StructField("batch_id", LongType()),
    ]
)
"""One decision per window and column that is in trouble, or was: fired or not, told or not. ``state`` is ``fired``,
``ongoing``, ``recovering``, ``resolved``, ``provisional`` (the window is still open), ``unconfirmed`` or ``covered``.
``told`` is what people were told: ``fired``, ``ongoing``, ``resolved`` or ``provisional``, in the notification
``notification_id`` to ``sinks``; null where nothing was, and ``untold`` then says why. ``incident`` is what is
remembered of the incident from then on."""

DELIVERIES = StructType(
    [
        StructField("notification_id", StringType(), False),
        StructField("sink", StringType(), False),
        StructField("attempt", LongType(), False),
        StructField("status", StringType(), False),
        StructField("error", StringType()),
        StructField("time", TimestampType(), False),
        StructField("retry_time", TimestampType()),
    ]
)
"""One attempt to deliver a notification to a sink. ``status`` is ``delivered``, ``failed`` (it is tried again, not
before ``retry_time``) or ``dead`` (it is not, unless somebody replays it)."""

ALERT_ACTIONS = StructType(
    [
        StructField("action_id", StringType(), False),
        StructField("action", StringType(), False),
        StructField("model", StringType()),
        StructField("column_name", StringType()),
        StructField("slice", StringType()),
        StructField("severity", StringType()),
        StructField("incident_id", StringType()),
        StructField("start_time", TimestampType(), False),
        StructField("end_time", TimestampType()),
        StructField("by", StringType(), False),
        StructField("comment", StringType(), False),
    ]
)
"""What people said of alerts: ``silence`` (patterns, until ``end_time``), ``unsilence`` (ends the silence of that
``action_id``) or ``ack`` (of one incident)."""

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
