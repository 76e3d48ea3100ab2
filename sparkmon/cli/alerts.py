"""``sparkmon alerts``: lists, silences, acknowledges and replays alerts."""

import getpass
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from sparkmon.cli.options import MonitorFile, option
from sparkmon.cli.terminal import note, print_json
from sparkmon.errors import OptionError

alerts = typer.Typer(help="See, silence, acknowledge and replay the alerts of a monitor.", no_args_is_help=True)

_DRAIN_S = 60.0

Comment = Annotated[str, option("The reason, for others to read.")]
By = Annotated[str, option("Who does it.  [default: you]", show_default=False)]


@alerts.command("list")
def list_alerts(
    config: MonitorFile,
    everything: Annotated[bool, option("Include resolved incidents.", "--all")] = False,
    as_json: Annotated[bool, option("Print JSON lines.", "--json")] = False,
) -> None:
    """Show the open incidents, the silences, and the undelivered notifications."""
    from sparkmon.cli.print_alerts import print_alerts, records

    with _store_of(config) as (store, _):
        incidents = {
            each: incident for each, incident in store.incidents().items() if everything or not incident.is_settled
        }
        rows = [*store.last_rows(incidents).values()]
        rows.sort(key=lambda row: (row["model"], row["fired_time"], row["incident_id"]))
        silences, acknowledgements = store.actions()
        waiting, dead = store.undelivered(), store.undelivered(dead=True)
        if as_json:
            print_json(records(rows, silences, acknowledgements, waiting, dead))
        else:
            print_alerts(rows, silences, acknowledgements, waiting, dead, datetime.now(timezone.utc))


@alerts.command()
def silence(
    config: MonitorFile,
    length: Annotated[str, option("How long, such as '2 hours'.", "--for")] = "",
    model: Annotated[str, option("Models; * stands for any text.")] = "",
    column: Annotated[str, option("Columns; * stands for any text.")] = "",
    slice: Annotated[str, option("Slices, such as origin=JFK.")] = "",
    severity: Annotated[str, option("The lowest severity.")] = "info",
    comment: Comment = "",
    by: By = "",
    end: Annotated[str, option("End the silence of this id instead.", "--end")] = "",
) -> None:
    """Mute the notifications of some alerts for a while; the table still records them.

    Example: sparkmon alerts silence monitor.yaml --model flights --for "2 hours" --comment "backfill"
    """
    from sparkmon.alerts import SEVERITIES
    from sparkmon.interval import parse_interval

    if end:
        with _store_of(config) as (store, _):
            silences, _ = store.actions()
            (chosen,) = _chosen("silence", end, [each.silence_id for each in silences])
            _write(store, chosen, "unsilence", by, comment)
        note(f"the silence {chosen} has ended")
        return
    if not length:
        raise OptionError.missing("--for", "an interval such as '2 hours': silences have an end")
    if not (model or column or slice):
        raise OptionError("got a silence of everything; name --model, --column or --slice (--model '*' is all of them)")
    if severity not in SEVERITIES:
        raise OptionError.malformed("severity", severity, ", ".join(SEVERITIES))
    until, silence_id = datetime.now(timezone.utc) + parse_interval("--for", length), secrets.token_hex(4)
    with _store_of(config) as (store, _):
        selected = {"model": model or "*", "column_name": column or "*", "slice": slice or "*", "severity": severity}
        _write(store, silence_id, "silence", by, comment, end_time=until, **selected)
    note(f"the silence {silence_id} is active until {until:%Y-%m-%d %H:%M} UTC")


@alerts.command()
def ack(
    config: MonitorFile,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, or how it begins.")],
    comment: Comment = "",
    by: By = "",
) -> None:
    """Acknowledge an incident: no reminders until it resolves or escalates."""
    with _store_of(config) as (store, _):
        incidents = {each: state for each, state in store.incidents().items() if state.is_open}
        (chosen,) = _chosen("open incident", incident, incidents)
        _write(store, secrets.token_hex(4), "ack", by, comment, incident_id=chosen)
        row = store.last_rows({chosen: incidents[chosen]})[chosen]
    note(f"acknowledged: {row['column_name']} of the model {row['model']}")


@alerts.command()
def replay(
    config: MonitorFile,
    notifications: Annotated[
        list[str] | None, typer.Argument(metavar="NOTIFICATION", help="Their ids, or how they begin.")
    ] = None,
    dead: Annotated[bool, option("All that were given up.", "--dead")] = False,
    waiting: Annotated[bool, option("All that are still to be delivered.", "--waiting")] = False,
) -> None:
    """Send undelivered notifications again to the sinks of the file.

    A notification that is named is sent to all its sinks, delivered or not. Use --waiting only while the monitor is
    stopped: a running monitor delivers them itself.
    """
    from sparkmon.alerts import Dispatcher, queued_notifications_of

    if not (notifications or dead or waiting):
        raise OptionError("got nothing to replay; name notifications, --dead or --waiting")
    with _store_of(config) as (store, settings):
        rows: list[tuple[dict[str, Any], str, int]] = []
        for is_selected, is_dead in ((dead, True), (waiting, False)):
            if is_selected:
                rows += [(row, sink, 0) for row, sink, _ in store.undelivered(dead=is_dead)]
        if notifications:
            ids = store.notification_ids()
            chosen = {each for begin in notifications for each in _chosen("notification", begin, ids)}
            rows += [
                (row, sink, 0) for row in store.alerts([("notification_id", "in", [*chosen])]) for sink in row["sinks"]
            ]
        queued = queued_notifications_of(rows)
        dispatcher = Dispatcher(settings.alerting.sinks, store.write_deliveries)
        unknown = {name for notification, sink, _ in queued for name in dispatcher.put(notification, [sink])}
        dispatcher.drain(_DRAIN_S)
        dispatcher.stop()
        undelivered = sum(dispatcher.waiting.values())
    for name in sorted(unknown):
        note(f"there is no sink {name} in {config}")
    note(f"{len(queued)} notifications, {undelivered} undelivered; sparkmon alerts list shows those that were given up")
    if undelivered or unknown:
        raise SystemExit(1)


def _write(store: Any, action_id: str, action: str, by: str, comment: str, **columns: object) -> None:  # noqa: ANN401
    now, person = datetime.now(timezone.utc), by or getpass.getuser()
    store.write_action(action_id=action_id, action=action, start_time=now, by=person, comment=comment, **columns)


def _chosen(kind: str, begin: str, ids: Collection[str]) -> list[str]:
    matching = sorted(each for each in ids if each.startswith(begin))
    if len(matching) != 1 or len(begin) < 4:
        raise OptionError(
            f"got {begin!r}, with which the ids of {len(matching)} {kind}s begin; "
            "expected 4 characters or more of one id; sparkmon alerts list shows them"
        )
    return matching


@contextmanager
def _store_of(config: Path) -> Iterator[tuple[Any, Any]]:
    """Yield the alert store of a monitor, and its settings."""
    from sparkmon.alerts import AlertStore
    from sparkmon.cli.open_tables import open_tables

    with open_tables(config) as (tables, settings):
        yield AlertStore(tables), settings
