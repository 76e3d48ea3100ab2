"""``sparkmon alerts``: what is open, what was not delivered, and what people have to say of it."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from sparkmon.cli.terminal import note
from sparkmon.errors import OptionError

__all__ = ["ack", "alerts", "list_alerts", "replay", "silence"]

alerts = typer.Typer(
    help="See, silence, acknowledge and replay the alerts of a monitor.", no_args_is_help=True
)

_DRAIN_S = 60.0

Config = Annotated[Path, typer.Argument(metavar="MONITOR.YAML", help="The monitor.")]
Comment = Annotated[str, typer.Option(help="Why, for who comes next.")]
By = Annotated[str, typer.Option(help="Who says so.  [default: you]", show_default=False)]


@alerts.command("list")
def list_alerts(
    config: Config,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are resolved, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Show the open incidents, the silences, and what no sink has taken."""
    from sparkmon.cli.print_alerts import json_lines, print_alerts

    with _record_of(config) as (record, _):
        known = record.incidents()
        rows = [row for incident, row in known.values() if everything or not incident.is_settled]
        rows.sort(key=lambda row: (row["model"], row["fired_time"], row["incident_id"]))
        given = record.actions()
        waiting, dead = record.undelivered(), record.undelivered(dead=True)
        if as_json:
            json_lines(rows, given, waiting, dead)
        else:
            print_alerts(rows, given, waiting, dead, datetime.now(timezone.utc))


@alerts.command()
def silence(
    config: Config,
    length: Annotated[str, typer.Option("--for", help="For how long, such as '2 hours'.")] = "",
    model: Annotated[str, typer.Option(help="Models; * stands for any text.")] = "",
    column: Annotated[str, typer.Option(help="Columns; * stands for any text.")] = "",
    slice: Annotated[str, typer.Option(help="Slices, such as origin=JFK.")] = "",
    severity: Annotated[str, typer.Option(help="From this severity on.")] = "info",
    comment: Comment = "",
    by: By = "",
    end: Annotated[str, typer.Option("--end", help="End the silence of this id instead.")] = "",
) -> None:
    """Tell nothing of some alerts for a while; all are still on record.

    Example: sparkmon alerts silence monitor.yaml --model flights --for "2 hours" --comment "backfill"
    """
    from sparkmon.alerts import SEVERITIES
    from sparkmon.interval import parse_interval

    now = datetime.now(timezone.utc)
    if end:
        with _record_of(config) as (record, _):
            (known,) = _chosen("silence", end, [s.silence_id for s in record.actions().silences])
            record.write_action(
                action_id=known,
                action="unsilence",
                start_time=now,
                by=by or getpass.getuser(),
                comment=comment,
            )
        note(f"the silence {known} has ended")
        return
    if not length:
        raise OptionError.missing("--for", "an interval such as '2 hours': silences have an end")
    if not (model or column or slice):
        raise OptionError(
            "got a silence of everything; name --model, --column or --slice (--model '*' is all of them)"
        )
    if severity not in SEVERITIES:
        raise OptionError.malformed("severity", severity, ", ".join(SEVERITIES))
    until, silence_id = now + parse_interval("--for", length), secrets.token_hex(4)
    with _record_of(config) as (record, _):
        record.write_action(
            action_id=silence_id,
            action="silence",
            model=model or "*",
            column_name=column or "*",
            slice=slice or "*",
            severity=severity,
            start_time=now,
            end_time=until,
            by=by or getpass.getuser(),
            comment=comment,
        )
    note(f"the silence {silence_id} holds until {until:%Y-%m-%d %H:%M} UTC")


@alerts.command()
def ack(
    config: Config,
    incident: Annotated[str, typer.Argument(help="The incident's id, or how it begins.")],
    comment: Comment = "",
    by: By = "",
) -> None:
    """Say that somebody sees to an incident: no reminders until it is resolved or becomes graver."""
    with _record_of(config) as (record, _):
        known = record.incidents()
        (chosen,) = _chosen("open incident", incident, [i for i in known if known[i][0].is_open])
        record.write_action(
            action_id=secrets.token_hex(4),
            action="ack",
            incident_id=chosen,
            start_time=datetime.now(timezone.utc),
            by=by or getpass.getuser(),
            comment=comment,
        )
        row = known[chosen][1]
    note(f"acknowledged: {row['column_name']} of the model {row['model']}")


@alerts.command()
def replay(
    config: Config,
    notifications: Annotated[
        list[str] | None, typer.Argument(help="Ids of notifications, or how they begin.")
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="All that are still to be delivered.")
    ] = False,
) -> None:
    """Send notifications again to the sinks of the file that have not had them.

    Those that are named are sent to all their sinks, whether they have had them or not. --waiting is for
    a monitor that does not run: one that does delivers them itself.
    """
    from sparkmon.alerts import Dispatcher, parcels_of

    if not (notifications or dead or waiting):
        raise OptionError("got nothing to replay; name notifications, --dead or --waiting")
    with _record_of(config) as (record, chosen):
        rows: list[tuple[dict[str, Any], str, int]] = []
        for wanted, is_dead in ((dead, True), (waiting, False)):
            if wanted:
                rows += [(row, sink, 0) for row, sink, _ in record.undelivered(dead=is_dead)]
        if notifications:
            told = record.alerts().where("notification_id IS NOT NULL").toArrow().to_pylist()
            ids = {row["notification_id"] for row in told}
            named = {
                each for begin in notifications for each in _chosen("notification", begin, ids)
            }
            rows += [
                (row, sink, 0)
                for row in told
                if row["notification_id"] in named
                for sink in row["sinks"]
            ]
        parcels = parcels_of(rows)
        dispatcher = Dispatcher([sink.open() for sink in chosen.alerts], record.write_deliveries)
        unknown = {
            name
            for notification, sink, _ in parcels
            for name in dispatcher.put(notification, [sink])
        }
        dispatcher.drain(_DRAIN_S)
        dispatcher.stop()
        left = sum(dispatcher.waiting.values())
    for name in sorted(unknown):
        note(f"there is no sink {name} in {config}")
    note(
        f"{len(parcels)} to be sent, {left} not taken; sparkmon alerts list tells of those that were given up"
    )
    if left or unknown:
        raise SystemExit(1)


def _chosen(kind: str, begin: str, known: Collection[str]) -> list[str]:
    found = sorted(each for each in known if each.startswith(begin))
    if len(found) != 1 or len(begin) < 4:
        many = f"{len(found)} of that beginning" if found else "none of that id"
        raise OptionError(
            f"got {begin!r}; there is {many} among the {kind}s; sparkmon alerts list shows them"
        )
    return found


@contextmanager
def _record_of(config: Path) -> Iterator[tuple[Any, Any]]:
    """Give the record of a monitor's alerts and its settings."""
    from sparkmon.alerts import AlertRecord
    from sparkmon.cli.spark import open_session
    from sparkmon.config import read_config
    from sparkmon.tables import Tables

    chosen = read_config(config)
    with open_session(chosen.spark) as spark:
        yield AlertRecord(Tables(chosen.tables), spark), chosen
