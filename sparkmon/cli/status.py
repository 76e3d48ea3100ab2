"""``sparkmon status``: what a monitor sees of each model, and what is open."""

from dataclasses import asdict
from datetime import datetime, timezone

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import AsJson, TablesPlace
from sparkmon.cli.terminal import output, print_json


def status(tables: TablesPlace, as_json: AsJson = False) -> None:
    """Show each model: when its last window closed, its traffic, its open incidents; models with incidents first.

    Exit status 0, whatever is open. It reads the tables, not the monitor: it
    works while none runs, and says if no window has closed for long.

    Example: sparkmon status monitor.yaml
    """
    from sparkmon.cli.print_models import print_overview
    from sparkmon.views import overview

    with open_tables(tables) as opened:
        current = overview(opened, datetime.now(timezone.utc))
    if as_json:
        print_json(asdict(model) for model in current.models)
    else:
        output().print(print_overview(current))
