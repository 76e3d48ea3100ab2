"""The feature store of the demonstration: filled from the flights, and broken half-way."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pyarrow as pa

from sparkmon.demo.flights import FEATURES, MODEL, SCHEDULE, WEATHER
from sparkmon.store import FeatureStore, FeatureView, GroupInView

__all__ = ["FAULTY", "VIEW", "WeatherReports", "fill"]

VIEW = FeatureView(
    MODEL,
    1,
    FEATURES,
    (
        GroupInView("flights_1", {"flight": "flight"}, {name: name for name in SCHEDULE}),
        GroupInView(
            "weather_1",
            {"weather_report": "weather_report"},
            {name: name for name in WEATHER},
            time="loaded_time",
        ),
    ),
)
"""The schedule by flight, the weather by report; ``dep_delay`` comes with the request."""

FAULTY = ("temp", "humid")
"""What the fault breaks: ``temp`` is written in Celsius, ``humid`` stays at one value."""

_Row = dict[str, Any]


class WeatherReports:
    """The weather that some flights had, each observation once: what the upstream job writes to the store.

    Parameters
    ----------
    flights : pyarrow.Table
        Those that will be asked about.
    """

    def __init__(self, flights: pa.Table) -> None:
        columns = ("origin", *WEATHER)
        seen: dict[tuple[object, ...], int] = {}
        observations = zip(*(flights[name].to_pylist() for name in columns), strict=True)
        self.of_flight = [seen.setdefault(each, len(seen)) for each in observations]
        """Per flight, the id of its report."""
        self._rows: list[_Row] = [dict(zip(WEATHER, each[1:], strict=True)) for each in seen]

    def write(self, store: FeatureStore) -> None:
        """Write all reports as they should be."""
        self._write(store, self._rows)

    def write_broken(self, store: FeatureStore) -> None:
        """Write all reports as a job with a bug would."""
        frozen = self._rows[0]["humid"]
        self._write(
            store,
            [
                row | {"temp": round((row["temp"] - 32) * 5 / 9, 2), "humid": frozen}
                for row in self._rows
            ],
        )

    def _write(self, store: FeatureStore, rows: list[_Row]) -> None:
        now = datetime.now(timezone.utc)
        keyed: list[_Row] = [
            {"weather_report": number, "loaded_time": now} | row for number, row in enumerate(rows)
        ]
        store.write_rows("weather_1", ["weather_report"], keyed)


def fill(store: FeatureStore, flights: pa.Table, reports: WeatherReports) -> None:
    """Write the feature view, the schedules and the weather of some flights."""
    store.write_view(VIEW)
    columns = (flights[name].to_pylist() for name in SCHEDULE)
    schedules = [
        {"flight": number} | dict(zip(SCHEDULE, each, strict=True))
        for number, each in enumerate(zip(*columns, strict=True))
    ]
    store.write_rows("flights_1", ["flight"], schedules)
    reports.write(store)
