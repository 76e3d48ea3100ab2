"""How soon a model that got worse is found, and how often one that did not: ``make bench-concept``.

Streams of right and wrong answers, 15 % wrong, of which more are wrong from a row on, in windows of 100 rows. The tests
are those of ``sparkmon labels``, with one false alarm in 100,000 rows allowed and held-out rows of their own for each
run. A delay is that to the end of the window which alarms; other detectors take row by row, by their defaults, the
first 20 streams of each kind. ``reference_free`` has those of the streams without a change, too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from scipy.stats import chi2

from bench.environment import BUILD, environment, last_line
from bench.machine import machine
from sparkmon.performance import ClassOutcomes, ConceptTests, Losses, Segment, adaptive_change

_BEFORE, _WINDOW, _HELD_OUT, _AFTER = 0.15, 100, 20_000, 10_000
_ROWS_PER_FALSE_ALARM = 100_000
_WEEK_S = 7 * 86_400

Rates: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Rows since the change to the share of wrong ones."""

Alarms: TypeAlias = dict[str, dict[str, list[list[int]]]]
"""By detector and change, the rows of each stream at which it alarms."""
_SEEN, _QUIET = 2_000, "without a change"
_QUIET_ROWS, _SOME = 100_000, 20
"""Rows of a stream without a change, and how many streams those get that take row by row, or all windows before."""
_PEERS = {"river": ["river==0.26.1"], "frouros": ["frouros==0.9.0"]}

CHANGES: dict[str, Rates] = {
    "to .20 at once": lambda rows: np.full(rows.shape, 0.20),
    "to .25 at once": lambda rows: np.full(rows.shape, 0.25),
    "to .40 at once": lambda rows: np.full(rows.shape, 0.40),
    "to .30 over 5,000 rows": lambda rows: np.interp(rows, [0, 5_000], [_BEFORE, 0.30]),
}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.concept.run", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="streams of each change")
    parser.add_argument("--quiet-rows", type=int, default=20_000_000, help="rows without a change")
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="next to river and frouros"
    )
    chosen = parser.parse_args()
    print(machine())
    streams = {name: np.stack([_changed(rates, run) for run in range(chosen.runs)]) for name, rates in CHANGES.items()}
    streams[_QUIET] = np.stack([_quiet(run, _QUIET_ROWS) for run in range(chosen.quiet_rows // _QUIET_ROWS)])
    alarms: Alarms = {
        "sparkmon": {
            name: [_alarms(_losses(run), row) for run, row in enumerate(rows)] for name, rows in streams.items()
        },
        "sparkmon reference_free": {
            name: [_adaptive(row) for row in (rows[:_SOME] if name == _QUIET else rows)]
            for name, rows in streams.items()
        },
    }
    notes = [_ask(name, needs, streams, alarms) for name, needs in _PEERS.items()] if chosen.peers else []
    print(f"| detector | {' | '.join(CHANGES)} | false alarms per 10,000 rows |\n|{'---|' * (len(CHANGES) + 2)}")
    for detector, own in alarms.items():
        cells = [_cell(own[name]) for name in CHANGES]
        print(f"| {detector} | {' | '.join(cells)} | {_false_alarms(own[_QUIET])} |")
    print("\nIn a cell: how many streams alarm after the change, the median delay in rows, and that of nine in ten.")
    print("Of false alarms: with the 95 % confidence interval of a Poisson rate.")
    print("\n".join(notes))


def _cell(alarms: list[list[int]]) -> str:
    """Return how many streams alarm after the change, and how late."""
    delays = [min(late) - _SEEN for each in alarms if (late := [place for place in each if place >= _SEEN])]
    if not delays:
        return f"0 of {len(alarms)}"
    return f"{len(delays)} of {len(alarms)}; {int(statistics.median(delays)):,}; {int(np.quantile(delays, 0.9)):,}"


def _false_alarms(alarms: list[list[int]]) -> str:
    """Return how many alarms there are in 10,000 rows."""
    count, rows = sum(map(len, alarms)), len(alarms) * _QUIET_ROWS
    low, high = (chi2.ppf(p, 2 * n) / 2 if n else 0.0 for p, n in ((0.025, count), (0.975, count + 1)))
    value, low, high = (each / rows * 10_000 for each in (count, low, high))
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _ask(name: str, needs: Sequence[str], streams: Mapping[str, np.ndarray], alarms: Alarms) -> str:
    """Add the alarms of a peer's detectors; return its version, or why it is not there."""
    python, reason = environment(name, needs, lambda text: print(text, file=sys.stderr))
    if python is None:
        return f"{name} is not there: {reason}"
    with tempfile.TemporaryDirectory() as folder:
        for stem, rows in streams.items():
            np.save(Path(folder) / f"{stem}.npy", rows[:_SOME])
        script = Path(__file__).with_name("with_peers.py")
        done = subprocess.run([python, script, name, folder], capture_output=True, text=True, check=False, cwd=BUILD)
        if done.returncode:
            return f"{name} failed: {last_line(done.stderr)}"
        alarms |= json.loads((Path(folder) / f"{name}.json").read_text())
    return done.stdout.strip()


def _losses(run: int) -> Losses:
    """Draw held-out rows."""
    wrong = (np.random.default_rng([run, 1]).random(_HELD_OUT) < _BEFORE).astype(np.int64)
    return Losses.of(ClassOutcomes.of_labels(wrong, np.zeros(_HELD_OUT, np.int64), None, 2))


def _quiet(run: int, rows: int) -> np.ndarray:
    return (np.random.default_rng([run, 2]).random(rows) < _BEFORE).astype(float)


def _changed(rates: Rates, run: int) -> np.ndarray:
    """Return a stream that changes after 2,000 rows."""
    wrong = np.random.default_rng([run, 3]).random(_SEEN + _AFTER)
    share = np.concatenate([np.full(_SEEN, _BEFORE), rates(np.arange(_AFTER))])
    return (wrong < share).astype(float)


def _alarms(losses: Losses, wrong: np.ndarray) -> list[int]:
    """Judge windows of a stream as ``sparkmon labels`` does; after an alarm the sum begins anew."""
    tests, alarms = _tests(), []
    limit, total = losses.limit(tests.windows * _WINDOW), 0.0
    for start in range(0, len(wrong) - _WINDOW + 1, _WINDOW):
        window = wrong[start : start + _WINDOW]
        part, mean = losses.part(window), float(window.mean())
        is_high = tests.strength(losses, mean, _WINDOW) > tests.z_limit and losses.is_relevant(mean)
        is_alarm = is_high or part.peak(total) > limit
        total = 0.0 if is_alarm else part.after(total)
        if is_alarm:
            alarms.append(start + _WINDOW)
    return alarms


def _adaptive(wrong: np.ndarray) -> list[int]:
    """Judge windows next to those before, up to 100 of them; after an alarm the past begins anew."""
    delta, alarms = 1 / _tests().windows, []
    past: list[Segment] = []
    for start in range(0, len(wrong) - _WINDOW + 1, _WINDOW):
        past = [*past[-100:], Segment(_WINDOW, float(wrong[start : start + _WINDOW].sum()))]
        if adaptive_change(past, delta).strength > 1:
            alarms.append(start + _WINDOW)
            past = []
    return alarms


def _tests() -> ConceptTests:
    return ConceptTests(_WEEK_S * _WINDOW / _ROWS_PER_FALSE_ALARM, 1.0)


if __name__ == "__main__":
    main()
