"""``sparkmon maintain``: expires and compacts the tables of a monitor."""

from datetime import datetime, timezone
from typing import Annotated

from sparkmon.cli.options import MonitorFile, option
from sparkmon.cli.terminal import note, output, plain_table, print_json, progress


def maintain(
    config: MonitorFile,
    dry_run: Annotated[bool, option("Show what would be done, and change nothing.", "--dry-run")] = False,
    as_json: Annotated[bool, option("Print one JSON object per table.", "--json")] = False,
) -> None:
    """Delete expired rows of a monitor's tables, compact small files, and remove what is not needed any more.

    The key retention of the file says how long rows are kept. A running monitor does this every hour, and may go on
    running meanwhile. Panes of open windows are kept.

    Example: sparkmon maintain monitor.yaml --dry-run
    """
    from sparkmon.cli.open_tables import open_tables
    from sparkmon.config import read_config
    from sparkmon.tables import Maintenance

    settings = read_config(config)
    with open_tables(str(config), settings) as tables, progress().status("maintaining"):
        maintenance = Maintenance(tables, settings.retention, window=settings.windows.lengths[0])
        maintained = maintenance.run_once(datetime.now(timezone.utc), dry_run=dry_run)
    if as_json:
        print_json(each._asdict() for each in maintained)
    elif maintained:
        counts = ("expired rows", "files", "compacted", "removed")
        table = plain_table(("table", *counts), counts)
        for each in maintained:
            table.add_row(each.table, *(f"{number:,}" for number in each[1:]))
        output().print(table)
    if not maintained:
        note(f"there are no tables yet in {settings.tables}")
    if dry_run:
        note("a dry run: nothing was changed")
