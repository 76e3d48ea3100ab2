"""``sparkmon demo``: the main job on real flights, with a fault in it, in about a minute."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

__all__ = ["demo"]


def demo(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory to keep the store, the spool and all tables in; an interrupted demo goes on there."
        ),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Print no colour and no progress.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, nothing else.")
    ] = False,
) -> None:
    """Watch real flights go wrong: reference, traffic, drift, alerts, on this machine.

    Half of the flights out of New York in January to March 2013 are the
    training data; the other half are posted as KServe logger events to
    `sparkmon receive`, a day of traffic in three quarters of a minute.
    Half-way an upstream fault begins: temperatures arrive in Celsius and the
    humidity freezes. Spark reads the spool, compares every hour with the
    training data and raises alerts.

    Exit status 1 if it did not find both faults, or found more.
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
        played = play(spark, place.absolute(), report)
        if as_json:
            print(json.dumps(summary_of(played), indent=2))
        else:
            output = Console(no_color=headless, highlight=False)
            print_play(output, played, None if out is None else place.absolute())
        if played.failures:
            for failure in played.failures:
                print(f"sparkmon demo: {failure}", file=sys.stderr)
            raise typer.Exit(1)
