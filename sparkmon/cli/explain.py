"""``sparkmon explain``: what lies behind an incident."""

from dataclasses import asdict
from datetime import datetime, timezone
from typing import Annotated

import typer

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import AsJson, TablesPlace
from sparkmon.cli.terminal import number, output, plain_table, print_json, shown
from sparkmon.errors import OptionError


def explain(
    tables: TablesPlace,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, or how that begins.")],
    as_json: AsJson = False,
) -> None:
    """Say what lies behind an incident: what happened to which column, by how many rows, and what matters first.

    It needs no Spark: the causes were computed when the window closed.

    Example: sparkmon explain monitor.yaml 3f9a2c
    """
    from sparkmon.views import causes_of, incidents_of

    with open_tables(tables) as opened:
        every = incidents_of(opened, datetime.now(timezone.utc), include_resolved=True).incidents
        chosen = [each for each in every if incident and each.incident_id.startswith(incident)]
        if len(chosen) != 1:
            raise OptionError(
                f"got {incident!r}, with which {len(chosen)} incidents begin; expected one; list them with: "
                "sparkmon incidents --all"
            )
        one = chosen[0]
        slice = (one.slice_key, one.slice_value)
        end = one.window_end
        columns = () if end is None else causes_of(opened, one.model, end, version=one.model_version, slice=slice)
    if as_json:
        print_json([asdict(one) | {"columns": [asdict(each) for each in columns]}])
        return
    console = output()
    console.print(shown(one.message))
    console.print(shown(one.advice))
    bins = (one.causes or {}).get("bins") or ()
    if bins:
        table = plain_table(("rows more or fewer", "where"), ("rows more or fewer",))
        for each in bins:
            table.add_row(f"{each['rows']:+,.0f}", shown(each["bin"]))
        console.print(table)
    if columns:
        table = plain_table(("rank", "column", "share of rows", "importance", "what happened"), ("share of rows",))
        for column in columns:
            share, importance = column.causes["share"], column.causes["importance"]
            figures = ("" if share is None else f"{share:.0%}", number(importance))
            table.add_row(
                str(column.causes["rank"]), shown(column.column_name), *figures, shown(column.words.split("; ")[0])
            )
        console.print(table)
