"""How well outliers are found: AUC, average precision, cost and false flags; ``make bench-outliers``.

The detectors are fitted to training rows that have no outliers, and score live rows whose outliers are known. False
flags are those of live rows that are none, at the rate of 0.001.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from bench.cells import cells_of
from bench.environment import BUILD, environment, last_line
from bench.machine import machine
from bench.outliers.sets import SETS, Case
from sparkmon.detectors import DEFAULT_DETECTORS, OutlierModel
from sparkmon.records import Feature

_RATE = 0.001
_NEEDS = ("pyod>=2", "river==0.26.1", "pandas<3", "pyarrow", "scikit-learn")
_HEADS = ("detector", "AUC", "AP", "rows per CPU-second", "false flags")


@dataclass(frozen=True)
class Figures:
    """What a detector did on one set."""

    detector: str
    auc: float
    precision: float
    rows_per_s: float
    false_flags: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the row of a table."""
        return self.detector, f"{self.auc:.3f}", f"{self.precision:.3f}", f"{self.rows_per_s:,.0f}", self.false_flags


def main() -> None:
    """Measure the sets that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench.outliers.run", description=__doc__)
    parser.add_argument("--sets", metavar="NAME,...", default=",".join(SETS), help=f"of {', '.join(SETS)}")
    parser.add_argument("--seed", type=int, default=0, help="draw the rows anew")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="beside PyOD and river")
    chosen = parser.parse_args()
    print(machine())
    cases = [SETS[name](chosen.seed) for name in chosen.sets.split(",")]
    answers, versions = _ask_peers(cases) if chosen.peers else ({}, "without peers")
    lines = []
    for case in cases:
        lines += _table(case, [*_of_sparkmon(case), *_of_peers(case, answers.get(case.name, {}))])
    lines.append(versions)
    print("\n".join(lines))


def _of_sparkmon(case: Case) -> Iterator[Figures]:
    """Measure each detector by itself, and the p-values of the default ones together."""
    features = [
        Feature(str(name), "categorical" if case.training[name].dtype == object else "numeric")
        for name in case.training
    ]
    training, live = cells_of(case.training), cells_of(case.live)
    half = len(training) // (3 if len(training) > 1_000 else 2)
    parts = training.take(np.arange(half)), training.take(np.arange(half, len(training)))
    model = OutlierModel.fit(features, *parts, [*DEFAULT_DETECTORS, "isolation_forest"])
    rows = model.columns.read(live)
    for detector in model.detectors:
        started = time.process_time()
        scores = detector.score(rows)
        yield _figures(f"sparkmon {detector.name}", case, scores, time.process_time() - started)
    together = OutlierModel.fit(features, *parts)
    started = time.process_time()
    found = together.scores(together.columns.read(live))
    spent = time.process_time() - started
    flagged = int((found.p_values[~case.is_outlier] <= max(_RATE, together.least_p)).sum())
    usual = int((~case.is_outlier).sum())
    flags = f"{flagged} of {usual:,} at {max(_RATE, together.least_p):.2g}"
    order = np.lexsort((found.excess.mean(axis=0), -found.p_values)).argsort()
    yield _figures("**sparkmon together**", case, order, spent, flags)


def _of_peers(case: Case, answers: dict[str, Any]) -> Iterator[Figures]:
    for name, answer in answers.items():
        if "error" in answer:
            print(f"{name} on {case.name}: {answer['error']}", file=sys.stderr)
        else:
            yield _figures(name, case, np.array(answer["scores"]), answer["cpu_s"])


def _figures(name: str, case: Case, scores: Any, cpu_s: float, flags: str = "") -> Figures:  # noqa: ANN401 - an array
    auc = float(roc_auc_score(case.is_outlier, scores))
    precision = float(average_precision_score(case.is_outlier, scores))
    return Figures(name, auc, precision, len(case.live) / max(cpu_s, 1e-6), flags)


def _ask_peers(cases: Sequence[Case]) -> tuple[dict[str, dict[str, Any]], str]:
    python, failure = environment("outliers", _NEEDS, lambda text: print(text, file=sys.stderr))
    if python is None:
        return {}, f"PyOD and river are left out: {failure}"
    with tempfile.TemporaryDirectory(prefix="sparkmon-outliers-") as name:
        folder = Path(name)
        for place, case in enumerate(cases):
            case.training.to_parquet(folder / f"{place}.training.parquet", index=False)
            case.live.to_parquet(folder / f"{place}.live.parquet", index=False)
        command = [str(python), "-W", "ignore", "-m", "bench.outliers.peers", str(folder)]
        done = subprocess.run(command, cwd=BUILD.parent, capture_output=True, text=True, check=False)
        if done.returncode:
            return {}, f"PyOD and river are left out: {last_line(done.stderr)}"
        answers = {case.name: json.loads((folder / f"{place}.json").read_text()) for place, case in enumerate(cases)}
    return answers, f"Beside sparkmon: {last_line(done.stdout)}."


def _table(case: Case, rows: Sequence[Figures]) -> list[str]:
    rows_of = f"{len(case.training):,} training rows, {case.is_outlier.sum():,} outliers in {len(case.live):,}"
    head = f"**{case.name}**: {rows_of}"
    lines = [head, "", f"| {' | '.join(_HEADS)} |", "|---|" + "---|" * (len(_HEADS) - 1)]
    return [*lines, *(f"| {' | '.join(row.cells())} |" for row in rows), ""]


if __name__ == "__main__":
    main()
