"""The feature store of the demonstration: filled from the flights, and corrupted half-way."""

from datetime import datetime, timezone
from typing import Any

import pyarrow as pa

from sparkmon.demo.flights import FEATURES, MODEL, SCHEDULE, WEATHER
from sparkmon.store import FeatureView, GroupInView, OnlineStore

VIEW = FeatureView(
    MODEL,
    1,
    FEATURES,
    (
        GroupInView("flights_1", {"flight": "flight"}, {name: name for name in SCHEDULE}),
        GroupInView(
            "weather_1", {"weather_report": "weather_report"}, {name: name for name in WEATHER}, time="loaded_time"
        ),
    ),
)
"""The schedule by flight, the weather by report; ``dep_delay`` comes with the request."""

FAULTY = ("temp", "humid")
"""The features with a fault: ``temp`` is written in Celsius, ``humid`` stays at one value."""

_ALWAYS_CELSIUS = 125
"""One report in so many has its temperature in Celsius from the beginning: outliers."""

_Row = dict[str, Any]


class WeatherReports:
    """The weather of the live flights, each observation once: what the upstream job writes to the store."""

    def __init__(self, flights: pa.Table) -> None:
        columns = ("origin", *WEATHER)
        ids: dict[tuple[object, ...], int] = {}
        observations = zip(*(flights[name].to_pylist() for name in columns), strict=True)
        self.of_flight = [ids.setdefault(each, len(ids)) for each in observations]
        """The id of each flight's report."""
        self._rows: list[_Row] = [dict(zip(WEATHER, each[1:], strict=True)) for each in ids]
        for row in self._rows[::_ALWAYS_CELSIUS]:
            row["temp"] = _celsius(row["temp"])

    def write(self, store: OnlineStore) -> None:
        """Write all reports; nearly all are correct."""
        self._write(store, self._rows)

    def write_broken(self, store: OnlineStore) -> None:
        """Write all reports with the fault."""
        frozen = self._rows[0]["humid"]
        celsius = (_celsius(row["temp"]) for row in self._rows)
        rows = zip(self._rows, celsius, strict=True)
        self._write(store, [row | {"temp": temp, "humid": frozen} for row, temp in rows])

    def _write(self, store: OnlineStore, rows: list[_Row]) -> None:
        now = datetime.now(timezone.utc)
        keyed: list[_Row] = [{"weather_report": number, "loaded_time": now} | row for number, row in enumerate(rows)]
        store.write_rows("weather_1", ["weather_report"], keyed)


def _celsius(fahrenheit: float) -> float:
    return round((fahrenheit - 32) * 5 / 9, 2)


def fill(store: OnlineStore, flights: pa.Table, reports: WeatherReports) -> None:
    """Write the feature view, and the schedules and weather of flights."""
    store.write_view(VIEW)
    columns = (flights[name].to_pylist() for name in SCHEDULE)
    schedules = [
        {"flight": number} | dict(zip(SCHEDULE, each, strict=True))
        for number, each in enumerate(zip(*columns, strict=True))
    ]
    store.write_rows("flights_1", ["flight"], schedules)
    reports.write(store)
