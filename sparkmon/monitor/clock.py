"""The clock that closes the windows of idle models while the query runs."""

import json
import time
from collections.abc import Mapping
from typing import Any

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.monitor.closer import Closer

CLOCK_POLL_S = 0.5
_WAITS = "Waiting"
"""How Spark's status begins when a trigger has found no events, or the next one is to come."""


class Clock:
    """Looks whether a window is due; costs nothing while none can be."""

    def __init__(self, closer: Closer, query: StreamingQuery, trigger_s: float, *, is_remote: bool) -> None:
        self._closer, self._query = closer, query
        self._trigger_s, self._is_remote = trigger_s, is_remote
        self._until: float | None = None
        self._last: tuple[int, Mapping[int, Any], float] | None = None

    def look(self) -> None:
        """Close the windows that are due."""
        if self._is_remote:
            self._closer.catch_up()
        # Nothing is asked of Spark until the last triggers before a window may be due, which show how far it has read.
        soon = time.monotonic() + 2 * self._trigger_s + CLOCK_POLL_S
        if self._closer.may_close(soon) and self._query.isActive:
            until = self._read_until()
            if until is not None:
                self._closer.close_by_clock(until)

    def _read_until(self) -> float | None:
        """Return when, on the monotonic clock, the log was last known to be read to its end; None if never."""
        now = time.monotonic()
        status = self._query.status
        waits = str(status["message"]).startswith(_WAITS) and not status["isTriggerActive"]
        if waits and not status["isDataAvailable"]:
            # The last trigger found nothing.
            self._until = max(now - self._trigger_s, self._until or now - self._trigger_s)
            return self._until
        progress = self._query.lastProgress
        if progress is None:
            return None
        report = json.loads(progress.json)
        sources = report["sources"]
        latest = {place: each.get("latestOffset") for place, each in enumerate(sources)}
        if self._last is None or report["batchId"] > self._last[0]:
            if self._last is not None and all(
                has_reached(each.get("endOffset"), self._last[1].get(place)) for place, each in enumerate(sources)
            ):
                self._until = self._last[2]
            self._last = report["batchId"], latest, now - CLOCK_POLL_S
        return self._until


def has_reached(end: object, latest: object) -> bool:
    """Return whether a query has read up to what was the end of a source.

    Offsets are numbers or texts, or objects of them. One whose values are numbers and texts is a place, compared in the
    order of its keys; of one with objects in it, such as Kafka's partitions by topic, each has to be reached.

    Examples
    --------
    >>> has_reached({"segment": 3, "position": 5}, {"segment": 2, "position": 900})
    True
    >>> has_reached({"log": {"0": 5, "1": 6}}, {"log": {"0": 5, "1": 7}})
    False
    """
    if latest is None:
        return True
    if isinstance(end, dict) and isinstance(latest, dict):
        if any(isinstance(each, dict) for each in latest.values()):
            return all(
                all(has_reached(end.get(topic, {}).get(key), value) for key, value in each.items())
                for topic, each in latest.items()
                if isinstance(each, dict)
            )
        return [end.get(key, type(value)()) for key, value in latest.items()] >= [*latest.values()]
    if type(end) is type(latest) and isinstance(end, (int, float, str)):
        return bool(end >= latest)  # type: ignore[operator]
    return end == latest
