"""PyOD's and river's detectors on cases that were written to files; run in an environment of their own.

Named columns enter as the share of their level among the training rows, because these detectors take numbers.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def main() -> None:
    """Score the cases in the folder that is named; write the scores and the seconds of each detector there."""
    folder = Path(sys.argv[1])
    for place in sorted(folder.glob("*.training.parquet")):
        training, live = (
            pd.read_parquet(folder / place.name.replace("training", side)) for side in ("training", "live")
        )
        answers: dict[str, Any] = {}
        first, second = _numbers(training, live)
        for name, score in _DETECTORS.items():
            try:
                started = time.process_time()
                scores, fitted = score(first, second)
                answers[name] = {
                    "scores": np.asarray(scores, float).tolist(),
                    "cpu_s": fitted or time.process_time() - started,
                }
            except Exception as error:  # what a peer cannot do is a result, too
                answers[name] = {"error": f"{type(error).__name__}: {error!s:.100}"}
        (folder / place.name.replace("training.parquet", "json")).write_text(json.dumps(answers))
    print(", ".join(f"{name} {version(name)}" for name in ("pyod", "river")))


def _numbers(training: pd.DataFrame, live: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    sides = []
    for table in (training, live):
        columns = []
        for name in training:
            if training[name].dtype == object:
                columns.append(table[name].map(training[name].value_counts(normalize=True)).fillna(0).to_numpy())
            else:
                columns.append(table[name].to_numpy(float))
        sides.append(np.column_stack(columns))
    return sides[0], sides[1]


def _pyod(module: str, name: str) -> Any:  # noqa: ANN401 - a function
    def score(training: np.ndarray, live: np.ndarray) -> tuple[np.ndarray, float]:
        kind = getattr(__import__(f"pyod.models.{module}", fromlist=[name]), name)
        detector = kind()
        detector.fit(training)
        started = time.process_time()
        return detector.decision_function(live), time.process_time() - started

    return score


def _half_space_trees(training: np.ndarray, live: np.ndarray) -> tuple[list[float], float]:
    from river import anomaly  # type: ignore[import-not-found]

    low, high = training.min(axis=0), training.max(axis=0)
    width = np.where(high > low, high - low, 1)
    trees = anomaly.HalfSpaceTrees(seed=1)
    for row in np.clip((training - low) / width, 0, 1).tolist():
        trees.learn_one(dict(enumerate(row)))
    started = time.process_time()
    scores = [trees.score_one(dict(enumerate(row))) for row in np.clip((live - low) / width, 0, 1).tolist()]
    return scores, time.process_time() - started


_DETECTORS = {
    "PyOD HBOS": _pyod("hbos", "HBOS"),
    "PyOD ECOD": _pyod("ecod", "ECOD"),
    "PyOD COPOD": _pyod("copod", "COPOD"),
    "PyOD IForest": _pyod("iforest", "IForest"),
    "river HalfSpaceTrees": _half_space_trees,
}

if __name__ == "__main__":
    main()
