"""Sections as tables for a terminal, and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.before import BEFORE
from bench.rounds import Result
from bench.section import Section

__all__ = ["as_json", "print_section"]


def print_section(console: Console, section: Section) -> None:
    """Print one section: medians, with the least and the most in brackets."""
    table = Table(title=section.title, title_justify="left", title_style="bold")
    table.add_column("what")
    before = BEFORE.get(section.name, {})
    for heading in ("runs", "CPU s", "wall s", f"{section.unit}/s", f"{section.unit}/CPU s"):
        table.add_column(heading, justify="right")
    if before:
        table.add_column("CPU s before", justify="right")
    for result in section.results:
        table.add_row(
            result.name,
            str(len(result.count)),
            _spread(result.cpu_s),
            _spread(result.wall_s),
            _rate(result.per_second),
            _rate(result.per_cpu_second),
            *([f"{before[result.name]:.2f}" if result.name in before else ""] if before else []),
        )
    console.print(table)
    for what, ratio in section.ratios.items():
        console.print(f"  {ratio:6.2f} x  {what}", soft_wrap=True)
    for note in section.notes:
        console.print(f"  {note}", soft_wrap=True)
    console.print()


def as_json(machine: str, sections: Sequence[Section]) -> dict[str, Any]:
    """Return everything as JSON objects: seconds as median, min and max."""
    return {
        "machine": machine,
        "sections": {
            section.name: {
                "title": section.title,
                "unit": section.unit,
                "results": {result.name: _figures(result) for result in section.results},
                "cpu_ratios": section.ratios,
                "cpu_s_before": dict(BEFORE.get(section.name, {})),
                "notes": section.notes,
            }
            for section in sections
        },
    }


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}-{max(seconds):.2f})"


def _rate(each_second: float) -> str:
    return f"{each_second:,.0f}" if each_second >= 10 else f"{each_second:.2f}"


def _figures(result: Result) -> dict[str, Any]:
    return {
        "runs": len(result.count),
        "cpu_s": _three(result.cpu_s),
        "wall_s": _three(result.wall_s),
        "per_s": result.per_second,
        "per_cpu_s": result.per_cpu_second,
    }


def _three(seconds: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds)}
