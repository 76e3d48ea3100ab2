"""Traffic for tests: V1 requests and responses of models at chosen times."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import count

from sparkmon.records import Event

__all__ = ["MIDNIGHT", "clock", "requests", "v1_event"]

MIDNIGHT = datetime(2026, 11, 23, tzinfo=timezone.utc)
_IDS = count()


def v1_event(
    model: str,
    minutes: float,
    rows: Iterable[object],
    *,
    half: str = "request",
    version: str = "",
    event_id: str | None = None,
) -> Event:
    """Make one event, so many minutes after midnight."""
    key = "instances" if half == "request" else "predictions"
    return Event(
        event_id=f"e-{next(_IDS)}" if event_id is None else event_id,
        event_type=half,
        source=f"{model}-pod",
        event_time=MIDNIGHT + timedelta(minutes=minutes),
        payload=json.dumps({key: list(rows)}).encode(),
        model=model,
        namespace="demo",
        component="predictor",
        content_type="application/json",
        annotations={"model-version": version} if version else {},
    )


def requests(model: str, start: float, end: float, rows: Sequence[object], size: int) -> list[Event]:
    """Spread rows evenly over the minutes from ``start`` to ``end``, ``size`` rows a request."""
    parts = [rows[at : at + size] for at in range(0, len(rows), size)]
    step = (end - start) / len(parts)
    return [v1_event(model, start + index * step, part) for index, part in enumerate(parts)]


def clock(minutes: float, model: str = "shop") -> Event:
    """Make an event without instances that only moves the clock of a model, as a health check does."""
    return Event(
        event_id=f"tick-{minutes}",
        model=model,
        event_type="response",
        source="pod",
        event_time=MIDNIGHT + timedelta(minutes=minutes),
        payload=b'{"live": true}',
        component="predictor",
        content_type="application/json",
    )
