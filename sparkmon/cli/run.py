"""``sparkmon run``: the monitor that a ``monitor.yaml`` describes, until it is stopped."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from typer.core import TyperCommand

from sparkmon.backoff import Backoff
from sparkmon.cli.options import MonitorFile, option
from sparkmon.cli.stop_signal import StopSignal
from sparkmon.cli.terminal import note
from sparkmon.errors import SparkmonError

Result = TypeVar("Result")

_POLL_S = 1
_REST_S = 4.0
"""Between looks at a query that goes on: each costs a call into Java."""
_RESTARTS, _PAUSES = 5, Backoff(5.0, 60.0)
_STEADY_S = 600.0
"""A failure after this long is the first one again."""


class RunCommand(TyperCommand):
    """Fills in the keys of ``monitor.yaml`` when its help is printed."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - types of typer's own click
        """Print the help."""
        from sparkmon.config import REQUIRED, MonitorConfig, options_of
        from sparkmon.sinks import SINKS
        from sparkmon.sources import SOURCES

        options = options_of(MonitorConfig).values()
        self.help = (self.help or "").format(
            required=", ".join(each.name for each in options if each.default is REQUIRED),
            optional=", ".join(each.name for each in options if each.default is not REQUIRED),
            sources=", ".join(SOURCES),
            sinks=", ".join(SINKS),
            NAME="{NAME}",
        )
        super().format_help(ctx, formatter)


def run(
    config: MonitorFile,
    available_now: Annotated[bool, option("Process what is there now and end.", "--available-now")] = False,
    flush: Annotated[bool, option("As --available-now, and close the last window, too.", "--flush")] = False,
    take_over: Annotated[
        bool, option("Continue after what a query whose checkpoints are lost has written to the tables.", "--take-over")
    ] = False,
) -> None:
    """Monitor models as a monitor.yaml describes it, and alert when live traffic drifts.

    The file has the keys {required}; optional are {optional}.

    source has a format: {sources}. The sinks of alerting are {sinks}.

    Relative paths are relative to the file, and ${NAME} in a value is an
    environment variable. Ctrl-C stops the monitor; started again, it
    continues where it was.

    Example: sparkmon run monitor.yaml
    """
    # Spark takes a moment to import, and `sparkmon --help` needs none of it.
    from sparkmon.cli.spark import LONG, open_session
    from sparkmon.config import read_config
    from sparkmon.listening import listen

    settings = read_config(config)
    kafka = settings.source.uses_kafka
    monitor = settings.monitor()  # a store or a reference that is not there is known before Spark starts
    if settings.metrics is not None:
        listen(settings.metrics.host, settings.metrics.port).close()  # and so is a port in use
    # Spark sets a handler of its own at its start: ours comes after.
    with open_session({**LONG, **settings.spark}, kafka=kafka) as spark, _stop_signal() as stopped:

        def watch() -> None:
            query = monitor.start(
                settings.events(spark),
                settings.progress,
                available_now=available_now or flush,
                flush=flush,
                take_over=take_over,
            )
            try:
                if settings.metrics is not None:
                    port = query.watchdog.serve(settings.metrics.port, settings.metrics.host)
                    note(f"metrics are at http://{settings.metrics.host}:{port}/metrics")
                note(f"watching {', '.join(monitor.models)} in {settings.source.description}")
                note(f"profiles, drift_metrics, alerts and dead_letters are in {settings.tables}")
                if not (available_now or flush):
                    note("Ctrl-C stops it; started again, it continues where it was")
                ended = follow(query.awaitTermination, lambda: query.late_rows, stopped, may_end=available_now or flush)
            finally:
                query.stop()
            closed = ", and its last window closed" if flush else ""
            note(f"all that was there has been processed{closed}" if ended else "stopped")

        with_restarts(watch, stopped)


def follow(
    wait: Callable[[float], bool | None], late_rows: Callable[[], int], stopped: StopSignal, *, may_end: bool
) -> bool:
    """Wait until a query ends or is to be stopped, and report late rows; return whether it has ended.

    A query that goes on ends by an error, except where Spark fails to report it.
    """
    from sparkmon.monitor.failures import ENDED

    late = 0
    while not stopped.wait(0.0 if may_end else _REST_S):
        ended = wait(_POLL_S)
        if (dropped := late_rows()) > late:
            note(f"{dropped - late} rows came after their window had closed and are in none")
            late = dropped
        if ended and may_end:
            return True
        if ended and not stopped.is_set():
            raise SparkmonError(f"{ENDED}; nothing is lost: start again, and it goes on")
    return False


def with_restarts(watch: Callable[[], Result], stopped: StopSignal) -> Result | None:
    """Call again after a failure of Spark that passes; raise the last of too many that follow each other."""
    from sparkmon.monitor.failures import failure_of, is_transient

    failures = 0
    while not stopped.is_set():
        start_s = time.monotonic()
        try:
            return watch()
        except Exception as error:
            # Spark's failures have many types.
            if time.monotonic() - start_s > _STEADY_S:
                failures = 0
            if not is_transient(error):
                raise
            if failures == _RESTARTS:
                raise failure_of(error) or error from error
            pause_s = _PAUSES.pause_s(failures)
            failures += 1
            note(f"{failure_of(error) or error}")
            note(f"starting again in {pause_s:.0f} seconds, {failures} of {_RESTARTS} times")
        stopped.wait(pause_s)
    note("stopped")
    return None


@contextmanager
def _stop_signal() -> Iterator[StopSignal]:
    """Note Ctrl-C and SIGTERM, so that no call into Spark is cut off half-way."""
    stopped = StopSignal()
    handlers = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
