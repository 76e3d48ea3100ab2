"""An overview of models as it is printed on a terminal."""

from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table

from sparkmon.cli.print_alerts import STYLES
from sparkmon.cli.terminal import minute, plain_table, shown
from sparkmon.views import ModelState, Overview


def print_overview(overview: Overview, *, most: int | None = None) -> RenderableType:
    """Return the models as a table, at most so many, and a line that sums all of them up."""
    if not overview.models:
        return Group("No window has closed yet: there is nothing to see in these tables.")
    open_count = sum(each.is_open for each in overview.incidents)
    parts = [
        f"{len(overview.models):,} models",
        f"{open_count:,} open incidents",
        f"{len(overview.silences):,} silences",
        f"{overview.waiting:,} notifications waiting, {overview.dead:,} given up",
    ]
    stale = " No window has closed for a while: is the monitor running?" if overview.is_stale else ""
    return Group(models_table(overview.models[:most], overview.time), "; ".join(parts) + "." + stale)


def models_table(models: tuple[ModelState, ...], now: datetime) -> Table:
    """Return one row per model."""
    numbers = ("windows", "requests", "responses", "open incidents")
    table = plain_table(("model", "last window", "closed", *numbers, "severity"), numbers)
    for model in models:
        table.add_row(
            shown(model.model),
            minute(model.window_end),
            shown(f"{age(now - model.closed_time)} ago", "yellow" if model.is_stale else ""),
            *(f"{getattr(model, name):,}" for name in numbers[:-1]),
            str(model.open_incidents or ""),
            shown(model.severity or "", STYLES.get(model.severity or "", "")),
        )
    return table


def age(length: timedelta) -> str:
    """Return a length of time in its largest unit, such as ``3 h``."""
    seconds = max(length.total_seconds(), 0.0)
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
