"""Rules that judge one column of one window at a time, applied to all of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from bench.verdicts.case import BLOCK, Case, Verdicts

__all__ = ["Rule", "judge_by_rule"]

Rule = Callable[["pd.Series[Any]"], "Callable[[pd.Series[Any]], bool | None]"]
"""Takes a column of the reference; gives what takes the column of a window and says alarm, none, or not judged."""


def judge_by_rule(rule: Rule, case: Case) -> Verdicts:
    """Judge every column of every window."""
    windows = [window for _, window in case.current.groupby(BLOCK, sort=True)]
    verdicts: Verdicts = {}
    for name in case.columns:
        alarms = rule(case.reference[name])
        verdicts[name] = [alarms(window[name]) for window in windows]
    return verdicts
