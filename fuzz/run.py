"""Fuzz everything for a while: ``python -m fuzz.run``; the exit status is 1 where something failed.

Each reader of bytes gets as much of the time as any other, the receiver twice as much. What the readers' fuzzing finds
new ways with is kept in ``build/fuzz/corpus`` and begun with the next time.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from fuzz.receiver import Found, fuzz_receiver
from fuzz.targets import TARGETS
from tests.support.source import ROOT

__all__ = ["Outcome", "main", "outcome_of"]

_FOLDER = ROOT / "build" / "fuzz"
_STATUS = re.compile(r"^#\d+\s+\w+\s+cov: (\d+) ft: (\d+)", re.M)
_EXECUTED = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.M)
_LAST = re.compile(r"^#(\d+)\s", re.M)
_WRITTEN = re.compile(r"Test unit written to (\S+)")
_SHARE_OF_RECEIVER = 2


class Outcome(NamedTuple):
    """What the fuzzing of one target came to."""

    executions: int
    edges: int
    features: int
    written: tuple[str, ...]
    """The inputs that failed, as files."""


def main() -> None:
    """Fuzz what the command line asks for, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for all of it")
    parser.add_argument(*("--only",), choices=(*TARGETS, "receiver"), action="append", help="may be repeated")
    args = parser.parse_args()
    wanted = args.only or [*TARGETS, "receiver"]
    shares = len(wanted) + ("receiver" in wanted) * (_SHARE_OF_RECEIVER - 1)
    each = max(1, args.seconds // shares)
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    table = Table(title=f"{args.seconds} s of fuzzing", title_justify="left")
    for heading in ("target", "executions", "edges", "features", "crashes"):
        table.add_column(heading, justify="left" if heading == "target" else "right")
    failures: list[str] = []
    for name in (name for name in wanted if name != "receiver"):
        print(f"fuzz: {name} for {each} s", file=sys.stderr, flush=True)
        found = _fuzz(name, each)
        counts = (found.executions, found.edges, found.features, len(found.written))
        table.add_row(name, *(f"{count:,}" for count in counts))
        failures += [f"python -m fuzz.one {name} {file}" for file in found.written]
    if "receiver" in wanted:
        print("fuzz: receiver", file=sys.stderr, flush=True)
        answers = fuzz_receiver(each * _SHARE_OF_RECEIVER, _FOLDER)
        failures += answers.failures
        table.add_row("receiver", f"{answers.statuses.total():,}", "", "", str(len(answers.failures)))
        console.print(_answered(answers))
    console.print(table)
    for failure in failures:
        console.print(f"failed: {failure}", markup=False, soft_wrap=True)
    sys.exit(1 if failures else 0)


def outcome_of(name: str, said: str, status: int) -> Outcome:
    r"""Read what libFuzzer said, and where it put the input that failed.

    Examples
    --------
    >>> said = "#9\tDONE   cov: 518 ft: 1595 corp: 3/17Kb\nstat::number_of_executed_units: 8278\n"
    >>> outcome_of("body", said, 0)
    Outcome(executions=8278, edges=518, features=1595, written=())
    """
    covered = _STATUS.findall(said)
    edges, features = covered[-1] if covered else ("0", "0")
    executed = _EXECUTED.findall(said) or _LAST.findall(said) or ["0"]
    written = tuple(_WRITTEN.findall(said))
    if status and not written:
        written = (f"(none written: see {_FOLDER / name}.log)",)
    return Outcome(int(executed[-1]), int(edges), int(features), written)


def _fuzz(name: str, seconds: int) -> Outcome:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.one", name, "--seconds", str(seconds), "--folder", str(_FOLDER)],
        capture_output=True,
        cwd=ROOT,
        timeout=seconds + 300,
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    Path(_FOLDER / f"{name}.log").write_text(said)
    return outcome_of(name, said, done.returncode)


def _answered(found: Found) -> str:
    counts = ", ".join(f"{count:,} of {status}" for status, count in sorted(found.statuses.items()))
    return f"the receiver's answers: {counts}; {found.kept:,} events in its spool\n"


if __name__ == "__main__":
    main()
