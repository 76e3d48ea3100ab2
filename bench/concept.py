"""How soon a model that got worse is found, and how often one that did not: ``make bench-concept``.

Streams of right and wrong answers, 15 % wrong, of which more are wrong from a row on, in windows of 100 rows. The tests
are those of ``sparkmon labels``, with one false alarm in 100,000 rows allowed and held-out rows of their own for each
run. A delay is that to the end of the window which alarms.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from bench.machine import machine
from sparkmon.performance import ClassOutcomes, ConceptTests, Losses

_BEFORE, _WINDOW, _HELD_OUT, _AFTER = 0.15, 100, 20_000, 10_000
_ROWS_PER_FALSE_ALARM = 100_000
_WEEK_S = 7 * 86_400

Rates: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Rows since the change to the share of wrong ones."""

CHANGES: dict[str, Rates] = {
    "to .20 at once": lambda rows: np.full(rows.shape, 0.20),
    "to .25 at once": lambda rows: np.full(rows.shape, 0.25),
    "to .40 at once": lambda rows: np.full(rows.shape, 0.40),
    "to .30 over 5,000 rows": lambda rows: np.interp(rows, [0, 5_000], [_BEFORE, 0.30]),
}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.concept", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="streams of each change")
    parser.add_argument("--quiet-rows", type=int, default=2_000_000, help="rows without a change")
    chosen = parser.parse_args()
    print(machine())
    print("| change of 15 % wrong rows | found | median delay in rows | 90 % within |\n|---|---|---|---|")
    for name, rates in CHANGES.items():
        delays = [delay for run in range(chosen.runs) if (delay := _delay(rates, run)) is not None]
        tenth = int(np.quantile(delays, 0.9)) if delays else 0
        print(f"| {name} | {len(delays)} of {chosen.runs} | {int(statistics.median(delays or [0]))} | {tenth:,} |")
    rows = chosen.quiet_rows // 20
    alarms = sum(sum(_alarms(_losses(run), _quiet(run, rows))) for run in range(20))
    print(f"\n{alarms} false alarms in {20 * rows:,} rows: {alarms / (2 * rows) * 1_000:.3f} per 10,000")


def _losses(run: int) -> Losses:
    """Draw held-out rows."""
    wrong = (np.random.default_rng([run, 1]).random(_HELD_OUT) < _BEFORE).astype(np.int64)
    return Losses.of(ClassOutcomes.of_labels(wrong, np.zeros(_HELD_OUT, np.int64), None, 2))


def _quiet(run: int, rows: int) -> np.ndarray:
    return (np.random.default_rng([run, 2]).random(rows) < _BEFORE).astype(float)


def _delay(rates: Rates, run: int) -> int | None:
    """Return the rows from the change to the alarm; the sum over windows has seen 2,000 rows before."""
    wrong = np.random.default_rng([run, 3]).random(2_000 + _AFTER)
    share = np.concatenate([np.full(2_000, _BEFORE), rates(np.arange(_AFTER))])
    for place, is_alarm in enumerate(_alarms(_losses(run), (wrong < share).astype(float))):
        delay = (place + 1) * _WINDOW - 2_000
        if is_alarm and delay > 0:
            return delay
    return None


def _alarms(losses: Losses, wrong: np.ndarray) -> Iterator[bool]:
    """Judge windows of a stream as ``sparkmon labels`` does; after an alarm the sum begins anew."""
    tests = ConceptTests(_WEEK_S * _WINDOW / _ROWS_PER_FALSE_ALARM, 1.0)
    limit, total = losses.limit(tests.windows * _WINDOW), 0.0
    for start in range(0, len(wrong) - _WINDOW + 1, _WINDOW):
        window = wrong[start : start + _WINDOW]
        part, mean = losses.part(window), float(window.mean())
        is_high = tests.strength(losses, mean, _WINDOW) > tests.z_limit and losses.is_relevant(mean)
        is_alarm = is_high or part.peak(total) > limit
        total = 0.0 if is_alarm else part.after(total)
        yield is_alarm


if __name__ == "__main__":
    main()
