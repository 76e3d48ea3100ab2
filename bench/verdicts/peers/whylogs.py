"""whylogs: the default drift scores of two profiles; ``DRIFT`` alarms, ``POSSIBLE_DRIFT`` does not."""

from __future__ import annotations

import pandas as pd
import whylogs as why  # type: ignore[import-not-found]
from whylogs.viz.drift.column_drift_algorithms import (  # type: ignore[import-not-found]
    calculate_drift_scores,
)

from bench.verdicts.case import Verdicts
from bench.verdicts.peers.serve import each_window, serve


def judge(reference: pd.DataFrame, current: pd.DataFrame, kinds: dict[str, str]) -> Verdicts:
    known = why.log(pandas=reference[list(kinds)]).view()

    def drifted(window: pd.DataFrame) -> dict[str, bool | None]:
        scores = calculate_drift_scores(
            target_view=why.log(pandas=window).view(), reference_view=known, with_thresholds=True
        )
        return {name: None if score is None else score["drift_category"] == "DRIFT" for name, score in scores.items()}

    return each_window(list(kinds), current, drifted)


if __name__ == "__main__":
    serve("whylogs", judge)
