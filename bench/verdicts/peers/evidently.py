"""Evidently: the default drift report of each window against the reference."""

from __future__ import annotations

import pandas as pd
from evidently import Report  # type: ignore[import-not-found]
from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]

from bench.verdicts.case import Verdicts
from bench.verdicts.peers.serve import each_window, serve


def judge(reference: pd.DataFrame, current: pd.DataFrame, kinds: dict[str, str]) -> Verdicts:
    known = reference[list(kinds)]

    def drifted(window: pd.DataFrame) -> dict[str, bool | None]:
        report = Report([DataDriftPreset()]).run(current_data=window, reference_data=known)
        found: dict[str, bool | None] = {}
        for metric in report.dict()["metrics"]:
            told = metric["config"]
            if "method" in told:
                value, threshold = float(metric["value"]), float(told["threshold"])
                is_p = "p_value" in told["method"]
                found[told["column"]] = value < threshold if is_p else value >= threshold
        return found

    return each_window(list(kinds), current, drifted)


if __name__ == "__main__":
    serve("evidently", judge)
