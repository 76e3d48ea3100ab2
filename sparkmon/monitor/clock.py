"""The clock that closes the windows of idle models while the query runs."""

import time
from typing import Any, NamedTuple

from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.compat import report_of
from sparkmon.monitor.closer import Closer

CLOCK_POLL_S = 0.5
_WAITS = "Waiting"
"""How Spark's status begins when a trigger has found no events, or the next one is to come."""


class _Report(NamedTuple):
    """What the last report of a batch says."""

    batch_id: int
    ends: list[Any]
    """By source, the end of its log, as its trigger saw it."""
    start: float | None
    """When its trigger began, or before."""


class Clock:
    """Looks whether a window is due; costs nothing while none can be."""

    def __init__(self, closer: Closer, query: StreamingQuery, trigger_s: float, *, is_remote: bool) -> None:
        self._closer, self._query = closer, query
        self._trigger_s, self._is_remote = trigger_s, is_remote
        self._until: float | None = None
        self._waited: float | None = None
        """When no trigger was running, at the last look of this kind."""
        self._last: _Report | None = None
        self._looks: dict[int, float] = {}
        """By batch, the last look that was before its trigger."""

    def look(self) -> None:
        """Close the windows that are due."""
        self._catch_up()
        # Nothing is asked of Spark until the last triggers before a window may be due, which show how far it has read.
        soon = time.monotonic() + 2 * self._trigger_s + CLOCK_POLL_S
        if self._closer.may_close(soon) and self._query.isActive:
            self._read()
            if self._until is not None:
                self._catch_up()  # with what was read until then
                self._closer.close_by_clock(self._until)

    def _catch_up(self) -> None:
        if self._is_remote:
            self._closer.catch_up()

    def _read(self) -> None:
        """Find out until when the log is read to its end; times are on the monotonic clock, and rather too early.

        Spark does not say when a trigger began that found nothing, and its reports are of its machine's clock. So a
        trigger is dated by the looks before it.
        """
        now = time.monotonic()
        status = self._query.status
        waits = str(status["message"]).startswith(_WAITS) and not status["isTriggerActive"]
        if waits:
            waited, self._waited = self._waited, now
            if not status["isDataAvailable"]:
                # The last trigger found nothing. It began after the look before, or the next one would have by now.
                self._advance(None if waited is None else waited - self._trigger_s)
                return
        progress = self._query.lastProgress
        if progress is None:
            return
        report = report_of(progress)
        batch_id, sources = report["batchId"], report["sources"]
        if self._last is None or batch_id > self._last.batch_id:
            start = max((time for batch, time in self._looks.items() if batch <= batch_id), default=None)
            if self._last is not None and all(
                has_reached(each.get("endOffset"), end) for each, end in zip(sources, self._last.ends, strict=True)
            ):
                self._advance(self._last.start)
            self._last = _Report(batch_id, [each.get("latestOffset") for each in sources], start)
            self._looks = {batch: time for batch, time in self._looks.items() if batch > batch_id or time == start}
        # A trigger is reported before it ends. The one that may be running now is the next to be reported.
        self._looks[batch_id + (1 if waits else 2)] = now

    def _advance(self, until: float | None) -> None:
        if until is not None:
            self._until = max(until, self._until or until)


def has_reached(end: object, latest: object) -> bool:
    """Return whether a query has read up to what was the end of a source.

    Offsets are numbers or texts, or objects of them. One whose values are numbers and texts is a place, compared in the
    order of its keys; of one with objects in it, such as Kafka's partitions by topic, each has to be reached.

    >>> has_reached({"segment": 3, "position": 5}, {"segment": 2, "position": 900})
    True
    >>> has_reached({"log": {"0": 5, "1": 6}}, {"log": {"0": 5, "1": 7}})
    False
    """
    if latest is None:  # of a source that is empty, or does not report it
        return end is None
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
