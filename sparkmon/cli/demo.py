"""``sparkmon demo``: a model platform on this machine, with a fault in its feature store, in about a minute."""

import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sparkmon.cli.options import option
from sparkmon.errors import OptionError


def demo(
    out: Annotated[
        Path | None, option("Directory for the store, the spool and all tables; continues an interrupted demo.")
    ] = None,
    store: Annotated[
        str,
        option(
            "The feature store: local (SQLite and Delta), or the URL of an empty database on a MySQL or "
            "MariaDB server that is running, mysql://USER@HOST/DATABASE."
        ),
    ] = "local",
    headless: Annotated[bool, option("Print no colour and no progress; start no dashboard.", "--headless")] = False,
    as_json: Annotated[bool, option("Print the summary as JSON, nothing else.", "--json")] = False,
) -> None:
    """Run a model platform with a fault: feature store, model server, traffic, drift, alerts.

    A feature store holds schedules and weather of flights out of New York;
    a KServe model server predicts which arrive late. Callers send the ids of
    38,905 flights to the transformer, which looks their features up and calls
    the model; a logger posts every request and answer to `sparkmon receive`.
    One report in 250 has its temperature in Celsius: its flights are outliers.
    In the first half one of six callers attacks the model with HopSkipJump.
    Half-way the job that writes the weather breaks: all temperatures come in
    Celsius, the humidity freezes. Spark reads the log, compares every three
    seconds of traffic with the training data and raises alerts, which are
    printed with the time since the first request with the fault. A dashboard
    shows them as they come; its address is printed first.

    Exit status 1 if a fault, the outliers or the attacker was missed,
    anything else was flagged, or a row was lost.

    Example: sparkmon demo --out demo
    """
    # Spark takes a moment to import, and `sparkmon --help` needs none of it.
    from sparkmon.cli.print_demo import live, print_demo, summary_of
    from sparkmon.cli.run import with_restarts
    from sparkmon.cli.spark import open_session
    from sparkmon.cli.stop_signal import StopSignal
    from sparkmon.cli.terminal import note, print_json
    from sparkmon.dashboard.app import running
    from sparkmon.dashboard.settings import DashboardSettings
    from sparkmon.demo import run_demo

    checked_store = _checked(store)
    with ExitStack() as stack:
        if out is not None:
            _make(out)
        place = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sparkmon-demo-")))
        display = live(Console(stderr=True, highlight=False), headless=headless, quiet=as_json)
        display.report("starting Spark", 0.0)
        spark = stack.enter_context(open_session({"spark.sql.shuffle.partitions": "2"}))
        # What has been sent and found stays: it goes on from there.
        if not (headless or as_json):
            tables, references = f"{place.absolute()}/tables", f"{place.absolute()}/store"
            settings = DashboardSettings(tables, references if checked_store == "local" else checked_store, port=0)
            note(f"the dashboard is at {stack.enter_context(running(settings))} while the demo runs")
        run = partial(run_demo, spark, place.absolute(), checked_store, display)
        result = with_restarts(run, StopSignal())
        assert result is not None  # nobody requests it
        if as_json:
            print_json([summary_of(result)])
        else:
            output = Console(no_color=headless, highlight=False)
            print_demo(output, result, None if out is None else place.absolute())
        if result.failures:
            for failure in result.failures:
                print(f"sparkmon demo: {failure}", file=sys.stderr)
            raise typer.Exit(1)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError.malformed("--out", str(out), f"a directory that can be written ({error.strerror})") from error


def _checked(store: str) -> str:
    if store == "local":
        return store
    if store.startswith(("mysql://", "mariadb://")):
        from sparkmon.store import open_store

        open_store(store).check_writable()
        return store
    # The scheme alone, because the rest may hold a password.
    scheme, separator, _ = store.partition("://")
    raise OptionError.malformed(
        *("--store", scheme + separator),
        "local, or mysql://USER@HOST/DATABASE of a server that is running (make demo-mysql starts one)",
    )
