"""The tables as README.md and docs/benchmarks.md show them, and their places in these pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.verdicts.power import Power
from bench.verdicts.promise import PROMISES, Promise
from bench.verdicts.score import Tally
from bench.verdicts.table import VerdictTable, number
from sparkmon.errors import SparkmonError

__all__ = ["sets_as_markdown", "summary_as_markdown", "write_between"]

_BEGIN, _END = "<!-- bench-verdicts -->", "<!-- /bench-verdicts -->"


def summary_as_markdown(summary: VerdictTable) -> str:
    """Write the sums over all sets, a line per system; the best of a column in bold."""
    best = summary.best()
    lines = [
        "| system | false alarms per 1,000 quiet column-windows | drifts missed | windows to detection |",
        "|---|---|---|---|",
    ]
    for name, tally in summary.tallies.items():
        if isinstance(tally, str):
            lines.append(f"| {name} | {tally} | | |")
            continue
        cells = {
            "per 1,000": number(tally.per_thousand),
            "missed": f"{tally.missed} of {tally.drifts}",
            "windows to detection": number(tally.delay),
        }
        written = (_bold(cell, name in best[key]) for key, cell in cells.items())
        lines.append(f"| {name} | {' | '.join(written)} |")
    return "\n".join(lines)


def sets_as_markdown(
    summary: VerdictTable,
    tables: Sequence[VerdictTable],
    powers: Sequence[Power] = (),
    promises: Sequence[Promise] = (),
) -> str:
    """Write each set's false alarms and windows to detection, the power and the promises; the best of a row in bold."""
    names = list(summary.tallies)
    head = [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    lines = ["False alarms per 1,000:", "", *head]
    lines += [_line(table, names, "per 1,000") for table in tables if _has(table, drifts=False)]
    lines += ["", "Windows to detection, and drifts missed:", "", *head]
    lines += [_line(table, names, "missed") for table in tables if _has(table, drifts=True)]
    lines += ["", *(f"- {power}." for power in powers)]
    if promises:
        lines += ["", *promises_as_markdown(promises)]
    return "\n".join(lines)


def promises_as_markdown(promises: Sequence[Promise]) -> list[str]:
    """Write by stream and columns how many windows a week alarm, a column for each ``false_alarms_per_week``."""
    if not promises:
        return []
    lines = [
        "Alerting windows a week, nothing drifts (columns whose reference says that it is too short):",
        "",
        f"| stream | columns | {' | '.join(f'promised {each:g}' for each in PROMISES)} |",
        f"|---|---|{'---|' * len(PROMISES)}",
    ]
    for each in promises:
        cells = " | ".join(_promise_cell(each, promise) for promise in PROMISES)
        lines.append(f"| {each.stream} | {each.columns} | {cells} |")
    return lines


def _promise_cell(each: Promise, promise: float) -> str:
    short = each.too_short[promise]
    return f"{each.alarms[promise]:g}{f' ({short})' if short else ''}"


def write_between(page: Path, text: str) -> None:
    """Replace what is between the two marks of a page.

    Raises
    ------
    SparkmonError
        A mark is missing.
    """
    before, begin, rest = page.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise SparkmonError(f"{page} has no place for the verdicts; add {_BEGIN} and {_END}")
    page.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}")


def _has(table: VerdictTable, *, drifts: bool) -> bool:
    """Tell whether a table has figures for drifts, or for windows without."""
    done = [each for each in table.tallies.values() if isinstance(each, Tally)]
    return any(each.drifts if drifts else each.quiet for each in done)


def _line(table: VerdictTable, names: Sequence[str], what: str) -> str:
    best, cells = table.best(), []
    for name in names:
        tally = table.tallies[name]
        if isinstance(tally, str):
            cells.append("failed")
        elif what == "missed":
            missed = f", {tally.missed} of {tally.drifts} missed" if tally.missed else ""
            cells.append(_bold(number(tally.delay) + missed, name in best["windows to detection"]))
        else:
            cells.append(_bold(number(tally.per_thousand), name in best[what]))
    return f"| {table.name} | {' | '.join(cells)} |"


def _bold(cell: str, best: bool) -> str:
    return f"**{cell}**" if best else cell
