"""alibi-detect: ``TabularDrift`` at its default, 0.05 among all columns by Bonferroni; rows with nulls left out."""

from __future__ import annotations

import pandas as pd
from alibi_detect.cd import TabularDrift  # type: ignore[import-not-found]

from bench.verdicts.case import Verdicts
from bench.verdicts.peers.serve import each_window, serve


def judge(reference: pd.DataFrame, current: pd.DataFrame, kinds: dict[str, str]) -> Verdicts:
    columns = list(kinds)
    levels = {index: None for index, name in enumerate(columns) if kinds[name] == "categorical"}
    detector = TabularDrift(reference[columns].dropna().to_numpy(), p_val=0.05, categories_per_feature=levels or None)

    def drifted(window: pd.DataFrame) -> dict[str, bool | None]:
        told = detector.predict(window.dropna().to_numpy())["data"]
        return {name: bool(p < told["threshold"]) for name, p in zip(columns, told["p_val"], strict=True)}

    return each_window(columns, current, drifted)


if __name__ == "__main__":
    serve("alibi-detect", judge)
