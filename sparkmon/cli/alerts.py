"""``sparkmon alerts``: lists, silences, acknowledges and replays alerts."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Annotated, Any, cast

import typer

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import AsJson, MonitorFile, TablesPlace, option
from sparkmon.cli.terminal import note, print_json
from sparkmon.errors import OptionError

alerts = typer.Typer(help="See, silence, acknowledge and replay the alerts of a monitor.", no_args_is_help=True)

_DRAIN_S = 60.0

Comment = Annotated[str, option("The reason, for others to read.")]
By = Annotated[str, option("Who does it.  [default: you]", show_default=False)]


@alerts.command("list")
def list_alerts(
    tables: TablesPlace,
    everything: Annotated[bool, option("Include resolved incidents.", "--all")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the open incidents, the silences, and the undelivered notifications.

    Example: sparkmon alerts list monitor.yaml
    """
    from sparkmon.alerts import AlertStore
    from sparkmon.cli.print_alerts import print_alerts, records
    from sparkmon.views import incidents_of

    with open_tables(tables) as opened:
        store, now = AlertStore(opened), datetime.now(timezone.utc)
        current = incidents_of(opened, now, include_resolved=everything)
        waiting, dead = store.undelivered(), store.undelivered(dead=True)
        if as_json:
            print_json(records(current, waiting, dead))
        else:
            print_alerts(current, waiting, dead)


@alerts.command()
def silence(
    tables: TablesPlace,
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
    from sparkmon.alerts import Matcher, end_silence, silence as mute
    from sparkmon.interval import parse_interval

    if end:
        with _store_of(tables) as store:
            ended = end_silence(store, end, by=by or getpass.getuser(), comment=comment)
        note(f"the silence {ended} has ended")
        return
    if not length:
        raise OptionError.missing("--for", "an interval such as '2 hours': silences have an end")
    if not (model or column or slice):
        raise OptionError("got a silence of everything; name --model, --column or --slice (--model '*' is all of them)")
    matcher = Matcher(model or "*", column or "*", slice or "*", cast(Any, severity))
    duration = parse_interval("--for", length)
    with _store_of(tables) as store:
        silence_id, until = mute(store, matcher, duration, by=by or getpass.getuser(), comment=comment)
    note(f"the silence {silence_id} is active until {until:%Y-%m-%d %H:%M} UTC")


@alerts.command()
def ack(
    tables: TablesPlace,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, or how it begins.")],
    comment: Comment = "",
    by: By = "",
) -> None:
    """Acknowledge an incident: no reminders until it resolves or escalates.

    Example: sparkmon alerts ack monitor.yaml 3f2a --comment "known: the sensor is being replaced"
    """
    from sparkmon.alerts import acknowledge

    with _store_of(tables) as store:
        chosen = acknowledge(store, incident, by=by or getpass.getuser(), comment=comment)
        row = store.last_rows({chosen: store.incidents()[chosen]})[chosen]
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

    Example: sparkmon alerts replay monitor.yaml --dead
    """
    from sparkmon.alerts import Dispatcher, chosen_id, queued_notifications_of
    from sparkmon.config import read_config

    if not (notifications or dead or waiting):
        raise OptionError("got nothing to replay; name notifications, --dead or --waiting")
    settings = read_config(config)
    with _store_of(str(config), settings) as store:
        rows: list[tuple[dict[str, Any], str, int]] = []
        for is_selected, is_dead in ((dead, True), (waiting, False)):
            if is_selected:
                rows += [(row, sink, 0) for row, sink, _ in store.undelivered(dead=is_dead)]
        if notifications:
            ids = store.notification_ids()
            chosen = {chosen_id("notification", begin, ids) for begin in notifications}
            rows += [
                (row, sink, 0) for row in store.alerts([("notification_id", "in", [*chosen])]) for sink in row["sinks"]
            ]
        queued = queued_notifications_of(rows, settings.alerting.dashboard_url)
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


@contextmanager
def _store_of(place: str, settings: Any = None) -> Iterator[Any]:  # noqa: ANN401 - a MonitorConfig
    """Yield the alert store of a monitor."""
    from sparkmon.alerts import AlertStore

    with open_tables(place, settings) as tables:
        yield AlertStore(tables)
