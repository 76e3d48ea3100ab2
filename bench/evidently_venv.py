"""Evidently in an environment of its own, for it asks for other versions than sparkmon does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.environment import environment, last_line
from bench.rounds import Result, Rounds

__all__ = ["measure_evidently"]

_PACKAGES = ("evidently", "pandas<3", "pyarrow")
"""Evidently 0.7 does not import with the pandas 3 that its own requirements admit."""
_LIMIT_S = 1800


def measure_evidently(paths: Sequence[Path], rounds: Rounds) -> tuple[list[Result], str]:
    """Run Evidently's DataDriftPreset once on two Parquet files, reference first; install it where it is not.

    Parameters
    ----------
    paths : sequence of Path
        The tables.
    rounds : Rounds
        To say what is going on.

    Returns
    -------
    results : list of Result
        One, or none where Evidently could not be installed or did not run.
    note : str
        Its version, or why it was left out.
    """
    python, failure = environment("evidently", _PACKAGES, rounds.say)
    if python is None:
        return [], f"Evidently is left out: it could not be installed: {failure}"
    rounds.say("run 1 of 1: Evidently (minutes)")
    command = [str(python), str(Path(__file__).with_name("evidently_drift.py")), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    if done.returncode:
        return [], f"Evidently is left out: it failed: {last_line(done.stderr)}"
    told = json.loads(done.stdout.splitlines()[-1])
    name = "Evidently: DataDriftPreset"
    result = Result(name, [told["rows"]], [told["cpu_s"]], [told["wall_s"]])
    return [result], (
        f"Evidently {told['version']} without its import and start, run once; "
        f"it calls {told['drifted']:.0f} of 20 columns drifted"
    )
