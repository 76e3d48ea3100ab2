"""Models to attack: training rows with a label, and honest clients; nothing in sparkmon was chosen on these."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.verdicts.packages import read_packaged

__all__ = ["SETS", "Case"]


@dataclass(frozen=True, eq=False)
class Case:
    """One set; the column ``label`` of the training rows is the class, ``client`` of the others who asks."""

    training: pd.DataFrame
    honest: pd.DataFrame
    """What ``sparkmon clients`` learns from."""
    later: pd.DataFrame
    """Rows of honest clients that come later."""


def _housing(seed: int) -> Case:
    """Blocks of houses in California; a client asks for those of its region, in random order."""
    parts = [_nannyml(f"california_housing_{part}") for part in ("reference", "analysis")]
    parts[1]["clf_target"] = _nannyml("california_housing_analysis_gt")["clf_target"]
    table = pd.concat(parts).sample(frac=1, random_state=seed)
    places = zip(np.floor(table["Latitude"]), np.floor(table["Longitude"]), strict=True)
    table["client"] = [f"region {latitude:.0f} {longitude:.0f}" for latitude, longitude in places]
    table = table.drop(columns=["id", "timestamp", "y_pred_proba", "y_pred"]).rename(columns={"clf_target": "label"})
    return _cut(table, 3_000, 5_500)


def _car_loan(seed: int) -> Case:
    """Loans, with three named columns; who asks is drawn at random."""
    later = _nannyml("synthetic_car_loan_analysis").iloc[:25_000]  # the rest drifts
    later["repaid"] = _nannyml("synthetic_car_loan_analysis_target")["repaid"]
    table = pd.concat([_nannyml("synthetic_car_loan_reference"), later])
    table["repaid_loan_on_prev_car"] = table["repaid_loan_on_prev_car"].astype(str)
    table["client"] = np.random.default_rng(seed).choice(["branch a", "branch b", "web", "partner"], len(table))
    table = table.drop(columns=["id", "timestamp", "y_pred_proba", "y_pred"]).rename(columns={"repaid": "label"})
    return _cut(table, 20_000, 18_000)


def _airline(_: int) -> Case:
    """Flights of 2015 in the order of their days, by how long they are in the air; a client is a carrier."""
    names = ("flight_delays", "flight_delays_reference")
    packaged = [io.BytesIO(read_packaged("popmon", "1.4.12", f"/{name}.csv.gz")) for name in names]
    table = pd.concat([pd.read_csv(each, compression="gzip") for each in packaged]).dropna()
    table["DATE"] = pd.to_datetime(table["DATE"])
    table = table[table["CANCELLED"] == 0].sort_values("DATE", kind="stable")
    table["label"] = np.digitize(table["AIR_TIME"], [70, 130])
    table["weekday"] = table["DATE"].dt.dayofweek
    table["client"] = table["AIRLINE"]
    return _cut(
        table[["client", "AIRLINE", "DEPARTURE_DELAY", "TAXI_OUT", "DISTANCE", "weekday", "label"]], 20_000, 25_000
    )


def _nannyml(name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(read_packaged("nannyml", "0.13.1", f"/{name}.csv")))


def _cut(table: pd.DataFrame, training: int, honest: int) -> Case:
    end = training + honest
    bare = table.drop(columns="label")
    return Case(table.iloc[:training].drop(columns="client"), bare.iloc[training:end], bare.iloc[end:])


SETS: dict[str, Callable[[int], Case]] = {"housing": _housing, "car_loan": _car_loan, "airline": _airline}
