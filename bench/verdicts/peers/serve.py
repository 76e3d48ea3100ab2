"""The way of every peer: cases in, verdicts out, and what failed by name."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from bench.verdicts.case import BLOCK, Verdicts

__all__ = ["Judge", "each_window", "serve"]

Judge = Callable[[pd.DataFrame, pd.DataFrame, dict[str, str]], Verdicts]
"""Reference and current, both with their blocks, and each column's kind, to verdicts."""


def serve(package: str, judge: Judge) -> None:
    """Judge the cases in the folders that the command line names after the file to write the answer to."""
    answer, *folders = map(Path, sys.argv[1:])
    told: dict[str, object] = {}
    for folder in folders:
        sides = [pd.read_parquet(folder / f"{side}.parquet") for side in ("reference", "current")]
        kinds = json.loads((folder / "kinds.json").read_text())
        began = time.perf_counter()
        try:
            verdicts = judge(sides[0], sides[1], kinds)
            told[folder.name] = {"seconds": time.perf_counter() - began, "verdicts": verdicts}
        except Exception as error:  # whatever a peer raises is told in the table; the other cases go on
            told[folder.name] = {"error": f"{type(error).__name__}: {error}"}
    answer.write_text(json.dumps({"version": version(package), "cases": told}))


def each_window(
    columns: list[str], current: pd.DataFrame, judge: Callable[[pd.DataFrame], dict[str, bool | None]]
) -> Verdicts:
    """Judge window by window, by one that takes the columns of a window and knows the reference."""
    verdicts: Verdicts = {name: [] for name in columns}
    for _, window in current.groupby(BLOCK, sort=True):
        found = judge(window[columns].reset_index(drop=True))
        for name in columns:
            verdicts[name].append(found.get(name))
    return verdicts
