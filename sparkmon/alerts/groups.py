"""Groups alerts into notifications: one for forty columns with one cause, and no more than a sink may be sent."""

from __future__ import annotations

from collections.abc import Mapping

from sparkmon.alerts.digest import digest


class Groups:
    """The notifications of one batch, as they fill; ``room`` is how many further ones each sink may be sent."""

    def __init__(self, room: Mapping[str, int]) -> None:
        self._room = dict(room)
        self._sinks: dict[str, tuple[str, ...]] = {}
        self._alerts: dict[str, list[str]] = {}

    def has_room(self, group: tuple[str, ...], sinks: tuple[str, ...]) -> bool:
        """Return whether any of the sinks may be sent one more alert of a group."""
        return _place(group, sinks) in self._sinks or any(self._room[name] > 0 for name in sinks)

    def join(
        self, group: tuple[str, ...], sinks: tuple[str, ...], alert_id: str
    ) -> tuple[str, tuple[str, ...]]:
        """Add an alert to its group; return a placeholder of the notification's id, and the sinks that have room."""
        place = _place(group, sinks)
        if place not in self._sinks:
            free = tuple(name for name in sinks if self._room[name] > 0)
            for name in free:
                self._room[name] -= 1
            self._sinks[place], self._alerts[place] = free, []
        self._alerts[place].append(alert_id)
        return place, self._sinks[place]

    def ids(self) -> dict[str, str]:
        """Return the notifications' ids by their placeholders: digests of their alerts, the same at a replay."""
        return {place: digest(place, *sorted(alerts)) for place, alerts in self._alerts.items()}


def _place(group: tuple[str, ...], sinks: tuple[str, ...]) -> str:
    return "\x1f".join((*group, *sinks))
