"""One CloudEvent in structured mode."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

from fuzz.checks import LIMITS, check_events
from fuzz.target import Target
from sparkmon.protocol import from_structured
from tests.protocol.captures import all_events
from tests.support.receiver import CAPTURES

__all__ = ["TARGET", "WORDS", "seeds"]

WORDS = (
    *(b'"id":', b'"type":', b'"source":', b'"time":', b'"data":', b'"data_base64":'),
    *(b'"datacontenttype":', b'"metadata":', b'"annotations":', b'"statuscode":', b'"recordedtime":'),
    *(b"text/plain", b"application/json", b"\\ud83d\\ude00", b"\\u0000", b"\\ud800"),
    *(b"2026-11-23T00:36:06Z", b"org.kubeflow.serving.inference.request", b"1e999", b"NaN"),
)


def one_input(data: bytes) -> None:
    """Read it twice: the same event both times."""
    event = from_structured(data, limits=LIMITS)
    assert from_structured(data, limits=LIMITS) == event
    check_events([event])


def seeds() -> Iterator[bytes]:
    """Give what the agent logged, written as structured events, and Kafka's own."""
    for event in all_events():
        attributes = {
            "specversion": "1.0",
            "id": event.event_id,
            "type": f"org.kubeflow.serving.inference.{event.event_type}",
            "source": event.source,
            "time": event.event_time.isoformat(),
            "metadata": dict(event.metadata),
            "datacontenttype": event.content_type,
        }
        try:
            yield json.dumps({**attributes, "data": json.loads(event.payload)}).encode()
        except ValueError:
            encoded = base64.b64encode(event.payload).decode()
            yield json.dumps({**attributes, "data_base64": encoded}).encode()
    for path in sorted((CAPTURES / "kafka").glob("*.json")):
        for record in json.loads(path.read_text("utf-8"))["records"]:
            if record["mode"] == "structured":
                yield base64.b64decode(record["value_b64"] or "")


TARGET = Target(one_input, seeds, WORDS)
