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

from sparkmon.comparison import schema as comparison
from sparkmon.distributions import schema as distributions
from sparkmon.distributions.schema import OTHER_VALUES, PROFILE_KEY, SERIES_KEY, SLICE, WINDOW_KEY
from sparkmon.protocol import schema as protocol

__all__ = [
    "ALERTS",
    "ALERT_ACTIONS",
    "DEAD_LETTERS",
    "DECODED",
    "DELIVERIES",
    "DRIFT_METRICS",
    "EVENTS",
    "INCIDENT",
    "MONITORS",
    "OBSERVATIONS",
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
DEAD_LETTERS: StructType = from_arrow_schema(protocol.DEAD_LETTERS)
VALUES = from_arrow_type(protocol.VALUES)
PROFILE = from_arrow_type(distributions.PROFILE)
PROFILES: StructType = from_arrow_schema(distributions.PROFILES)
REFERENCES: StructType = from_arrow_schema(distributions.REFERENCES)

DRIFT_METRICS: StructType = from_arrow_schema(comparison.DRIFT_METRICS)

_NOT_IN_ALERTS = {
    "noise",
    "sketch_error",
    "blocks",
    "p_blocks",
    "block_limit",
    "limit",
    "bins",
    "confirmed",
}

OBSERVATIONS = StructType(
    [
        StructField("alert_id", StringType(), False),
        StructField("incident_id", StringType(), False),
        *(field for field in DRIFT_METRICS.fields if field.name not in _NOT_IN_ALERTS),
        StructField("statistics", ArrayType(StringType(), False), False),
        StructField("outcome", StringType(), False),
        StructField("severity", StringType(), False),
        StructField("message", StringType(), False),
    ]
)
"""What a window shows of one column, by the statistic that exceeds its threshold most, before the policy decides
whether that notifies. ``incident_id`` is a digest of the column, its slice and what it is compared with; ``alert_id``
of these and the window: the same at every replay. ``statistics`` are all that have this outcome. ``outcome`` is
``drift`` (or a rate over its limit), ``unconfirmed``, ``inhibited`` (a slice drifts while its whole column does), or
``ok``. ``severity`` is ``info``, ``warning`` or ``critical``."""

INCIDENT = StructType(
    [
        StructField("is_open", BooleanType(), False),
        StructField("notified_severity", StringType()),
        StructField("last_end", TimestampType()),
        StructField("opened_time", TimestampType()),
        StructField("last_notified_window_end", TimestampType()),
        StructField("ok_windows", LongType(), False),
        StructField("transitions", ArrayType(TimestampType(), False), False),
        StructField("statistics", ArrayType(StringType(), False), False),
    ]
)
"""The state of an incident: the fields of :class:`sparkmon.alerts.Incident`."""

ALERTS = StructType(
    [
        *(field for field in OBSERVATIONS.fields if field.name != "outcome"),
        StructField("state", StringType(), False),
        StructField("notified_state", StringType()),
        StructField("is_repeat", BooleanType(), False),
        StructField("suppressed_by", StringType()),
        StructField("notification_id", StringType()),
        StructField("sinks", ArrayType(StringType(), False)),
        StructField("incident", INCIDENT),
        StructField("fired_time", TimestampType(), False),
        StructField("query_id", StringType()),
    ]
)
"""One decision per window and column that drifts, or did, whether it notifies or not. ``state`` is ``firing``,
``recovering``, ``resolved``, ``provisional`` (the window is still open), ``unconfirmed`` or ``inhibited``.
``notified_state`` is the state that the notification ``notification_id`` reported to ``sinks``; null if none was sent,
and ``suppressed_by`` is then the reason. ``is_repeat`` is whether the firing incident had been notified before: a
notification of it is a reminder or an escalation. ``incident`` is the state of the incident after the decision."""

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
"""One attempt to deliver a notification to a sink. ``status`` is ``delivered``, ``failed`` (the next attempt is not
before ``retry_time``) or ``dead`` (given up, unless somebody replays it)."""

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
"""People's actions: ``silence`` (patterns, until ``end_time``), ``unsilence`` (ends the silence of that ``action_id``)
or ``ack`` (acknowledges one incident)."""

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
        StructField("acquired_time", TimestampType(), False),
    ]
)
"""Leases: which query writes the windows of a model. The first lease of a model and a length is valid until another
has ``take_over``; ``written_until`` and ``judged_until`` are then the ends of the last windows that were in
``profiles`` and in ``drift_metrics``."""
