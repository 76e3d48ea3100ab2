"""``sparkmon findings``: the verdicts of a model's windows."""

from dataclasses import asdict
from datetime import datetime, timezone
from typing import Annotated

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import AsJson, TablesPlace, option
from sparkmon.cli.terminal import minute, number, output, plain_table, print_json, shown, slice_text
from sparkmon.interval import parse_interval


def findings(
    tables: TablesPlace,
    model: Annotated[str, option("The model.")],
    column: Annotated[str | None, option("This column alone.")] = None,
    since: Annotated[str, option("How far back windows end, such as '7 days'.")] = "1 day",
    everything: Annotated[bool, option("Also what is ok or could not be judged.", "--all")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the findings of a model, those furthest beyond their limit first.

    Example: sparkmon findings monitor.yaml --model flights --since "7 days"
    """
    from sparkmon.comparison import BEYOND
    from sparkmon.views import findings_of

    first = datetime.now(timezone.utc) - parse_interval("--since", since)
    with open_tables(tables) as opened:
        rows = findings_of(opened, model, column=column, since=first)
    beyond = [each for each in rows if everything or each.status in BEYOND]
    if as_json:
        print_json(asdict(each) for each in beyond)
        return
    numbers = ("value", "limit", "p", "rows")
    table = plain_table(("window", "column", "slice", "statistic", "status", *numbers, "reason"), numbers)
    for each in beyond:
        table.add_row(
            minute(each.window_end),
            shown(each.column_name),
            shown(slice_text(each.slice_key, each.slice_value)),
            each.statistic,
            shown(each.status, "bold red" if each.status in BEYOND else ""),
            *(number(value) for value in (each.value, each.limit, each.p_adjusted)),
            f"{each.current_count or 0:,}",
            shown(each.reason),
        )
    console = output()
    if beyond:
        console.print(table)
    console.print(shown(f"{len(beyond):,} of {len(rows):,} findings on {model} since {minute(first)} UTC"))
