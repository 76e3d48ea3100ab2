"""``sparkmon demo``: a model platform on this machine, with a fault in its feature store, in about a minute."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sparkmon.errors import OptionError

__all__ = ["demo"]


def demo(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory to keep the store, the spool and all tables in; an interrupted demo goes on there."
        ),
    ] = None,
    store: Annotated[
        str,
        typer.Option(
            help="What holds the features: local (SQLite and Delta), mysql (a MariaDB started for it), "
            "or the URL of an empty database, mysql://USER@HOST/DATABASE."
        ),
    ] = "local",
    headless: Annotated[
        bool, typer.Option("--headless", help="Print no colour and no progress.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, nothing else.")
    ] = False,
) -> None:
    """Watch a model go wrong: feature store, model server, traffic, drift, alerts, on this machine.

    A feature store holds schedules and weather of flights out of New York;
    a KServe model server predicts which arrive late. Callers send the ids of
    38,905 flights to the transformer, which looks their features up and asks
    the model; a logger posts every request and answer to `sparkmon receive`.
    Half-way the job that writes the weather breaks: temperatures come in
    Celsius, the humidity freezes. Spark reads the log, compares every three
    seconds of traffic with the training data and raises alerts.

    Exit status 1 if it did not find both faults, or found more, or lost a row.
    """
    # Spark takes a moment to import, and `sparkmon --help` needs none of it.
    from sparkmon.cli.print_play import print_play, progress_of, summary_of
    from sparkmon.cli.spark import open_session
    from sparkmon.demo import play

    with ExitStack() as stack:
        place = out or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="sparkmon-demo-"))
        )
        console = Console(stderr=True, highlight=False)
        report = stack.enter_context(progress_of(console, quiet=headless or as_json))
        spark = stack.enter_context(open_session({"spark.sql.shuffle.partitions": "2"}))
        played = play(spark, place.absolute(), _checked(store), report)
        if as_json:
            print(json.dumps(summary_of(played), indent=2))
        else:
            output = Console(no_color=headless, highlight=False)
            print_play(output, played, None if out is None else place.absolute())
        if played.failures:
            for failure in played.failures:
                print(f"sparkmon demo: {failure}", file=sys.stderr)
            raise typer.Exit(1)


def _checked(store: str) -> str:
    if store in ("local", "mysql") or "://" in store:
        return store
    raise OptionError.malformed("--store", store, "local, mysql or mysql://USER@HOST/DATABASE")
