"""The demonstration on a terminal: progress, findings and alerts."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sparkmon.cli.terminal import shown
from sparkmon.demo import WINDOW_S, DemoResult, Display
from sparkmon.sinks import Alert


def live(console: Console, *, headless: bool, quiet: bool) -> Display:
    """Return functions that print each step and tenth of the traffic, and alerts and outliers as they come.

    ``headless`` shows no progress, ``quiet`` nothing at all.
    """
    start_s = time.monotonic()
    last = ("", 0)

    def report(what: str, share: float) -> None:
        nonlocal last
        now = (what.partition(";")[0], int(share * 10))
        if now != last and not (headless or quiet):
            line = f"{time.monotonic() - start_s:5.0f} s  {what}"
            console.print(f"{line}; {share:.0%} of the traffic" if 0 < share < 1 else line, soft_wrap=True)
        last = now

    def alert(alert: Alert, since_s: float | None) -> None:
        if not quiet and not alert.is_repeat:
            since = " " * 8 if since_s is None else f"{since_s:+6.1f} s"
            line = f"{since}  {alert.state} {alert.severity}: {alert.message}"
            console.print(shown(line), soft_wrap=True)

    def outlier(sentence: str) -> None:
        if not quiet:
            console.print(shown(f"          {sentence}"), soft_wrap=True)

    return Display(report, alert, outlier)


def summary_of(result: DemoResult) -> dict[str, Any]:
    """Return the result as JSON objects, times in ISO 8601."""
    return {
        "rows": result.rows,
        "windows": result.windows,
        "findings": result.findings,
        "alerts": [
            {"feature": alert["column_name"]}
            | {name: alert[name] for name in ("slice_value", "statistic", "value", "threshold", "window_start")}
            for alert in result.alerts
        ],
        "seconds": round(result.seconds, 1),
    }


def print_demo(console: Console, result: DemoResult, out: Path | None) -> None:
    """Print findings per column, a sentence per alert, and next steps."""
    console.print(
        f"\n{result.rows:,} flights, their features from {result.store},\n"
        f"in {result.windows} windows of {WINDOW_S} seconds: {result.findings:,} findings. "
        f"The fault began at {result.fault_time:%H:%M:%S} UTC.\n",
        soft_wrap=True,
    )
    console.print(_findings(result))
    silent = [each for each in result.worst if not each["before"] and not each["after"]]
    names = ", ".join(sorted({each["statistic"] for each in silent}))
    console.print(f"{len(silent)} more stayed at 0%: {names}." if silent else "")
    console.print()
    windows = Counter(alert["column_name"] for alert in result.alerts)
    columns = ", ".join(f"{_NAMES.get(name, name)} in {count} windows" for name, count in windows.most_common())
    console.print(f"{len(result.alerts)} alerts: {columns}" if columns else "No alerts.", style="bold")
    console.print()
    if out is None:
        console.print("All tables were removed. To keep them: sparkmon demo --out demo")
    else:
        for what, where in {
            "Tables (Delta)": "tables/{profiles,drift_metrics,alerts}",
            "Reference": "store/references",
            "Events": "spool",
            "Servers' logs": "{receiver,predictor,transformer}.log",
        }.items():
            console.print(f"{what + ':':16}{out}/{where}", soft_wrap=True)
        console.print(f"\nLook at it: sparkmon dashboard {out}/tables --store {out}/store", soft_wrap=True)
    console.print("\nNext, on your own data:")
    for command, purpose in _NEXT.items():
        console.print(f"  {command:46} {purpose}", soft_wrap=True)
    console.print()


_NAMES = {":outlier": "outliers", ":clients": "a client that attacks"}
_NEXT = {
    "sparkmon profile training.parquet --as MODEL": "make a reference",
    "sparkmon receive spool": "take events from KServe's logger",
    "sparkmon run monitor.yaml": "monitor them",
    "sparkmon compare --reference A --current B": "two tables, no stream",
}


def _findings(result: DemoResult) -> Table:
    table = Table(
        title="Findings: the largest value of each column, as a share of its threshold",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("column")
    table.add_column("statistic")
    table.add_column("before the fault", justify="right")
    table.add_column("after", justify="right")
    for worst in (each for each in result.worst if each["before"] or each["after"]):
        shares = (f"{worst['before']:.0%}", f"{worst['after']:,.0%}")
        style = "bold red" if worst["after"] > 1 else ""
        table.add_row(worst["column_name"], worst["statistic"], *shares, style=style)
    return table
