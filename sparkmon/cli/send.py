"""``sparkmon send``: posts a table to a receiver, as KServe's logger posts calls."""

from pathlib import Path
from typing import Annotated

import typer

from sparkmon.cli.options import option
from sparkmon.cli.terminal import note, progress
from sparkmon.secret import Secret


def send(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A Parquet or CSV file, or a directory of them.")],
    model: Annotated[str, option("The model, as KServe names it.", "--as", metavar="MODEL")],
    to: Annotated[str, option("The receiver.", "--to", metavar="URL")] = "http://127.0.0.1:8080/",
    prediction: Annotated[str | None, option("The column of what the model answered.", metavar="COLUMN")] = None,
    time_column: Annotated[
        str | None, option("The column of the events' times. By default now.", "--time", metavar="COLUMN")
    ] = None,
    rate: Annotated[float, option("Rows a second. By default as fast as the receiver takes them.", min=0)] = 0.0,
    token_env: Annotated[
        str | None, option("The environment variable that holds the receiver's token.", metavar="NAME")
    ] = None,
) -> None:
    """Post the rows of a table as the calls of a model, so that a monitor can be tried without KServe.

    Each row is one request, its columns the features, and one response if there is a prediction. Sent again, rows are
    new calls.

    Example: sparkmon send today.parquet --as flights --rate 100
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from sparkmon.payload_logger.table_sender import open_rows, send_rows

    rows = open_rows(table)
    headers = {} if token_env is None else {"Authorization": f"Bearer {Secret(env=token_env).read_token()}"}
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    count = 0
    with Progress(*columns, console=progress(), transient=True) as bar:
        task = bar.add_task("", total=rows.count_rows())
        sending = send_rows(rows, model, to, prediction=prediction, time_column=time_column, rate=rate, headers=headers)
        for count in sending:
            bar.update(task, completed=count)
    note(f"sent {count:,} calls of {model} to {to}")
