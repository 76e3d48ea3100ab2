"""``sparkmon plan``: what a monitor will compute, keep, find and get wrong, before it is started."""

import math
from typing import Annotated, Any

from rich.filesize import decimal
from rich.progress import track

from sparkmon.cli.options import AsJson, MonitorFile, option
from sparkmon.cli.print_change import FOUND_FROM, change
from sparkmon.cli.terminal import note, output, plain_table, print_json, progress, shown


def plan(
    config: MonitorFile,
    window_rows: Annotated[
        int | None, option("Rows of a live window. By default as many as a block of the reference, or 1000.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a monitor will do, from its file and its references alone, without Spark.

    For each model: its windows, the rows and bytes that tables get a day, the false alarms to expect in a week, and the
    smallest change of each column that is found. It takes about a second for a column.

    What no monitor of requests sees: rows that are like the training data and wrong, attacks on a copy of the model,
    and a model that answers wrongly while its inputs stay the same, unless labels come.

    Example: sparkmon plan monitor.yaml --window-rows 5000
    """
    from sparkmon.config import read_config
    from sparkmon.monitor.plan import plan as plan_of

    settings = read_config(config)
    monitor = settings.monitor()
    planning = plan_of(monitor, window_rows=window_rows)
    plans = list(track(planning, "planning", len(monitor.models), console=progress(), transient=True))
    if as_json:
        print_json(_as_record(each) for each in plans)
        return
    numbers = ("columns", "slices", "windows a day", "rows a window", "false alarms a week")
    sizes = ("panes a day", "profiles a day", "findings a day")
    models = plain_table(("model", *numbers, *sizes), (*numbers, *sizes))
    columns = plain_table(("model", "column", "found from"), ("found from",))
    for each in plans:
        models.add_row(
            shown(each.model),
            f"{each.columns:,}",
            f"{each.slices:,}",
            f"{each.windows_a_day:,.0f}",
            f"{each.window_rows:,}",
            f"{promised:.2g}" if math.isfinite(promised := each.promise.false_alarms_per_week) else "unknown",
            *(f"{each.rows_a_day[name]:,.0f}, {decimal(int(each.bytes_a_day[name]))}" for name in each.rows_a_day),
        )
        for (kind, name), found_from in each.promise.found_from.items():
            levels = each.promise.of_levels
            columns.add_row(shown(each.model), shown(name), change(found_from, is_share=(kind, name) in levels))
    console = output()
    console.print(models)
    console.print()
    console.print(columns)
    console.print(FOUND_FROM)
    for each in plans:
        if each.promise.too_short:
            note(
                f"{each.model}: its reference is too short for fewer false alarms: {', '.join(each.promise.too_short)}"
            )


def _as_record(planned: Any) -> dict[str, Any]:  # noqa: ANN401 - a ModelPlan; its module is imported late
    record = {name: getattr(planned, name) for name in ("model", "columns", "slices", "window_rows", "windows_a_day")}
    changes = {name: found_from for (_, name), found_from in planned.promise.found_from.items()}
    return record | {
        "rows_a_day": planned.rows_a_day,
        "bytes_a_day": planned.bytes_a_day,
        "false_alarms_per_week": planned.promise.false_alarms_per_week,
        "too_short": list(planned.promise.too_short),
        "found_from": changes,
    }
