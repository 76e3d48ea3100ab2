"""The demonstration on a terminal: progress, findings and alerts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from sparkmon.cli.terminal import shown
from sparkmon.demo import DemoResult, OnAlert, Report
from sparkmon.sinks import Alert


@contextmanager
def live(console: Console, *, headless: bool, quiet: bool) -> Iterator[tuple[Report, OnAlert]]:
    """Return functions that show the progress, as a bar or as lines without a terminal, and each alert as it comes.

    ``headless`` shows no progress, ``quiet`` nothing at all.
    """

    def alert(alert: Alert, since_s: float) -> None:
        if not quiet and not alert.is_repeat:
            line = f"{since_s:+6.1f} s  {alert.state} {alert.severity}: {alert.message}"
            console.print(shown(line), soft_wrap=True)

    if headless or quiet:
        yield (lambda _what, _share: None), alert
        return
    if not console.is_terminal:
        yield _lines(console), alert
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} % of the traffic"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share), alert


def _lines(console: Console) -> Report:
    """Return a function that prints a line for every new tenth of the traffic."""
    tenths = -1

    def report(what: str, share: float) -> None:
        nonlocal tenths
        if int(share * 10) > tenths:
            tenths = int(share * 10)
            console.print(f"{share:4.0%} of the traffic, {what}", soft_wrap=True)

    return report


def summary_of(result: DemoResult) -> dict[str, Any]:
    """Return the result as JSON objects, times in ISO 8601."""
    return {
        "rows": result.rows,
        "windows": result.windows,
        "findings": result.findings,
        "alerts": [
            {name: alert[name] for name in ("feature", "statistic", "value", "threshold", "window_start")}
            for alert in result.alerts
        ],
        "seconds": round(result.seconds, 1),
    }


def print_demo(console: Console, result: DemoResult, out: Path | None) -> None:
    """Print findings per column, a sentence per alert, and next steps."""
    console.print(
        f"\n{result.rows:,} flights, their features from {result.store},\n"
        f"in {result.windows} windows of {result.window_s} seconds: {result.findings:,} findings. "
        f"The fault began at {result.fault_time:%H:%M:%S} UTC.\n",
        soft_wrap=True,
    )
    console.print(_findings(result))
    console.print(_silent_rates(result))
    console.print()
    console.print(_alerts(result) if result.alerts else "No alerts.")
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
    console.print("\nNext, on your own data:")
    for command, purpose in _NEXT.items():
        console.print(f"  {command:46} {purpose}", soft_wrap=True)
    console.print()


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


def _silent_rates(result: DemoResult) -> str:
    silent = [each for each in result.worst if not each["before"] and not each["after"]]
    names = ", ".join(sorted({each["statistic"] for each in silent}))
    return f"{len(silent)} more stayed at 0%: {names}." if silent else ""


def _alerts(result: DemoResult) -> Table:
    """Return the alerts, one sentence per column."""
    table = Table(title=f"{len(result.alerts)} alerts", title_justify="left", title_style="bold", box=None)
    table.show_header = False
    by_feature: dict[str, list[dict[str, Any]]] = {}
    for alert in result.alerts:
        by_feature.setdefault(alert["feature"], []).append(alert)
    for feature, alerts in by_feature.items():
        first = alerts[0]
        table.add_row(
            Text(feature, style="bold red"),
            f"has drifted from the training data since {first['window_start']:%H:%M:%S}, in {len(alerts)} windows: "
            f"{first['statistic']} {first['value']:.3g}, threshold {first['threshold']:.3g}",
        )
    return table
