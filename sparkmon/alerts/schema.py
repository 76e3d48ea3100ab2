"""The tables of alerts as Arrow schemas; ``sparkmon.schemas`` derives Spark's types from these."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from sparkmon.comparison.schema import DRIFT_METRICS

_TIME = pa.timestamp("us", tz="UTC")


def _field(name: str, kind: pa.DataType) -> pa.Field[Any]:
    return pa.field(name, kind, nullable=False)


def _list(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind, nullable=False))


def _texts(*names: str) -> list[pa.Field[Any]]:
    return [_field(name, pa.string()) for name in names]


def _schema(*fields: pa.Field[Any]) -> pa.Schema:
    return pa.schema(list(fields))


_NOT_IN_ALERTS = {*("noise", "sketch_error", "blocks", "p_blocks", "block_limit", "limit", "bins", "confirmed")}

OBSERVATIONS = _schema(
    *_texts("alert_id", "incident_id"),
    *(field for field in DRIFT_METRICS if field.name not in _NOT_IN_ALERTS),
    _field("statistics", _list(pa.string())),
    *_texts("outcome", "severity", "message"),
)
"""What a window shows of one column, by the statistic that exceeds its threshold most, before the policy decides
whether that notifies. ``incident_id`` is a digest of the column, its slice and what it is compared with; ``alert_id``
of these and the window: the same at every replay. ``statistics`` are all that have this outcome. ``outcome`` is
``drift`` (or a rate over its limit), ``unconfirmed``, ``inhibited`` (a slice drifts while its whole column does), or
``ok``. ``severity`` is ``info``, ``warning`` or ``critical``."""

INCIDENT = pa.struct(
    [
        _field("is_open", pa.bool_()),
        _field("notified", _list(pa.struct([*_texts("sink", "severity"), _field("window_end", _TIME)]))),
        pa.field("last_end", _TIME),
        pa.field("opened_time", _TIME),
        pa.field("last_notified_window_end", _TIME),
        _field("ok_windows", pa.int64()),
        _field("transitions", _list(_TIME)),
        _field("statistics", _list(pa.string())),
    ]
)
"""The state of an incident: the fields of :class:`sparkmon.alerts.Incident`."""

ALERTS = _schema(
    *(field for field in OBSERVATIONS if field.name != "outcome"),
    _field("state", pa.string()),
    pa.field("notified_state", pa.string()),
    _field("is_repeat", pa.bool_()),
    pa.field("suppressed_by", pa.string()),
    pa.field("notification_id", pa.string()),
    pa.field("sinks", _list(pa.string())),
    pa.field("limited_sinks", _list(pa.string())),
    pa.field("incident", INCIDENT),
    _field("fired_time", _TIME),
    pa.field("query_id", pa.string()),
)
"""One decision per window and column that drifts, or did, whether it notifies or not. ``state`` is ``firing``,
``recovering``, ``resolved``, ``provisional`` (the window is still open), ``unconfirmed`` or ``inhibited``.
``notified_state`` is the state that the notification ``notification_id`` reported to ``sinks``; null if none was sent,
and ``suppressed_by`` is then the reason. ``limited_sinks`` are those that the rate limit kept it from. ``is_repeat`` is
whether the firing incident had been notified before: a notification of it is a reminder or an escalation. ``incident``
is the state of the incident after the decision."""

DELIVERIES = _schema(
    *_texts("notification_id", "sink"),
    _field("attempt", pa.int64()),
    _field("status", pa.string()),
    pa.field("error", pa.string()),
    _field("time", _TIME),
    pa.field("retry_time", _TIME),
)
"""One attempt to deliver a notification to a sink. ``status`` is ``delivered``, ``failed`` (the next attempt is not
before ``retry_time``) or ``dead`` (given up, unless somebody replays it)."""

ALERT_ACTIONS = _schema(
    *_texts("action_id", "action"),
    *(pa.field(name, pa.string()) for name in ("model", "column_name", "slice", "severity", "incident_id")),
    _field("start_time", _TIME),
    pa.field("end_time", _TIME),
    *_texts("by", "comment"),
)
"""People's actions: ``silence`` (patterns, until ``end_time``), ``unsilence`` (ends the silence of that ``action_id``)
or ``ack`` (acknowledges one incident)."""
