"""``sparkmon incidents``: what is wrong, since when, why, and what to do."""

from dataclasses import asdict
from datetime import datetime, timezone
from typing import Annotated

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import AsJson, TablesPlace, option
from sparkmon.cli.terminal import minute, output, print_json, shown


def incidents(
    tables: TablesPlace,
    model: Annotated[str | None, option("Those of this model alone.")] = None,
    everything: Annotated[bool, option("Include resolved incidents.", "--all")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the open incidents, the worst first: what, since when, how sure, why, and what to do.

    sparkmon alerts acknowledges and silences them.

    Example: sparkmon incidents monitor.yaml
    """
    from sparkmon.cli.print_alerts import STYLES
    from sparkmon.views import incidents_of

    with open_tables(tables) as opened:
        now = datetime.now(timezone.utc)
        rows = incidents_of(opened, now, model=model, include_resolved=everything).incidents
    if as_json:
        print_json(map(asdict, rows))
        return
    console = output()
    for each in rows:
        style = STYLES.get(each.severity, "")
        console.print(
            shown(f"{each.severity}, {each.state} since {minute(each.opened_time)} UTC: {each.message}", style)
        )
        for text in (each.explanation, each.advice):
            console.print(shown(f"  {text}")) if text else None
        by = f"acknowledged by {each.acknowledged_by}" if each.acknowledged_by else ""
        muted = f"silenced until {minute(each.silenced_until)}" if each.silenced_until else ""
        console.print(shown("  " + "; ".join(filter(None, [each.incident_id[:12], each.notified, by, muted]))))
    if not rows:
        console.print("No open incidents." if not everything else "No incidents.")
