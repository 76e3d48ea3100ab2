"""Events made by hand."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from sparkmon.records import Event

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def event(payload: bytes, half: str = "request", **fields: Any) -> Event:  # noqa: ANN401
    made = Event("e-1", half, "pod", NOON, payload, model="iris", content_type="application/json")
    return replace(made, **fields)


def headers(**changed: str | None) -> dict[str, str]:
    """Give the headers of one good event, some changed or (None) left out."""
    good: dict[str, str | None] = {
        "Ce-Id": "1",
        "Ce-Source": "pod",
        "Ce-Time": "2026-11-23T12:00:00Z",
        "Ce-Type": "org.kubeflow.serving.inference.request",
        "Content-Type": "application/json",
    }
    good |= {name.replace("_", "-"): value for name, value in changed.items()}
    return {name: value for name, value in good.items() if value is not None}
