"""The captured events of a real KServe agent: over HTTP, as Kafka records and as stored objects."""

import base64
import json
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sparkmon.protocol import from_http, from_kafka, from_object
from sparkmon.records import Event

ROOT = Path(__file__).parents[1] / "data" / "captures"
WRITTEN = datetime(2026, 11, 23, 0, 40, tzinfo=timezone.utc)
"""A modification time for the stored objects."""


class Exchange(NamedTuple):
    """What the client sent, what it got, and the events the logger made of it."""

    request: bytes
    response: bytes
    events: list[Event]


@cache
def cases() -> dict[str, Exchange]:
    return {
        path.stem: _exchange(json.loads(path.read_text("utf-8")))
        for path in sorted(ROOT.glob("*.json"))
        if path.stem != "INDEX"
    }


def all_events() -> list[Event]:
    return [event for case in cases().values() for event in case.events]


@cache
def kafka_events(mode: str) -> dict[str, list[Event]]:
    read: dict[str, list[Event]] = {}
    for path in sorted((ROOT / "kafka").glob("*.json")):
        records = json.loads(path.read_text("utf-8"))["records"]
        read[path.stem] = [_record(record) for record in records if record["mode"] == mode]
    return read


@cache
def stored() -> dict[str, list[Event]]:
    """Events by ``<layout>/<object>``."""
    paths = sorted((ROOT / "store").rglob("*-re*.*"))
    return {f"{path.parent.name}/{path.name}": from_object(path.read_bytes(), path.name, WRITTEN) for path in paths}


def _exchange(case: dict[str, Any]) -> Exchange:
    events = [from_http(e["headers"], _bytes(e["body_b64"])) for e in case["events"]]
    request, response = case["client_request"], case["client_response"]
    return Exchange(_bytes(request["body_b64"]), _bytes(response["body_b64"]), events)


def _record(record: dict[str, Any]) -> Event:
    headers = [(name, value.encode("utf-8")) for name, value in record["headers"]]
    value = record["value_b64"]
    return from_kafka(headers, None if value is None else _bytes(value))


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")
