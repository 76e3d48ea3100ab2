"""Tables whose outliers are known: training rows, and live rows with a label each."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits

from bench.verdicts.packages import read_packaged

__all__ = ["SETS", "Case"]

_ROOT = Path(__file__).parents[2]
_BROKEN = 2_000


@dataclass(frozen=True, eq=False)
class Case:
    """One set."""

    name: str
    training: pd.DataFrame
    live: pd.DataFrame
    is_outlier: np.ndarray


def _shuttle(seed: int) -> Case:
    table = pd.read_csv(io.BytesIO(gzip.decompress(read_packaged("river", "0.26.1", "/shuttle.csv.gz"))))
    return _of_classes("shuttle", table.drop(columns="anomaly"), table["anomaly"].to_numpy() == 1, 20_000, seed)


def _breast_cancer(seed: int) -> Case:
    data = load_breast_cancer(as_frame=True)
    return _of_classes("breast cancer", data.data, data.target.to_numpy() == 0, 240, seed)


def _digits(seed: int) -> Case:
    data = load_digits(as_frame=True)
    return _of_classes("digits, 0 is usual", data.data, data.target.to_numpy() != 0, 120, seed)


def _of_classes(name: str, rows: pd.DataFrame, is_outlier: np.ndarray, count: int, seed: int) -> Case:
    """Train on rows of the usual class alone; the others are live."""
    usual = np.random.default_rng(seed).permutation(np.flatnonzero(~is_outlier))
    live = np.concatenate([usual[count:], np.flatnonzero(is_outlier)])
    return Case(name, rows.iloc[usual[:count]], rows.iloc[live], is_outlier[live])


def _units(seed: int) -> Case:
    def break_units(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(temp=((rows["temp"] - 32) * 5 / 9).round(2))

    return _of_flights("flights, temperature in Celsius", break_units, seed)


def _independent(seed: int) -> Case:
    def shuffle(rows: pd.DataFrame) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        return rows.assign(**{str(name): random.permutation(rows[name].to_numpy()) for name in rows})

    return _of_flights("flights, columns independent", shuffle, seed)


def _of_flights(name: str, change: Callable[[pd.DataFrame], pd.DataFrame], seed: int) -> Case:
    table = pd.read_parquet(_ROOT / "examples" / "flights" / "flights.parquet").drop(columns="arrived_late").dropna()
    table = table.astype({"carrier": str, "origin": str}).sample(frac=1, random_state=seed)
    training, usual = table.iloc[:30_000], table.iloc[30_000:]
    live = pd.concat([usual, change(usual.iloc[:_BROKEN])])
    return Case(name, training, live, np.repeat([False, True], [len(usual), _BROKEN]))


SETS: dict[str, Callable[[int], Case]] = {
    "shuttle": _shuttle,
    "breast_cancer": _breast_cancer,
    "digits": _digits,
    "units": _units,
    "independent": _independent,
}
"""By the name that the command line takes; each is drawn with a seed."""
