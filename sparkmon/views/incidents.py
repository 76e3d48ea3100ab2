"""Incidents: what, since when, how sure, why, what to do, and who sees to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkmon.alerts import SEVERITIES, AlertStore, Silence
from sparkmon.tables import TableWriter
from sparkmon.views.advice import advice


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident as its last window left it."""

    incident_id: str
    model: str
    model_version: str
    column_name: str
    column_kind: str
    slice_key: str | None
    slice_value: str | None
    drift_type: str
    reference: str
    statistic: str
    value: float | None
    threshold: float | None
    p_adjusted: float | None
    severity: str
    state: str
    message: str
    explanation: str | None
    """Everything that the verdict rests on, in one sentence."""
    cause: str | None
    """What happened to the column, in words."""
    causes: Mapping[str, Any] | None
    """The same as data: ``sparkmon.explain.CAUSES``."""
    window_start: datetime | None
    window_end: datetime | None
    is_open: bool
    opened_time: datetime | None
    """When it started firing, in processing time."""
    notified: str
    """The state that was notified, or why none was."""
    advice: str
    acknowledged_by: str | None
    silenced_until: datetime | None

    @property
    def is_handled(self) -> bool:
        """Whether somebody has acknowledged or silenced it."""
        return self.acknowledged_by is not None or self.silenced_until is not None


@dataclass(frozen=True, slots=True)
class Incidents:
    """Incidents, the highest severity first, and the silences that are active."""

    incidents: tuple[IncidentView, ...]
    silences: tuple[Silence, ...]


_COPIED = (
    *("incident_id", "model", "model_version", "column_name", "column_kind", "slice_key", "slice_value"),
    *("drift_type", "reference", "statistic", "value", "threshold", "p_adjusted", "severity", "state"),
    *("message", "explanation", "cause", "causes", "window_start", "window_end"),
)


def incidents_of(
    tables: TableWriter, now: datetime, *, model: str | None = None, include_resolved: bool = False
) -> Incidents:
    """Return the incidents that are not settled, or all of them; ``model`` limits them to one.

    Unhandled ones come first, then those of higher severity, then the older ones.

    >>> import tempfile
    >>> from datetime import timezone
    >>> from sparkmon.tables import Tables
    >>> incidents_of(Tables(tempfile.mkdtemp()).open(), datetime.now(timezone.utc))
    Incidents(incidents=(), silences=())
    """
    store = AlertStore(tables)
    chosen = {each: state for each, state in store.incidents().items() if include_resolved or not state.is_settled}
    silences, acknowledgements = store.actions()
    active = tuple(silence for silence in silences if silence.is_active(now))
    views = []
    for incident_id, row in store.last_rows(chosen).items():
        if model not in (None, row["model"]):
            continue
        ack = acknowledgements.get(incident_id)
        is_valid = ack is not None and ack.holds(chosen[incident_id].opened_time)
        views.append(_view(row, active, acknowledged_by=ack.by if ack is not None and is_valid else None))
    views.sort(key=_rank)
    return Incidents(tuple(views), active)


def _view(row: dict[str, Any], silences: tuple[Silence, ...], *, acknowledged_by: str | None) -> IncidentView:
    until = [silence.end_time for silence in silences if silence.matcher.matches(row, row["severity"])]
    return IncidentView(
        **{name: row[name] for name in _COPIED},
        is_open=row["incident"]["is_open"],
        opened_time=row["incident"]["opened_time"],
        notified=row["notified_state"] or row["suppressed_by"] or "",
        advice=advice(row),
        acknowledged_by=acknowledged_by,
        silenced_until=max(until, default=None),
    )


def _rank(view: IncidentView) -> tuple[Any, ...]:
    opened = 0.0 if view.opened_time is None else view.opened_time.timestamp()
    severity = SEVERITIES.index(view.severity) if view.severity in SEVERITIES else -1
    return not view.is_open, view.is_handled, -severity, opened, view.model, view.column_name, view.incident_id
