"""How far estimated performance is from what labels say, chunk by chunk: ``make bench-estimates``.

The reference's rows are those of NannyML's sets; a figure is the mean absolute error over the chunks after them.
``sparkmon`` is CBPE or DLE. ``sampling`` is what a chunk varies by itself: no estimate can be expected to be nearer.
The last column counts the chunks that labels say the assumption of the estimate broke in.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.cells import cells_of
from bench.environment import BUILD, environment, last_line
from bench.estimates.sets import NANNYML, SETS, EstimateSet
from bench.machine import machine
from sparkmon.performance import (
    BROKEN,
    Answered,
    ClassifierEstimator,
    Measured,
    Performance,
    Validation,
    class_names,
    losses_of,
)
from sparkmon.protocol import Cells
from sparkmon.records import Feature

_NEEDS = (f"nannyml=={NANNYML}", "statsmodels", "pyarrow", "setuptools<81")


def main() -> None:
    """Measure the sets that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench.estimates.run", description=__doc__)
    parser.add_argument("--sets", metavar="NAME,...", default=",".join(SETS), help=f"of {', '.join(SETS)}")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True, help="next to NannyML")
    chosen = parser.parse_args()
    print(machine())
    sets = {name: SETS[name] for name in chosen.sets.split(",")}
    answers, version = _ask_nannyml(sets) if chosen.peers else ({}, "without NannyML")
    heads = ("set", "metric", "sparkmon", "pape", "NannyML", "no estimate", "sampling", "broken assumption")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for name, each in sets.items():
        for row in _rows(name, each, answers.get(name, {})):
            print(f"| {' | '.join(row)} |")
    print(f"\n{version}")


def _rows(name: str, each: EstimateSet, answers: dict[str, list[float]]) -> list[list[str]]:
    reference, live = each.reference(), each.live()
    validation, names = _fitted(each, reference), _metrics(each)
    pape = _fitted(each, reference, "pape") if each.scores else None
    adapted: dict[str, list[float]] = {metric: [] for metric in names}
    truths: dict[str, list[float]] = {metric: [] for metric in names}
    estimates: dict[str, list[float]] = {metric: [] for metric in names}
    noises, broken = [], 0
    for start in range(0, len(live) - each.chunk + 1, each.chunk):
        chunk = live.iloc[start : start + each.chunk]
        features, predictions = cells_of(chunk[each.features]), cells_of(chunk[_answers(each)])
        answered = validation.answers.read(predictions)
        estimated = _estimated(validation, features, answered)
        adaptive = {} if pape is None else _estimated(pape, features, answered)
        outcomes, _ = validation.answers.outcomes(answered, _labels(chunk, each))
        true = _by_name([*Performance.of(outcomes).metrics()])
        for metric in names:
            truths[metric].append(true[metric])
            estimates[metric].append(estimated[metric])
            adapted[metric].append(adaptive.get(metric, np.nan))
        losses = losses_of(outcomes)
        gap = abs(true[names[0]] - estimated[names[0]])
        broken += validation.losses.distance(gap, len(losses)) > BROKEN
        noises.append(losses.std() / len(losses) ** 0.5 * (2 / np.pi) ** 0.5)
    rows = []
    for metric in names:
        of_metric = np.array(truths[metric])
        peer = np.array(answers.get(metric, [])[: len(of_metric)])
        cells = [
            f"{np.abs(of_metric - np.array(estimates[metric])).mean():.4f}",
            f"{np.abs(of_metric - np.array(adapted[metric])).mean():.4f}" if pape is not None else "",
            f"{np.abs(of_metric - peer).mean():.4f}" if peer.size else "",
            f"{np.abs(of_metric - validation.metrics[metric, None]).mean():.4f}",
        ]
        first = metric == names[0]
        rows.append(
            [
                name,
                metric,
                *cells,
                f"{np.mean(noises):.4f}" if first else "",
                f"{broken} of {len(noises)}" if first else "",
            ]
        )
    return rows


def _metrics(each: EstimateSet) -> list[str]:
    return ["accuracy_score", "roc_auc_score"] if each.scores else ["mean_absolute_error"]


def _answers(each: EstimateSet) -> list[str]:
    return [*each.scores, each.predicted]


def _labels(rows: pd.DataFrame, each: EstimateSet) -> Any:  # noqa: ANN401 - an Arrow array
    return class_names(pa.array(rows[each.label]))


def _estimated(validation: Validation, features: Cells, answered: Answered) -> dict[str, float]:
    expected = validation.expected(features, answered)
    assert expected is not None
    return _by_name([*validation.estimates(Performance.of(expected))])


def _fitted(each: EstimateSet, rows: pd.DataFrame, estimator: ClassifierEstimator = "cbpe") -> Validation:
    kinds = {name: "categorical" if rows[name].dtype == object else "numeric" for name in each.features}
    features = [Feature(name, kind) for name, kind in kinds.items()]  # type: ignore[arg-type]
    parts = cells_of(rows[each.features]), cells_of(rows[_answers(each)])
    return Validation.fit(features, *parts, labels=_labels(rows, each), label=each.label, estimator=estimator)


def _by_name(metrics: list[Measured]) -> dict[str, float]:
    return {each.metric: each.value for each in metrics if each.place is None}


def _ask_nannyml(sets: dict[str, EstimateSet]) -> tuple[dict[str, dict[str, list[float]]], str]:
    python, failure = environment("nannyml", _NEEDS, lambda text: print(text, file=sys.stderr))
    if python is None:
        return {}, f"NannyML is left out: {failure}"
    with tempfile.TemporaryDirectory(prefix="sparkmon-estimates-") as place:
        folder = Path(place)
        for name, each in sets.items():
            for part, table in (("reference", each.reference()), ("live", each.live())):
                table.to_parquet(folder / f"{name}.{part}.parquet", index=False)
            by_class = {column.removeprefix("y_pred_proba_"): column for column in each.scores}
            options = {"label": each.label, "predicted": each.predicted, "scores": each.scores, "chunk": each.chunk}
            options |= {"by_class": by_class, "features": each.features}
            (folder / f"{name}.json").write_text(json.dumps(options))
        command = [str(python), "-W", "ignore", "-m", "bench.estimates.with_nannyml", str(folder)]
        answer = subprocess.run(command, cwd=BUILD.parent, capture_output=True, text=True, check=False)
        if answer.returncode:
            return {}, f"NannyML is left out: {last_line(answer.stderr)}"
        return json.loads((folder / "answer").read_text()), f"{last_line(answer.stdout)}."


if __name__ == "__main__":
    main()
