"""``sparkmon run``: the monitor that a ``monitor.yaml`` describes, until it is told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]

_POLL_S = 1


def run(
    config: Annotated[Path, typer.Argument(metavar="MONITOR.YAML", help="What to watch, and how.")],
    available_now: Annotated[
        bool, typer.Option("--available-now", help="Process what is there now and end.")
    ] = False,
    flush: Annotated[
        bool,
        typer.Option("--flush", help="As --available-now, and close the last window, too."),
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="Go on behind what a query whose checkpoints are lost has written to the tables.",
        ),
    ] = False,
) -> None:
    """Watch models as a monitor.yaml says, and tell when live traffic drifts.

    The file has three keys or more:

    source: {format: kserve, path: spool}, or
    {format: kafka, bootstrap_servers: HOST:PORT, topic: NAME};
    store: {path: store}, the directory or URL of the feature store;
    tables: a directory such as ./tables, or a catalog schema;
    optional: checkpoints, window, slide, longer_windows, delay, idle,
    reference, history, components, statistics, thresholds, rates,
    false_alarms_per_week, provisional, slices, views, alerts, policy, health,
    metrics, spark.

    Relative paths are relative to the file, and ${NAME} in a value is an
    environment variable. Ctrl-C stops the monitor; started again, it goes
    on where it was.

    Example: sparkmon run monitor.yaml
    """
    # Spark takes a moment to import, and `sparkmon --help` needs none of it.
    from sparkmon.cli.spark import open_session
    from sparkmon.config import read_config

    chosen = read_config(config)
    kafka = chosen.source.format == "kafka"
    # Spark sets a handler of its own at its start: ours comes after.
    with open_session(chosen.spark, kafka=kafka) as spark, _stop_signal() as stopped:
        monitor = chosen.monitor()
        query = monitor.start(
            chosen.source.events(spark),
            chosen.progress(),
            available_now=available_now or flush,
            flush=flush,
            take_over=take_over,
        )
        try:
            if chosen.metrics is not None:
                served = query.watchdog.serve(chosen.metrics.port, chosen.metrics.host)
                _say(f"metrics are at http://{chosen.metrics.host}:{served.port}/metrics")
            _say(f"watching {', '.join(monitor.models)} in {chosen.source.described()}")
            _say(f"profiles, drift_metrics, alerts and dead_letters are in {chosen.tables}")
            if not (available_now or flush):
                _say("Ctrl-C stops it; started again, it goes on where it was")
            late = 0
            while not stopped.is_set():
                ended = query.awaitTermination(_POLL_S)
                if (dropped := query.late_events) > late:
                    _say(
                        f"{dropped - late} events came later than {chosen.delay} and are in no window"
                    )
                    late = dropped
                if ended:
                    closed = ", and its last window closed" if flush else ""
                    _say(f"all that was there has been processed{closed}")
                    return
        finally:
            query.stop()
        _say("stopped")


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into an event, so that no call into Spark is cut off half-way."""
    stopped = threading.Event()
    kept = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopped
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _say(sentence: str) -> None:
    print(f"sparkmon: {sentence}", file=sys.stderr, flush=True)
