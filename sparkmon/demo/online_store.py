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

_ALWAYS_CELSIUS = 250
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
        self.rows: list[_Row] = [dict(zip(WEATHER, each[1:], strict=True)) for each in ids]
        """By report its weather; nearly all of it is correct."""
        frozen = self.rows[0]["humid"]
        self.broken_rows = [row | {"temp": _celsius(row["temp"]), "humid": frozen} for row in self.rows]
        """The same with the fault."""
        for place in range(0, len(self.rows), _ALWAYS_CELSIUS):
            self.rows[place]["temp"] = self.broken_rows[place]["temp"]

    def write(self, store: OnlineStore, *, broken: bool = False) -> None:
        """Write all reports, with the fault or without it."""
        now = datetime.now(timezone.utc)
        rows = enumerate(self.broken_rows if broken else self.rows)
        keyed: list[_Row] = [{"weather_report": number, "loaded_time": now} | row for number, row in rows]
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
