"""The suppression stages in their order: the first that holds is the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from sparkmon.alerts.suppression.acknowledged import is_acknowledged
from sparkmon.alerts.suppression.cool_down import is_cooling_down
from sparkmon.alerts.suppression.flapping import is_flapping
from sparkmon.alerts.suppression.inhibited import is_inhibited
from sparkmon.alerts.suppression.never_notified import was_never_notified
from sparkmon.alerts.suppression.no_change import is_no_change
from sparkmon.alerts.suppression.no_route import has_no_route
from sparkmon.alerts.suppression.pending import Pending
from sparkmon.alerts.suppression.rate_limited import is_rate_limited
from sparkmon.alerts.suppression.recovering import is_recovering
from sparkmon.alerts.suppression.silenced import is_silenced
from sparkmon.alerts.suppression.unconfirmed import is_unconfirmed

SuppressedBy: TypeAlias = Literal[
    "unconfirmed",
    "inhibited",
    "never_notified",
    "recovering",
    "no_change",
    "silenced",
    "acknowledged",
    "flapping",
    "cool_down",
    "no_route",
    "rate_limited",
]
"""Why no notification was sent: the names of the stages."""

Stage: TypeAlias = Callable[[Pending], bool]
"""Returns whether a notification is suppressed; pure."""

STAGES: Mapping[SuppressedBy, Stage] = MappingProxyType(
    {
        "unconfirmed": is_unconfirmed,
        "inhibited": is_inhibited,
        "never_notified": was_never_notified,
        "recovering": is_recovering,
        "no_change": is_no_change,
        "silenced": is_silenced,
        "acknowledged": is_acknowledged,
        "flapping": is_flapping,
        "cool_down": is_cooling_down,
        "no_route": has_no_route,
        "rate_limited": is_rate_limited,
    }
)
"""All stages, in the order in which they are asked."""


def suppressed_by(pending: Pending) -> SuppressedBy | None:
    """Return the first stage that suppresses a notification; None if it is sent."""
    return next((name for name, holds in STAGES.items() if holds(pending)), None)
