"""The stream of an inference log in micro-batches of a limited size, which Spark allows sources in Python since 4.2."""

# Spark gave these methods their names.
# ruff: noqa: N802

from typing import Any

from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadLimit, ReadMaxRows, SupportsTriggerAvailableNow

from sparkmon.logs.log import Offset
from sparkmon.sources.inference_log import InferenceLogStreamReader


class LimitedStreamReader(InferenceLogStreamReader, SupportsTriggerAvailableNow):
    """Reads what was added since the last micro-batch, up to ``maxEventsPerTrigger``."""

    _target: Offset | None = None

    def getDefaultReadLimit(self) -> ReadLimit:
        """Return the limit of ``maxEventsPerTrigger``."""
        limit = self._options.max_events_per_trigger
        return ReadAllAvailable() if limit is None else ReadMaxRows(limit)

    def latestOffset(self, start: dict[str, Any], limit: ReadLimit) -> Offset:  # type: ignore[override]
        """Return the end of the next micro-batch; on the driver, at every trigger."""
        rows = limit.max_rows if isinstance(limit, ReadMaxRows) else None
        reached = self._log.advance(start, rows)
        return reached if self._target is None else self._log.earlier(reached, self._target)

    def reportLatestOffset(self) -> Offset:
        """Return the end of the log, for the query's progress; on the driver, after every ``latestOffset``."""
        return self._log.newest()

    def prepareForTriggerAvailableNow(self) -> None:
        """Remember the end of the log; on the driver, once when ``availableNow`` starts."""
        self._target = self._log.last()
