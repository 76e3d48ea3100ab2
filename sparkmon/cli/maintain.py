"""``sparkmon maintain``: expires and compacts the tables of a monitor."""

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Annotated

import typer

from sparkmon.cli.options import MonitorFile
from sparkmon.cli.terminal import note, output
from sparkmon.tables import Maintained, Maintenance


def maintain(
    config: MonitorFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")] = False,
) -> None:
    """Delete expired rows of a monitor's tables, compact small files, and remove what is not needed any more.

    The key retention of the file says how long rows are kept. A running monitor does this every hour, and may go on
    running meanwhile. Panes of open windows are kept.

    Example: sparkmon maintain monitor.yaml --dry-run
    """
    from sparkmon.cli.open_tables import open_tables
    from sparkmon.config import read_config

    settings = read_config(config)
    with open_tables(settings) as tables:
        maintenance = Maintenance(tables, settings.retention, window=settings.windows.lengths[0])
        maintained = maintenance.run_once(datetime.now(timezone.utc), dry_run=dry_run)
    if maintained:
        _print(maintained)
    else:
        note(f"there are no tables yet in {settings.tables}")
    if dry_run:
        note("a dry run: nothing was changed")


def _print(maintained: Sequence[Maintained]) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("table", "expired rows", "files", "compacted", "removed"):
        table.add_column(head, justify="left" if head == "table" else "right")
    for each in maintained:
        table.add_row(each.table, *(f"{number:,}" for number in each[1:]))
    output().print(table)
