"""Prints incidents, silences and deliveries on a terminal, or gives them as records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.table import Table

from sparkmon.alerts import Acknowledgements, Silences
from sparkmon.cli.terminal import minute, output, shown, slice_of

_STYLES = {"critical": "bold red", "warning": "yellow", "info": ""}
_COLUMNS = (
    *("incident_id", "alert_id", "model", "model_version", "column_name", "column_kind"),
    *("slice_key", "slice_value", "reference", "statistic", "value", "threshold", "severity"),
    *("state", "notified_state", "is_repeat", "suppressed_by", "notification_id", "message"),
)

Undelivered = Sequence[tuple[Mapping[str, Any], str, int]]
"""Rows of the table ``alerts``, each with a sink and its attempts so far."""


def print_alerts(
    rows: Sequence[Mapping[str, Any]],
    silences: Silences,
    acknowledgements: Acknowledgements,
    waiting: Undelivered,
    dead: Undelivered,
    now: datetime,
) -> None:
    """Print the incidents, then the active silences, then the undelivered notifications."""
    console = output()
    if rows:
        table = Table(title=f"{len(rows)} incidents", title_justify="left", title_style="bold")
        for name in ("incident", "severity", "state", "model", "column", "since", "message", "notified"):
            table.add_column(name, overflow="fold")
        for row in rows:
            ack = acknowledgements.get(row["incident_id"])
            notified = row["notified_state"] or row["suppressed_by"] or ""
            table.add_row(
                row["incident_id"][:12],
                shown(row["severity"], _STYLES.get(row["severity"], "")),
                row["state"],
                shown(row["model"]),
                shown(row["column_name"] + (f" ({slice_of(row)})" if slice_of(row) else "")),
                minute(row["incident"]["opened_time"]),
                shown(row["message"]),
                shown(f"{notified}, acknowledged by {ack.by}" if ack else notified),
            )
        console.print(table)
    else:
        console.print("No open incidents.")
    for silence in silences:
        if silence.end_time > now:
            about = silence.matcher
            what = f"model {about.model}, column {about.column}, slice {about.slice}, from {about.severity} on"
            until = minute(silence.end_time)
            console.print(shown(f"silence {silence.silence_id} until {until}: {what}"))
    for undelivered, status in ((waiting, "waiting for"), (dead, "given up for")):
        by_sink: dict[str, set[str]] = {}
        for row, sink, _ in undelivered:
            by_sink.setdefault(sink, set()).add(row["notification_id"])
        for sink, ids in sorted(by_sink.items()):
            some = ", ".join(sorted(each[:12] for each in ids)[:5])
            console.print(shown(f"{len(ids)} notifications {status} the sink {sink}: {some}"))
    if dead:
        console.print("sparkmon alerts replay MONITOR.YAML --dead sends them again")


def records(
    rows: Sequence[Mapping[str, Any]],
    silences: Silences,
    acknowledgements: Acknowledgements,
    waiting: Undelivered,
    dead: Undelivered,
) -> Iterator[dict[str, Any]]:
    """Yield the same as records, whose ``kind`` is ``incident``, ``silence`` or ``delivery``."""
    for row in rows:
        ack = acknowledgements.get(row["incident_id"])
        times = {"opened_time": row["incident"]["opened_time"], "window_end": row["window_end"]}
        incident = {name: row[name] for name in _COLUMNS} | times | {"acknowledged_by": ack.by if ack else None}
        yield {"kind": "incident", **incident}
    for silence in silences:
        key = {"kind": "silence", "silence_id": silence.silence_id}
        yield key | asdict(silence.matcher) | {"end_time": silence.end_time}
    for undelivered, status in ((waiting, "waiting"), (dead, "dead")):
        keys = {(row["notification_id"], sink, attempts) for row, sink, attempts in undelivered}
        for identity, sink, attempts in sorted(keys):
            delivery = {"notification_id": identity, "sink": sink, "attempts": attempts}
            yield {"kind": "delivery", "status": status, **delivery}
