"""Which alerts a silence, a route or a severity rule is for; and people's actions on alerts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from sparkmon.sinks import Severity

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
"""From the lowest to the highest."""


def is_higher(severity: Severity, other: Severity) -> bool:
    """Return whether a severity is above another."""
    return SEVERITIES.index(severity) > SEVERITIES.index(other)


def highest_severity(severities: Iterable[Severity]) -> Severity | None:
    """Return the highest of severities; None of none."""
    return max(severities, key=SEVERITIES.index, default=None)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Selects alerts by patterns in which ``*`` and ``?`` stand for any text and any character; all have to match."""

    model: str = "*"
    """A pattern in which * stands for any text, such as flights."""
    column: str = "*"
    """A pattern such as temp*."""
    slice: str = "*"
    """A pattern such as origin=JFK; = for the whole table."""

    def selects(self, alert: Mapping[str, Any]) -> bool:
        """Return whether an alert matches; it has the columns of ``sparkmon.schemas.ALERTS``."""
        return (
            _is_like(alert["model"], self.model)
            and _is_like(alert["column_name"], self.column)
            and _is_like(f"{alert['slice_key'] or ''}={alert['slice_value'] or ''}", self.slice)
        )


@dataclass(frozen=True, slots=True)
class Matcher(Pattern):
    """Selects alerts by patterns and a severity.

    Examples
    --------
    >>> alert = {"model": "flights", "column_name": "temp", "slice_key": "origin", "slice_value": "JFK"}
    >>> Matcher(model="fl*").matches(alert, "info"), Matcher(slice="origin=LGA").matches(alert, "info")
    (True, False)
    >>> Matcher(severity="warning").matches(alert, "info")
    False
    """

    severity: Severity = "info"
    """The lowest severity: info, warning or critical."""

    def matches(self, alert: Mapping[str, Any], severity: Severity) -> bool:
        """Return whether an alert of this severity matches; it has the columns of ``sparkmon.schemas.ALERTS``."""
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.severity) and self.selects(alert)


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes the alerts that match from ``start_time`` until ``end_time``."""

    silence_id: str
    matcher: Matcher
    start_time: datetime
    end_time: datetime

    def is_active(self, now: datetime) -> bool:
        """Return whether it mutes alerts now."""
        return self.start_time <= now < self.end_time


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Stops the reminders of an incident until it resolves or escalates."""

    incident_id: str
    time: datetime
    by: str

    def holds(self, opened_time: datetime | None) -> bool:
        """Return whether it is of what opened then, and not of an earlier incident of the same id."""
        return opened_time is None or self.time >= opened_time


Silences: TypeAlias = tuple[Silence, ...]
"""All silences on record, active or not."""
Acknowledgements: TypeAlias = Mapping[str, Acknowledgement]
"""The last acknowledgement of each incident, by the incident's id."""


def _is_like(text: str, pattern: str) -> bool:
    """Return whether a pattern matches; a bracket stands for itself, as in the column ``temp [C]``."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))
