"""``sparkmon watch``: models and incidents on the terminal, live."""

import time
from datetime import datetime, timezone
from typing import Annotated

from sparkmon.cli.open_tables import open_tables
from sparkmon.cli.options import TablesPlace, option
from sparkmon.errors import OptionError

_MODELS, _INCIDENTS = 15, 10


def watch(
    tables: TablesPlace,
    every: Annotated[float, option("Seconds between looks at the tables.")] = 2.0,
    once: Annotated[bool, option("Print once, and end.", "--once")] = False,
) -> None:
    """Show a running monitor: closed windows, traffic, lag and incidents, renewed as they come. Ctrl-C ends it.

    Example: sparkmon watch monitor.yaml
    """
    from rich.console import Group
    from rich.live import Live

    from sparkmon.cli.print_alerts import incident_table
    from sparkmon.cli.print_models import print_overview
    from sparkmon.cli.terminal import output
    from sparkmon.views import overview

    if every < 0.1:
        raise OptionError.malformed("--every", every, "0.1 seconds or more")
    with open_tables(tables) as opened:

        def look() -> Group:
            current = overview(opened, datetime.now(timezone.utc))
            head = f"{current.time:%Y-%m-%d %H:%M:%S} UTC"
            models = print_overview(current, most=_MODELS)
            worst = current.incidents[:_INCIDENTS]
            return Group(head, models, incident_table(worst) if worst else "No open incidents.")

        if once:
            output().print(look())
            return
        with Live(look(), console=output(), refresh_per_second=4, screen=False) as live:
            while True:
                time.sleep(every)
                live.update(look())
