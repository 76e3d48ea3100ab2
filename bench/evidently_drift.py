"""Evidently's default drift report on two Parquet files; run by the Python that Evidently is installed for.

``python evidently_drift.py REFERENCE CURRENT`` prints one line of JSON: version, seconds, rows and how many columns
are called drifted.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import pandas as pd
from evidently import Report  # type: ignore[import-not-found]
from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]


def main(reference: str, current: str) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    before, after = pd.read_parquet(reference), pd.read_parquet(current)
    snapshot = Report([DataDriftPreset()]).run(current_data=after, reference_data=before)
    metrics: list[dict[str, Any]] = snapshot.dict()["metrics"]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    drifted = next(m["value"]["count"] for m in metrics if "DriftedColumnsCount" in str(m))
    told = {"version": version("evidently"), "cpu_s": cpu, "wall_s": wall, "rows": len(after), "drifted": drifted}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
