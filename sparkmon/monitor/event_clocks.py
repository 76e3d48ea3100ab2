"""The clock of each model: the time of its newest event, and the time since then while the model is idle; pure."""

from collections.abc import Mapping


class EventClocks:
    """Event time by model, in microseconds since 1970 UTC.

    The clock of an idle model is where an event of this moment would put it: at its newest event and the time since
    that arrived. A replay of an old log stays in its own time, and a log that lags keeps its lag.

    >>> clocks = EventClocks(delay=5_000_000, idle_s=60)
    >>> clocks.advance({"flights": 100_000_000}, now_s=7.0)
    >>> clocks.watermarks()
    {'flights': 95000000}
    >>> clocks.idle_watermarks(read_until_s=66.0), clocks.idle_watermarks(read_until_s=67.0)
    ({}, {'flights': 155000000})
    """

    def __init__(self, delay: int, idle_s: float | None) -> None:
        self._delay, self._idle_s = delay, idle_s
        self._last: dict[str, int] = {}
        self._arrived_s: dict[str, float] = {}

    def advance(self, last_events: Mapping[str, int], now_s: float) -> None:
        """Take the newest event times of some models; ``now_s`` is on a clock that is never set back."""
        for model, time in last_events.items():
            self._last[model] = max(time, self._last.get(model, time))
            self._arrived_s[model] = now_s

    def watermarks(self) -> dict[str, int]:
        """Return the time by model before which no event is expected any more."""
        return {model: last - self._delay for model, last in self._last.items()}

    def idle_watermarks(self, read_until_s: float) -> dict[str, int]:
        """Return the watermarks of the models that are idle."""
        if self._idle_s is None:
            return {}
        return {
            model: last + round((read_until_s - self._arrived_s[model]) * 1e6) - self._delay
            for model, last in self._last.items()
            if read_until_s - self._arrived_s[model] >= self._idle_s
        }
