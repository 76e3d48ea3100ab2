"""``sparkmon labels``: joins labels to the rows of closed windows, and says whether models are still right."""

import time
from datetime import datetime, timezone
from typing import Annotated, Any

from sparkmon.cli.options import MonitorFile, option
from sparkmon.cli.terminal import note, output, plain_table, print_json, progress
from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval


def labels(
    config: MonitorFile,
    every: Annotated[
        str | None, option("Go on, with a pass so often; by default one pass.", metavar="INTERVAL")
    ] = None,
    as_json: Annotated[bool, option("Print one JSON object per window.", "--json")] = False,
) -> None:
    """Join labels that came since the last pass to the rows of closed windows.

    The key labels of the file says where they are. A pass writes metrics to the table performance and findings to
    drift_metrics, and alerts where a model got worse. A running monitor does this by itself; this is for one that is
    not running, or for a job of its own.

    Example: sparkmon labels monitor.yaml
    """
    from sparkmon.alerts import AlertManager
    from sparkmon.cli.open_tables import open_tables
    from sparkmon.config import read_config
    from sparkmon.monitor import LabelsWatch

    pause_s = None if every is None else parse_interval("--every", every).total_seconds()
    settings = read_config(config)
    if not settings.labels:
        raise OptionError(f"got {config}, which has no key labels; add labels: {{MODEL: {{table: ..., ...}}}}")
    alerts = AlertManager(settings.alerting, settings.windows.lengths)
    with open_tables(str(config), settings) as tables, alerts.opened(tables, "labels") as process:
        watch = LabelsWatch(
            tables,
            settings.store.open(),
            settings.labels,
            process=process,
            windows=settings.windows,
            checks=settings.checks,
            reference=settings.reference,
            namespaces=settings.namespaces,
            slices=settings.slices,
        )
        try:
            while True:
                with progress().status("joining labels"):
                    windows = watch.run(datetime.now(timezone.utc))
                _print(windows, as_json=as_json)
                if pause_s is None:
                    break
                time.sleep(pause_s)
        except KeyboardInterrupt:
            note("stopped")


def _print(windows: list[Any], *, as_json: bool) -> None:
    rows = [
        {
            "model": each.model,
            "window_end": each.end.strftime("%Y-%m-%d %H:%M:%S"),
            "basis": each.basis,
            "metric": each.name,
            "value": round(each.metric.value, 4),
            "low": round(each.metric.low, 4),
            "high": round(each.metric.high, 4),
            "rows": each.rows,
            "coverage": round(each.coverage, 3) if each.basis == "labels" else None,
            "verdict": each.verdict,
        }
        for each in windows
    ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        note("no window has new labels, or is due")
        return
    table = plain_table(tuple(rows[0]), ("value", "low", "high", "rows", "coverage"))
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row.values()))
    output().print(table)
