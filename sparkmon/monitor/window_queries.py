"""The queries over a monitor's windows: those that have closed, those that are open, and the heartbeats of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.errors import OptionError
from sparkmon.monitor.batch_query import start_query
from sparkmon.monitor.checkpoint import check_checkpoint
from sparkmon.monitor.claims import Claims
from sparkmon.monitor.closed_windows import ClosedWindows
from sparkmon.monitor.heartbeat_thread import HeartbeatThread
from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.open_windows import OpenWindows
from sparkmon.monitor.silence import Clock
from sparkmon.watch import Watch

__all__ = ["Rows", "WindowQueries"]

Rows: TypeAlias = Callable[[DataFrame | None], DataFrame]
"""Gives the stream of decoded rows; takes the stream of heartbeats to put into it."""

_CLOSED, _OPEN = "profiles", "provisional"


class WindowQueries:
    """Starts queries over windows.

    Parameters
    ----------
    profiles_of : callable
        Rows to profiles.
    closed : ClosedWindows
        Writes the windows that have closed.
    opened : OpenWindows, optional
        Writes those that are still open, where that is asked for.
    clock : Clock
        The windows.
    idle : timedelta, optional
        How long a stream is silent before heartbeats come; they never do without.
    """

    def __init__(
        self,
        profiles_of: Callable[[DataFrame], DataFrame],
        closed: ClosedWindows,
        opened: OpenWindows | None,
        clock: Clock,
        idle: timedelta | None,
    ) -> None:
        self._profiles_of, self._closed, self._opened = profiles_of, closed, opened
        self._clock, self._idle = clock, idle

    def start(
        self,
        rows: Rows,
        checkpoints: str,
        *,
        spark: SparkSession,
        heartbeats: bool = True,
        available_now: bool,
        flush: bool = False,
        take_over: bool = False,
    ) -> Watch:
        """Start them.

        Parameters
        ----------
        rows : callable
            See :data:`Rows`.
        checkpoints : str
            The directory of their progress.
        spark : SparkSession
            Reads what the queries have noted before; writes and reads heartbeats.
        heartbeats : bool
            Whether the queries may have them.
        available_now, flush, take_over : bool
            See :meth:`sparkmon.Monitor.start`.

        Raises
        ------
        OptionError
            ``flush`` is asked of a query that goes on, or that can have no heartbeats.
        CheckpointError
            The directory is damaged.
        """
        if flush and not available_now:
            raise OptionError(
                "got flush for a stream that goes on, which closes its windows itself; set available_now, too"
            )
        names = (_CLOSED, _OPEN) if self._opened is not None else (_CLOSED,)
        for name in names:
            check_checkpoint(spark, f"{checkpoints}/{name}")
        own_spark = spark if heartbeats else None
        beats = {name: self._beats(own_spark, f"{checkpoints}/{name}") for name in names}
        if flush and beats[_CLOSED] is None:
            raise OptionError(
                f"got flush with {checkpoints}, which an earlier version of sparkmon made without heartbeats; "
                "leave flush out, or start on a new directory of checkpoints"
            )

        claims = self._closed.claims(f"{checkpoints}/{_CLOSED}", take_over)

        def begin(name: str) -> StreamingQuery:
            own = beats[name]
            heard = None if own is None else own.stream(probe=flush or not available_now)
            frame = self._profiles_of(rows(heard))
            return self._begin(name, frame, f"{checkpoints}/{name}", available_now, claims)

        queries = {name: begin(name) for name in names}

        def close_all() -> None:
            own = beats[_CLOSED]
            if own is not None and own.close_all(queries[_CLOSED]):
                begin(_CLOSED).awaitTermination()

        threads = [
            HeartbeatThread(own, query, self._idle)
            for own, query in zip(beats.values(), queries.values(), strict=True)
            if own is not None and self._idle is not None and not available_now
        ]
        return Watch(
            queries[_CLOSED], None, queries.get(_OPEN), threads, close_all if flush else None
        )

    def _beats(self, spark: SparkSession | None, checkpoint: str) -> Heartbeats | None:
        if spark is None:
            return None
        beats = Heartbeats(spark, checkpoint, self._clock)
        return beats if beats.fit() else None

    def _begin(
        self,
        name: str,
        profiles: DataFrame,
        checkpoint: str,
        available_now: bool,
        claims: Claims,
    ) -> StreamingQuery:
        if self._opened is not None:
            self._opened.prepare(profiles.sparkSession)
        if self._opened is not None and name == _OPEN:
            return start_query(
                profiles,
                checkpoint,
                self._opened.write,
                available_now=available_now,
                mode="update",
            )
        write = partial(self._closed.write, claims=claims)
        return start_query(profiles, checkpoint, write, available_now=available_now)
