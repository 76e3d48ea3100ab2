"""Incidents, silences and deliveries on a terminal, or as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from sparkmon.alerts import Actions
from sparkmon.cli.terminal import output, shown

__all__ = ["json_lines", "print_alerts"]

_STYLES = {"critical": "bold red", "warning": "yellow", "info": ""}
_TOLD = ("incident_id", "alert_id", "model", "model_version", "column_name", "column_kind")
_MORE = ("slice_key", "slice_value", "reference", "statistic", "value", "threshold", "severity")
_LAST = ("state", "told", "untold", "notification_id", "message")

Parcels = Sequence[tuple[Mapping[str, Any], str, int]]
"""Rows of the alerts table, the sink that has not had them, and how often it was tried."""


def print_alerts(
    rows: Sequence[Mapping[str, Any]],
    actions: Actions,
    waiting: Parcels,
    dead: Parcels,
    now: datetime,
) -> None:
    """Print what a person wants to know first."""
    console = output()
    if rows:
        table = Table(title=f"{len(rows)} incidents", title_justify="left", title_style="bold")
        for name in ("incident", "severity", "state", "model", "column", "since", "what", "told"):
            table.add_column(name, overflow="fold")
        for row in rows:
            acked = actions.acknowledgements.get(row["incident_id"])
            told = row["told"] or row["untold"] or ""
            table.add_row(
                row["incident_id"][:12],
                shown(row["severity"], _STYLES.get(row["severity"], "")),
                row["state"],
                shown(row["model"]),
                shown(_column(row)),
                _time(row["incident"]["opened_time"]),
                shown(row["message"]),
                shown(f"{told}, seen to by {acked.by}" if acked else told),
            )
        console.print(table)
    else:
        console.print("No open incidents.")
    held = [each for each in actions.silences if each.end_time > now]
    for each in held:
        about = each.matcher
        what = f"model {about.model}, column {about.column}, slice {about.slice}, from {about.severity} on"
        console.print(shown(f"silence {each.silence_id} until {_time(each.end_time)}: {what}"))
    for parcels, fate in ((waiting, "waiting for"), (dead, "given up for")):
        by_sink: dict[str, set[str]] = {}
        for row, sink, _ in parcels:
            by_sink.setdefault(sink, set()).add(row["notification_id"])
        for sink, ids in sorted(by_sink.items()):
            some = ", ".join(sorted(each[:12] for each in ids)[:5])
            console.print(shown(f"{len(ids)} notifications {fate} the sink {sink}: {some}"))
    if dead:
        console.print("sparkmon alerts replay MONITOR.YAML --dead sends them again")


def json_lines(
    rows: Sequence[Mapping[str, Any]], actions: Actions, waiting: Parcels, dead: Parcels
) -> None:
    """Print one object per line; ``kind`` is ``incident``, ``silence`` or ``delivery``."""
    for row in rows:
        fields = {name: row[name] for name in (*_TOLD, *_MORE, *_LAST)}
        acked = actions.acknowledgements.get(row["incident_id"])
        times = {
            "opened_time": _iso(row["incident"]["opened_time"]),
            "window_end": _iso(row["window_end"]),
            "acknowledged_by": acked.by if acked else None,
        }
        _line({"kind": "incident", **fields, **times})
    for each in actions.silences:
        about = each.matcher
        _line(
            {
                "kind": "silence",
                "silence_id": each.silence_id,
                "model": about.model,
                "column": about.column,
                "slice": about.slice,
                "severity": about.severity,
                "end_time": _iso(each.end_time),
            }
        )
    for parcels, fate in ((waiting, "waiting"), (dead, "dead")):
        found = {(row["notification_id"], sink, attempts) for row, sink, attempts in parcels}
        for identity, sink, attempts in sorted(found):
            delivery = {"notification_id": identity, "sink": sink, "attempts": attempts}
            _line({"kind": "delivery", "status": fate, **delivery})


def _line(thing: Mapping[str, Any]) -> None:
    print(json.dumps(thing))


def _column(row: Mapping[str, Any]) -> str:
    return str(row["column_name"]) + (
        "" if row["slice_key"] is None else f" ({row['slice_key']} = {row['slice_value']})"
    )


def _time(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d %H:%M}"


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
