"""What sparkmon costs on this machine, beside what else one might use; ``make bench``.

Figures go to standard output, progress to standard error. See ``bench/README.md`` for how to read them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from pyspark.sql import SparkSession
from rich.console import Console

from bench.commits import measure_commits
from bench.decoding import measure_decoding
from bench.judging import measure_judging
from bench.live import measure_live
from bench.machine import machine
from bench.meter import Meter
from bench.pane_building import measure_panes
from bench.payloads import measure_payloads
from bench.receiver import measure_receiver
from bench.report import as_json, print_section
from bench.rounds import Rounds
from bench.section import Section
from bench.serving import measure_serving
from bench.tables import measure_tables
from sparkmon.cli.spark import LONG, open_session

_ALONE: dict[str, Callable[[Path, Rounds, bool], Section]] = {
    "receiver": lambda folder, rounds, quick: measure_receiver(folder, rounds, 0.2 if quick else 2),
    "serving": lambda folder, rounds, quick: measure_serving(folder, rounds, 0.2 if quick else 3),
    "decoding": lambda _, rounds, quick: measure_decoding(rounds, 500 if quick else 50_000),
    "panes": lambda _, rounds, quick: measure_panes(rounds, 500 if quick else 50_000),
    "judging": lambda _, rounds, quick: measure_judging(rounds, quick=quick),
}
"""Sections that need no Spark; they run first, while no JVM is there."""

_IN_SPARK: dict[str, Callable[[SparkSession, Path, Rounds, bool], Section]] = {
    "payloads": lambda spark, folder, rounds, quick: measure_payloads(
        spark, folder, rounds, 1_000 if quick else 100_000
    ),
    "live": lambda spark, folder, rounds, quick: measure_live(
        spark, folder, rounds, 2 if quick else 15, 1.0 if quick else 60.0
    ),
    "commits": lambda spark, folder, rounds, quick: measure_commits(spark, folder, rounds, 1 if quick else 5),
    "tables": lambda spark, folder, rounds, quick: measure_tables(
        spark, folder, rounds, 20_000 if quick else 1_000_000, with_evidently=not quick
    ),
}
_WIDTH = 160
_SPARK = LONG | {"spark.driver.memory": "3g"}
_SPARK_QUICK = _SPARK | {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
"""Code that runs once is not worth optimising: a quarter less time."""


def main() -> None:
    """Measure what the command line asks for."""
    chosen = _arguments()
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    told = machine()
    console.print(told, soft_wrap=True)
    console.print()
    sections = []
    for section in _sections(chosen):
        print_section(console, section)
        sections.append(section)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(as_json(told, sections), indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--only", choices=[*_ALONE, *_IN_SPARK], action="append", help="this section; may be repeated")
    parser.add_argument("--quick", action="store_true", help="see that it runs: the figures mean nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def _sections(chosen: argparse.Namespace) -> Iterator[Section]:
    quick: bool = chosen.quick
    wanted = chosen.only or [*_ALONE, *_IN_SPARK]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sparkmon-bench-")))
        meter = stack.enter_context(Meter())
        rounds = Rounds(meter, runs=1 if quick else 5, warm_ups=0 if quick else 2, say=_say)
        for name, measure in _ALONE.items():
            if name in wanted:
                yield measure(folder, rounds, quick)
        if not _IN_SPARK.keys() & set(wanted):
            return
        spark = stack.enter_context(open_session(_SPARK_QUICK if quick else _SPARK))
        for name, measure_in_spark in _IN_SPARK.items():
            if name in wanted:
                yield measure_in_spark(spark, folder, rounds, quick)


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
