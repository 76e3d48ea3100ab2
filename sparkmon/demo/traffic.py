"""Flights as KServe logger events on a simulated clock, with an upstream fault from half-way on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
import pyarrow as pa

__all__ = ["FAULTY", "MODEL", "SCORE", "LoggerEvent", "Traffic"]

MODEL = "flights"
SCORE = "delay_probability"
"""The model's output; all other columns are its inputs."""

FAULTY = ("temp", "humid")
"""What the fault breaks: ``temp`` arrives in Celsius, ``humid`` stays at its last value."""

_START = datetime(2026, 1, 5, tzinfo=timezone.utc)
_ROWS_PER_REQUEST = 16
_NAMESPACE = uuid.UUID("7b0a6f0e-5f0c-4a53-9a5c-3c1d1f7d8a01")


@dataclass(frozen=True)
class LoggerEvent:
    """One POST of KServe's logger."""

    headers: dict[str, str]
    body: bytes


class Traffic:
    """The live half as a day of requests, in chunks of five simulated minutes.

    Parameters
    ----------
    flights : pa.Table
        The live half.
    windows : int
        Hours that the traffic lasts. The fault begins half-way.
    """

    CHUNKS_PER_WINDOW = 12

    def __init__(self, flights: pa.Table, windows: int) -> None:
        self.windows = windows
        self.chunks = windows * self.CHUNKS_PER_WINDOW
        self.fault_time = _START + timedelta(hours=windows // 2)
        self._features = [name for name in flights.column_names if name != SCORE]
        self._rows = list(zip(*(flights[name].to_pylist() for name in self._features), strict=True))
        self._scores = flights[SCORE].to_pylist()

    @property
    def rows(self) -> int:
        """How many flights are sent in all."""
        return len(self._rows)

    def chunk(self, index: int) -> list[LoggerEvent]:
        """Return the events of one chunk: a request and a response for every 16 flights.

        Event ids and times depend on the position alone, so that a chunk sent again is a redelivery.
        """
        first, end = (self.rows * place // self.chunks for place in (index, index + 1))
        return [
            event
            for start in range(first, end, _ROWS_PER_REQUEST)
            for event in self._call(start, min(start + _ROWS_PER_REQUEST, end))
        ]

    def heartbeat(self) -> list[LoggerEvent]:
        """Return what the logger makes of a health check an hour after the last window: it lets windows close."""
        time = _START + timedelta(hours=self.windows + 1)
        return _pair("heartbeat", time, b"", {"ready": True})

    def _call(self, start: int, end: int) -> Iterator[LoggerEvent]:
        time = _START + timedelta(hours=self.windows) * (start / self.rows)
        rows = [list(row) for row in self._rows[start:end]]
        if time >= self.fault_time:
            self._break(rows)
        request = orjson.dumps({"instances": rows})
        yield from _pair(f"call-{start}", time, request, {"predictions": self._scores[start:end]})

    def _break(self, rows: list[list[Any]]) -> None:
        temp, humid = (self._features.index(name) for name in FAULTY)
        frozen = self._rows[self.rows // 2][humid]
        for row in rows:
            row[temp] = round((row[temp] - 32) * 5 / 9, 2)
            row[humid] = frozen


def _pair(name: str, time: datetime, request: bytes, response: object) -> list[LoggerEvent]:
    identity = str(uuid.uuid5(_NAMESPACE, name))
    return [
        _event(identity, "request", time, request),
        _event(identity, "response", time + timedelta(milliseconds=3), orjson.dumps(response)),
    ]


def _event(identity: str, half: str, time: datetime, body: bytes) -> LoggerEvent:
    when = time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    headers = {
        "Ce-Specversion": "1.0",
        "Ce-Id": identity,
        "Ce-Type": f"org.kubeflow.serving.inference.{half}",
        "Ce-Source": "flights-predictor-00001-deployment-5d4f",
        "Ce-Time": when,
        "Ce-Recordedtime": when,
        "Ce-Inferenceservicename": MODEL,
        "Ce-Namespace": "demo",
        "Ce-Component": "predictor",
        "Ce-Endpoint": "default",
        "Ce-Metadata": "{}",
        "Content-Type": "application/json",
    }
    return LoggerEvent(headers, body)
