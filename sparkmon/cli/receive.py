"""``sparkmon receive``: the HTTP endpoint that KServe's logger posts to."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from sparkmon.errors import MissingExtraError

__all__ = ["receive"]

_MIB = 2**20


def receive(
    path: Annotated[Path, typer.Argument(help="Directory of the spool; made if it is not there.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8080,
    limit_gib: Annotated[
        float, typer.Option(help="Size of the spool, GiB; beyond it events are refused with 503.")
    ] = 10.0,
    max_event_mib: Annotated[
        int, typer.Option(help="Largest event, MiB; a larger one is refused with 413.")
    ] = 16,
    pair_seconds: Annotated[
        float,
        typer.Option(
            help="Store a response together with its request if it comes so soon; 0: never."
        ),
    ] = 0.0,
    retention_days: Annotated[
        float, typer.Option(help="Remove segments that are older than this.")
    ] = 7.0,
    until_stdin_closes: Annotated[
        bool, typer.Option(help="Stop when standard input ends, that is with the parent process.")
    ] = False,
) -> None:
    """Receive KServe logger events over HTTP and keep them in a spool.

    An event is answered with 202 once it is on disk. Point the logger of an
    InferenceService at it (spec.predictor.logger.url: http://HOST:PORT/),
    and read the spool with `sparkmon run`, or in Python with
    spark.readStream.format("kserve").load(PATH).

    Example: sparkmon receive spool --port 8080
    """
    try:
        from sparkmon.receiver.app import serve
        from sparkmon.receiver.settings import ReceiverSettings
    except ImportError as error:
        raise MissingExtraError.of(str(error.name), "receiver") from error
    settings = ReceiverSettings(
        path=str(path),
        host=host,
        port=port,
        max_event_bytes=max_event_mib * _MIB,
        max_pending_bytes=max(256, 4 * max_event_mib) * _MIB,
        limit_bytes=round(limit_gib * 2**30),
        pair_seconds=pair_seconds,
        retention_seconds=retention_days * 86400,
    )
    if until_stdin_closes:
        threading.Thread(target=_stop_with_parent, daemon=True).start()
    serve(settings)


def _stop_with_parent() -> None:
    while os.read(
        sys.stdin.fileno(), 4096
    ):  # without a buffer, whose lock would outlive the thread
        pass
    os.kill(os.getpid(), signal.SIGTERM)
