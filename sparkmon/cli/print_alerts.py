"""Prints incidents, silences and deliveries on a terminal, or gives them as records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from sparkmon.cli.terminal import minute, output, shown, slice_text
from sparkmon.views import Incidents, IncidentView

STYLES = {"critical": "bold red", "warning": "yellow", "info": ""}

Undelivered = Sequence[tuple[Mapping[str, Any], str, int]]
"""Rows of the table ``alerts``, each with a sink and its attempts so far."""


def incident_table(incidents: Sequence[IncidentView]) -> Table:
    """Return incidents as a table for a terminal."""
    table = Table(title=f"{len(incidents)} incidents", title_justify="left", title_style="bold")
    for name in ("incident", "severity", "state", "model", "column", "since", "message", "notified"):
        table.add_column(name, overflow="fold")
    for each in incidents:
        slice = slice_text(each.slice_key, each.slice_value)
        by = f", acknowledged by {each.acknowledged_by}" if each.acknowledged_by else ""
        table.add_row(
            each.incident_id[:12],
            shown(each.severity, STYLES.get(each.severity, "")),
            each.state,
            shown(each.model),
            shown(each.column_name + (f" ({slice})" if slice else "")),
            minute(each.opened_time),
            shown(each.message),
            shown(each.notified + by),
        )
    return table


def print_alerts(current: Incidents, waiting: Undelivered, dead: Undelivered) -> None:
    """Print the incidents, then the active silences, then the undelivered notifications."""
    console = output()
    console.print(incident_table(current.incidents) if current.incidents else "No open incidents.")
    for silence in current.silences:
        about = silence.matcher
        what = f"model {about.model}, column {about.column}, slice {about.slice}, from {about.severity} on"
        console.print(shown(f"silence {silence.silence_id} until {minute(silence.end_time)}: {what}"))
    for undelivered, status in ((waiting, "waiting for"), (dead, "given up for")):
        by_sink: dict[str, set[str]] = {}
        for row, sink, _ in undelivered:
            by_sink.setdefault(sink, set()).add(row["notification_id"])
        for sink, ids in sorted(by_sink.items()):
            some = ", ".join(sorted(each[:12] for each in ids)[:5])
            console.print(shown(f"{len(ids)} notifications {status} the sink {sink}: {some}"))
    if dead:
        console.print("sparkmon alerts replay MONITOR.YAML --dead sends them again")


def records(current: Incidents, waiting: Undelivered, dead: Undelivered) -> Iterator[dict[str, Any]]:
    """Yield the same as records, whose ``kind`` is ``incident``, ``silence`` or ``delivery``."""
    for incident in current.incidents:
        yield {"kind": "incident", **asdict(incident)}
    for silence in current.silences:
        key = {"kind": "silence", "silence_id": silence.silence_id}
        yield key | asdict(silence.matcher) | {"end_time": silence.end_time}
    for undelivered, status in ((waiting, "waiting"), (dead, "dead")):
        keys = {(row["notification_id"], sink, attempts) for row, sink, attempts in undelivered}
        for identity, sink, attempts in sorted(keys):
            delivery = {"notification_id": identity, "sink": sink, "attempts": attempts}
            yield {"kind": "delivery", "status": status, **delivery}
