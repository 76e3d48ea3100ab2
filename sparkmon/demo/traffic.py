"""The live flights as requests with entity ids, and the features that only the caller has."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import orjson
import pyarrow as pa

from sparkmon.demo.online_store import WeatherReports

_ROWS_PER_CALL = 16
_NAMESPACE = uuid.UUID("7b0a6f0e-5f0c-4a53-9a5c-3c1d1f7d8a01")


@dataclass(frozen=True)
class Call:
    """One request: its id, its V1 body and its number of flights."""

    request_id: str
    body: bytes
    rows: int


class Traffic:
    """The live flights as calls of up to 16, in chunks.

    Parameters
    ----------
    flights : pyarrow.Table
        The live flights; their ids are their positions.
    reports : WeatherReports
        Their weather reports.
    """

    chunks = 288

    def __init__(self, flights: pa.Table, reports: WeatherReports) -> None:
        self._delays = flights["dep_delay"].to_pylist()
        self._reports = reports.of_flight

    @property
    def rows(self) -> int:
        """The number of flights."""
        return len(self._delays)

    def chunk(self, index: int) -> list[Call]:
        """Return the calls of one chunk, always the same."""
        first, end = (self.rows * place // self.chunks for place in (index, index + 1))
        return [
            self._call(start, min(start + _ROWS_PER_CALL, end))
            for start in range(first, end, _ROWS_PER_CALL)
        ]

    def _call(self, start: int, end: int) -> Call:
        instances = [
            {"flight": n, "weather_report": self._reports[n], "dep_delay": self._delays[n]}
            for n in range(start, end)
        ]
        request_id = str(uuid.uuid5(_NAMESPACE, f"call-{start}"))
        return Call(request_id, orjson.dumps({"instances": instances}), end - start)
