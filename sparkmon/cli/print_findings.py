"""Prints the findings of a comparison as a table."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from sparkmon.cli.terminal import minute, number, plain_table, shown, slice_of
from sparkmon.comparison import OVER, TOO_SHORT
from sparkmon.dataframes import TableComparison

_STYLES = {"drift": "bold red", "over_limit": "bold red", "ok": "green", "too_few_rows": "yellow"}
_NUMBERS = ("value", "limit", "reference", "current")


def print_table(comparison: TableComparison, console: Console) -> None:
    """Print the findings as a table that ends in a line that sums them up."""
    findings = [row for row in comparison.findings if not _is_calm_rate(row)]
    has = {name: any(row[name] is not None for row in findings) for name in ("chunk", "window_start")}
    sliced = any(row["slice_key"] is not None for row in findings)
    heads = ["chunk"] * has["chunk"] + ["from", "to"] * has["window_start"] + ["slice"] * sliced
    in_parts = has["chunk"] or has["window_start"]
    heads += ["column", "statistic", "status"] + ["confirmed"] * in_parts
    table = plain_table((*heads, *_NUMBERS, "reason"), _NUMBERS)
    for row in findings:
        place: list[str | Text] = [str(row["chunk"])] * has["chunk"]
        if has["window_start"]:
            place += [minute(row["window_start"]), minute(row["window_end"])]
        place += [shown(slice_of(row))] * sliced
        table.add_row(
            *place,
            shown(row["column_name"]),
            row["statistic"],
            shown(row["status"], _STYLES.get(row["status"], "magenta")),
            *[("yes" if row["confirmed"] else "no") * (row["status"] in OVER)] * in_parts,
            number(row["value"]),
            number(row["limit"]),
            *("" if row[name] is None else f"{row[name]:,}" for name in ("reference_count", "current_count")),
            shown(row["reason"]),
        )
    console.print(table)
    calm = len(comparison.findings) - len(findings)
    if calm:
        console.print(f"{calm:,} rates of data quality that stayed at 0 are not shown; --json has all.")
    console.print()
    console.print(shown(summary(comparison), "bold"))


def too_short(comparison: TableComparison) -> list[str]:
    """Return the sentence on a reference whose blocks are too few for one false alarm a week; none on others."""
    short = dict.fromkeys(row["column_name"] for row in comparison.findings if TOO_SHORT in row["reason"])
    return [f"{TOO_SHORT} for one false alarm a week: the blocks of {', '.join(short)} are few or alike"] * bool(short)


def summary(comparison: TableComparison) -> str:
    """Return a sentence with the columns that drifted, and where in the table."""
    drifted = comparison.drifted
    parts = {row["chunk"] for row in comparison.findings}
    struck = {row["chunk"] for row in comparison.findings if row["slice_key"] is None and row["status"] == "drift"}
    text = f"{len(drifted) or 'none'} of {len(comparison.compared)} columns drifted"
    if drifted and len(parts) > 1:
        text += f", in {len(struck)} of {len(parts)} parts"
    text += f": {', '.join(drifted)}" if drifted else ""
    text += _in_slices(comparison)
    if len(parts) > 1 and (sure := [name for name in drifted if name in comparison.alerting]) != [*drifted]:
        text += f"; confirmed: {', '.join(sure) or 'none'}"
    for statistic, words in (("missing_column", "missing"), ("extra_column", "not in the reference")):
        names = dict.fromkeys(row["column_name"] for row in comparison.findings if row["statistic"] == statistic)
        text += f"; {len(names)} {words}: {', '.join(map(repr, names))}" if names else ""
    if unknown := _unjudged(comparison):
        text += f"; {len(unknown)} could not be judged: {', '.join(unknown)}"
    return text


def _unjudged(comparison: TableComparison) -> list[str]:
    """Return the columns of which no statistic gave a verdict; where there are others, rates alone are none."""
    statuses: dict[str, dict[bool, set[str]]] = {name: {} for name in comparison.compared}
    for row in comparison.findings:
        if row["slice_key"] is None and row["column_name"] in statuses:
            is_rate = row["statistic"].endswith("_rate")
            statuses[row["column_name"]].setdefault(is_rate, set()).add(row["status"])
    return [
        name
        for name, of_name in statuses.items()
        if {"ok", "drift"}.isdisjoint(of_name.get(False) or of_name.get(True) or ())
    ]


def _is_calm_rate(finding: Mapping[str, Any]) -> bool:
    return (
        finding["statistic"].endswith("_rate") and finding["status"] in {"ok", "too_few_rows"} and finding["value"] == 0
    )


def _in_slices(comparison: TableComparison) -> str:
    """Return the columns that drifted in slices, the worst first."""
    slices: dict[str, dict[str, None]] = {}
    for row in comparison.findings:
        if row["status"] == "drift" and row["slice_key"] is not None:
            slices.setdefault(row["column_name"], {})[slice_of(row)] = None
    columns = [f"{column} ({', '.join(names)})" for column, names in slices.items()]
    return f"; in slices: {', '.join(columns)}" if columns else ""
