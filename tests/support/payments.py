"""What numpy and scipy find in the files of examples/sql: the training data, and the requests of four windows."""

import csv
import json
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp, wasserstein_distance

__all__ = ["COLUMNS", "TRAINING", "Key", "expected", "hourly_instances"]

COLUMNS = ("amount", "age")
Key = tuple[str, str]
"""The hour at which a window starts, such as ``06``, and a column."""
_FOLDER = Path(__file__).parents[2] / "examples" / "sql"
TRAINING = _FOLDER / "training.csv"


def hourly_instances() -> list[tuple[str, list[list[float]]]]:
    """List the requests as their time and their instances; the last is of the next day, and has none."""
    lines = (_FOLDER / "log" / "2026-01-05.jsonl").read_text().splitlines()
    return [(call["time"], call["data"]["instances"]) for call in map(json.loads, lines)]


def expected() -> dict[Key, dict[str, float]]:
    """Give the statistics of each window of six hours and column."""
    training = [[float(row[name]) for name in COLUMNS] for row in csv.DictReader(TRAINING.read_text().splitlines())]
    calls = hourly_instances()[:-1]
    found: dict[Key, dict[str, float]] = {}
    for start in (0, 6, 12, 18):
        live = [row for time, rows in calls if start <= int(time[11:13]) < start + 6 for row in rows]
        for at, name in enumerate(COLUMNS):
            reference, current = ([row[at] for row in rows] for rows in (training, live))
            found[f"{start:02}", name] = {
                "reference_count": len(reference),
                "current_count": len(current),
                "psi": _psi(reference, current),
                "wasserstein": wasserstein_distance(reference, current),
                "ks": ks_2samp(reference, current).statistic,
            }
    return found


def _psi(reference: list[float], current: list[float]) -> float:
    """Return the sum over the reference's deciles of (q - p) ln(q / p), no share below 1e-4."""
    edges = np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf")
    counts = [np.bincount(np.searchsorted(edges, side), minlength=10) for side in (reference, current)]
    p, q = (np.maximum(count / count.sum(), 1e-4) for count in counts)
    return float(((q - p) * np.log(q / p)).sum())
