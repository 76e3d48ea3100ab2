"""Whose verdicts hold: false alarms and detection delay of sparkmon and others; ``make bench-verdicts``.

Tables go to standard output, progress to standard error. See ``bench/verdicts/README.md`` for how to read them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.machine import machine
from bench.verdicts.ask_peer import PEERS
from bench.verdicts.case import Case, write_case
from bench.verdicts.markdown import promises_as_markdown, sets_as_markdown, summary_as_markdown, write_between
from bench.verdicts.power import measure_power
from bench.verdicts.promise import measure_promises
from bench.verdicts.score import Tally, total, weigh
from bench.verdicts.sets import SETS
from bench.verdicts.shapes import FAR
from bench.verdicts.systems import SYSTEMS, Answer, answers
from bench.verdicts.table import BEST, HEADINGS, VerdictTable
from sparkmon.errors import SparkmonError

_ROOT = Path(__file__).parents[2]
_README, _BENCHMARKS = _ROOT / "README.md", _ROOT / "docs" / "benchmarks.md"
_WIDTH = 160


def main() -> None:
    """Ask the systems that the command line names about its sets, and print who was right."""
    chosen = _arguments()
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    told = machine()
    console.print(told, soft_wrap=True)
    try:
        tables, parts, versions = _measure(chosen)
        summary = _summary("summary", "all sets together", tables)
        parts += _halves(tables)
        for table in (*tables, *parts, summary):
            _print(console, table)
        powers = measure_power(_say) if chosen.power else []
        promises = measure_promises(_say) if chosen.power else []
        for line in (*map(str, powers), *promises_as_markdown(promises)):
            console.print(line, soft_wrap=True)
        console.print(f"{BEST} the best value; {versions}", soft_wrap=True)
        if chosen.write_docs:
            write_between(_README, summary_as_markdown(summary))
            write_between(_BENCHMARKS, sets_as_markdown(summary, tables, powers, promises))
    except SparkmonError as error:
        raise SystemExit(f"bench: {error}") from error
    if chosen.json is not None:
        figures = {
            "machine": told,
            "versions": versions,
            "sets": {table.name: table.figures() for table in tables},
            "parts": [table.figures() for table in parts],
            "summary": summary.figures(),
            "power": [asdict(each) for each in powers],
            "promises": [asdict(each) for each in promises],
        }
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.verdicts.run", description=__doc__)
    parser.add_argument("--only", metavar="SYSTEM,...", help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--sets", metavar="NAME,...", help=f"of {', '.join(SETS)}")
    parser.add_argument("--seed", type=int, default=0, help="draw dependent, shapes and moderate anew")
    parser.add_argument("--quick", action="store_true", help="small sets that are here already, and no peers")
    parser.add_argument(
        "--power",
        action=argparse.BooleanOptionalAction,
        help="sparkmon on slight shifts, and what false_alarms_per_week promises; if all sets are asked for",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--write-docs", action="store_true", help="write README.md and docs/benchmarks.md")
    chosen = parser.parse_args()
    in_quick = [name for name, each in SETS.items() if each.in_quick]
    systems = [name for name in SYSTEMS if name not in PEERS or not chosen.quick]
    chosen.only = _named(parser, chosen.only, systems)
    chosen.sets = _named(parser, chosen.sets, in_quick if chosen.quick else list(SETS))
    if chosen.power is None:
        chosen.power = not chosen.quick and chosen.sets == list(SETS)
    if chosen.write_docs and (chosen.only != list(SYSTEMS) or chosen.sets != list(SETS)):
        parser.error("--write-docs needs all systems and all sets")
    return chosen


def _named(parser: argparse.ArgumentParser, text: str | None, known: list[str]) -> list[str]:
    names = known if text is None else text.split(",")
    for name in names:
        if name not in known:
            parser.error(f"there is no {name!r} here; expected of {', '.join(known)}")
    return [name for name in known if name in names]


def _measure(chosen: argparse.Namespace) -> tuple[list[VerdictTable], list[VerdictTable], str]:
    """Make the cases, ask everybody, and weigh what they said: of each set, and of parts of sets."""
    with tempfile.TemporaryDirectory(prefix="sparkmon-verdicts-") as folder:
        sets: dict[str, list[Case]] = {}
        cases: dict[Path, Case] = {}
        for name in chosen.sets:
            _say(f"making {name}")
            sets[name] = SETS[name].made(quick=chosen.quick, seed=chosen.seed)
            cases |= {write_case(case, Path(folder)): case for case in sets[name]}
        answered = dict(answers(chosen.only, cases, _say))
    found = {name: answered[name] for name in chosen.only}
    tables = [
        VerdictTable(
            name,
            SETS[name].title,
            {SYSTEMS[system]: _weighed(answer, of_set) for system, answer in found.items()},
            {
                SYSTEMS[system]: sum(answer.seconds.get(case.name, 0.0) for case in of_set)
                for system, answer in found.items()
            },
        )
        for name, of_set in sets.items()
    ]
    parts: list[VerdictTable] = []
    if "shapes" in sets:
        far = {SYSTEMS[system]: _weighed(answer, sets["shapes"], FAR) for system, answer in found.items()}
        seconds = dict.fromkeys(far, 0.0)
        parts.append(VerdictTable("far rows", f"of the shapes, {', '.join(FAR)}", far, seconds))
    versions = ", ".join(f"{SYSTEMS[system]} {answer.version}" for system, answer in found.items() if answer.version)
    return tables, parts, versions


def _weighed(answer: Answer, cases: Iterable[Case], columns: Sequence[str] = ()) -> Tally | str:
    """Weigh what was said of cases, or of some of their columns."""
    of_set = list(cases)
    for case in of_set:
        if case.name in answer.errors:
            return answer.errors[case.name]
    return total(
        weigh(case, {name: each for name, each in answer.verdicts[case.name].items() if not columns or name in columns})
        for case in of_set
    )


def _halves(tables: list[VerdictTable]) -> list[VerdictTable]:
    """Add up the sets that the rule's parameters were chosen on, and the others."""
    halves = [[table for table in tables if SETS[table.name].is_chosen is is_chosen] for is_chosen in (True, False)]
    titles = ("the sets that parameters were chosen on", "the sets that nothing was chosen on")
    return [_summary("half", title, half) for title, half in zip(titles, halves, strict=True) if half]


def _summary(name: str, title: str, tables: list[VerdictTable]) -> VerdictTable:
    """Add up sets; who failed on one has no sum, for it would not be of the same windows."""
    tallies: dict[str, Tally | str] = {}
    for system in tables[0].tallies:
        of_system = [(table.name, table.tallies[system]) for table in tables]
        failed = [of_set for of_set, each in of_system if isinstance(each, str)]
        done = [each for _, each in of_system if isinstance(each, Tally)]
        tallies[system] = f"failed on {', '.join(failed)}" if failed else total(done)
    seconds = {system: sum(table.seconds.get(system, 0.0) for table in tables) for system in tallies}
    return VerdictTable(name, title, tallies, seconds)


def _print(console: Console, table: VerdictTable) -> None:
    title = f"{table.name}: {table.title}"
    shown = Table(title=title, title_justify="left", title_style="bold")
    shown.add_column("system")
    for heading in HEADINGS:
        shown.add_column(heading, justify="right", overflow="fold")
    for row in table.rows():
        shown.add_row(*row)
    console.print(shown)
    for failure in table.failures():
        console.print(f"  {failure}", soft_wrap=True)
    console.print()


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
