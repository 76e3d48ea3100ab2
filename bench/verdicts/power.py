"""How surely a slight shift of one column makes an alert, and how often one that is not there does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.verdicts.case import BLOCK, Case
from bench.verdicts.with_sparkmon import profiles_of, reference_of
from sparkmon.comparison import Checks, Judge

__all__ = ["SHIFTS", "Power", "Shift", "measure_power"]


@dataclass(frozen=True)
class Shift:
    """Columns of N(0, 1), of which the first shifts after some windows."""

    sd: float
    columns: int
    rows: int
    """Rows of a window."""
    blocks: int
    """Blocks of the reference, as long as the windows."""
    quiet: int
    """Windows before the shift."""
    within: int
    """Windows of the shift."""
    runs: int

    def __str__(self) -> str:
        return f"{self.sd:g} sd in one of {self.columns} columns, {self.rows:,} rows to a window"


SHIFTS = (
    Shift(0.2, columns=20, rows=5_000, blocks=30, quiet=5, within=3, runs=40),
    Shift(0.1, columns=10, rows=500, blocks=672, quiet=24, within=48, runs=20),
    Shift(0.2, columns=10, rows=500, blocks=672, quiet=24, within=3, runs=20),
    Shift(3.0, columns=1, rows=20, blocks=672, quiet=40, within=2, runs=20),
)


@dataclass(frozen=True)
class Power:
    """What came of a number of runs."""

    shift: Shift
    detected: int
    """Runs whose shifted column made an alert in time."""
    false_alarms: int
    """Windows before the shift in which any column made an alert."""

    def __str__(self) -> str:
        quiet = self.shift.runs * self.shift.quiet
        return (
            f"a shift of {self.shift} makes an alert within {self.shift.within} windows in {self.detected} of "
            f"{self.shift.runs} runs; of {quiet:,} windows without a shift, {self.false_alarms} alarmed"
        )


def measure_power(say: Callable[[str], None], shifts: tuple[Shift, ...] = SHIFTS) -> list[Power]:
    """Watch models of which one column shifts; the reference is one for all runs, as in production."""
    powers = []
    for shift in shifts:
        say(f"watching {shift.runs} models: {shift}")
        powers.append(_measure(shift))
    return powers


def _measure(shift: Shift) -> Power:
    known = _case(np.random.default_rng(1), shift.blocks, shift)
    judge = Judge(reference_of(known), Checks(), step_s=3_600, lengths=["1 hour"])
    detected = false_alarms = 0
    for run in range(shift.runs):
        live = _case(np.random.default_rng([2, run]), shift.quiet + shift.within, shift).current
        live.loc[live[BLOCK] >= shift.quiet, "x0"] += shift.sd
        findings = judge.findings(profiles_of(live, known))
        confirmed = findings.filter(findings["confirmed"])
        alerts = {
            (int(row["window_start"].timestamp()) // 3_600, row["column_name"])
            for row in confirmed.select(["window_start", "column_name"]).to_pylist()
        }
        detected += any(at >= shift.quiet and name == "x0" for at, name in alerts)
        false_alarms += len({at for at, _ in alerts if at < shift.quiet})
    return Power(shift, detected, false_alarms)


def _case(random: np.random.Generator, windows: int, shift: Shift) -> Case:
    values: npt.NDArray[np.float64] = random.normal(size=(windows * shift.rows, shift.columns))
    table = pd.DataFrame(values, columns=[f"x{place}" for place in range(shift.columns)])
    table[BLOCK] = np.repeat(np.arange(windows), shift.rows)
    return Case("power", table, table, window_s=3_600)
