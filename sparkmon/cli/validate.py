"""``sparkmon validate``: says what is wrong with a monitor.yaml, or that nothing is, without Spark."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sparkmon.cli.options import option
from sparkmon.cli.terminal import output, plain_table, shown


def validate(
    config: Annotated[Path | None, typer.Argument(metavar="MONITOR.YAML", help="The monitor.")] = None,
    schema: Annotated[
        bool, option("Print the JSON Schema of the file, by which editors complete and check it.", "--schema")
    ] = False,
) -> None:
    """Check a monitor.yaml and what it names, as sparkmon run does before it starts Spark.

    The store is opened and the references are read; slices, feature views, clients and label tables are checked. The
    exit status is 2, and each mistake is printed with its line, if something is wrong.

    Example: sparkmon validate monitor.yaml

    Example: sparkmon validate --schema > monitor.schema.json, and at the top of monitor.yaml:
    # yaml-language-server: $schema=monitor.schema.json
    """
    from sparkmon.config import json_schema, read_config

    if schema:
        print(json.dumps(json_schema(), indent=2))
    if config is None:
        if not schema:
            raise typer.BadParameter("expected a MONITOR.YAML, or --schema")
        return
    settings = read_config(config)
    monitor = settings.monitor()
    table = plain_table(("", ""))
    table.show_header = False
    for name, value in (
        ("models", ", ".join(monitor.models)),
        ("events", settings.source.description),
        ("references", f"{settings.reference!r} in {settings.store.path}"),
        ("tables", settings.tables),
        ("windows", ", ".join([settings.windows.length, *settings.windows.longer])),
        ("alerts", ", ".join(sink.name for sink in settings.alerting.sinks) or "in the tables alone"),
    ):
        table.add_row(name, shown(value))
    output().print(table)
    output().print(shown(f"{config} is valid", "bold green"))
