"""The queries of a monitor: windows that have closed, those that are open, dead letters; and what runs beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.errors import OptionError
from sparkmon.health import HealthLimits, Watchdog, health_writer
from sparkmon.monitor.batch_query import await_sources, start_query
from sparkmon.monitor.checkpoint import check_checkpoint
from sparkmon.monitor.claims import Claims
from sparkmon.monitor.closed_windows import ClosedWindows
from sparkmon.monitor.dead_letters import DeadLetters
from sparkmon.monitor.heartbeat_thread import HeartbeatThread
from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.open_windows import OpenWindows
from sparkmon.monitor.silence import Clock
from sparkmon.watch import Watch, known_query_id

__all__ = ["Queries", "Rows"]

Rows: TypeAlias = Callable[[DataFrame | None], DataFrame]
"""Gives the stream of decoded rows; takes the stream of heartbeats to put into it."""

_CLOSED, _OPEN, _LETTERS = "profiles", "provisional", "dead_letters"


class Queries:
    """Starts the queries.

    Parameters
    ----------
    profiles_of : callable
        Rows to profiles.
    closed : ClosedWindows
        Writes the windows that have closed.
    opened : OpenWindows, optional
        Writes those that are still open, where that is asked for.
    letters : DeadLetters
        Writes what could not be decoded.
    clock : Clock
        The windows.
    idle : timedelta, optional
        How long a stream is silent before heartbeats come; they never do without.
    health : HealthLimits
        What the monitor itself is held against.
    """

    def __init__(
        self,
        profiles_of: Callable[[DataFrame], DataFrame],
        closed: ClosedWindows,
        opened: OpenWindows | None,
        letters: DeadLetters,
        clock: Clock,
        idle: timedelta | None,
        health: HealthLimits,
    ) -> None:
        self._profiles_of, self._closed, self._opened = profiles_of, closed, opened
        self._letters, self._clock, self._idle, self._health = letters, clock, idle, health

    def start(
        self,
        rows: Rows,
        checkpoints: str,
        *,
        spark: SparkSession,
        letters: DataFrame | None = None,
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
        letters : DataFrame, optional
            The stream of what could not be decoded. Without, the rows were decoded elsewhere, and have their watermark
            already: there are no heartbeats then.
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
        places = {name: f"{checkpoints}/{name}" for name in (*names, _LETTERS)}
        for place in places.values():
            check_checkpoint(spark, place)
        own_spark = None if letters is None else spark
        beats = {name: self._beats(own_spark, places[name]) for name in names}
        if flush and beats[_CLOSED] is None:
            raise OptionError(
                f"got flush with {checkpoints}, which an earlier version of sparkmon made without heartbeats; "
                "leave flush out, or start on a new directory of checkpoints"
            )
        claims = self._closed.claims(places[_CLOSED], take_over)

        def frame_of(name: str) -> DataFrame:
            own = beats[name]
            heard = None if own is None else own.stream(probe=flush or not available_now)
            return self._profiles_of(rows(heard))

        frames = {name: frame_of(name) for name in names}
        ids = [known_query_id(spark, places[name]) for name in names]
        alert_manager = self._closed.alert_manager
        # What the one before has not delivered is for the one who takes over.
        writers = [health_writer(checkpoints), *(each for each in ids if each is not None)]
        alert_manager.open(spark, None if take_over else writers)
        queries: dict[str, StreamingQuery] = {}
        for name in names:
            queries[name] = self._begin(name, frames[name], places[name], available_now, claims)
            await_sources(queries[name])
        if letters is not None:
            queries[_LETTERS] = start_query(
                letters, places[_LETTERS], self._letters.write, available_now=available_now
            )

        def close_all() -> None:
            own = beats[_CLOSED]
            if own is not None and own.close_all(queries[_CLOSED]):
                again = frame_of(_CLOSED)
                place = places[_CLOSED]
                self._begin(_CLOSED, again, place, available_now, claims).awaitTermination()

        watchdog = Watchdog(
            queries,
            self._letters.tally,
            alert_manager,
            self._health,
            spark,
            checkpoints,
            may_end=available_now,
        )
        heartbeats = [] if available_now else self._send_heartbeats(beats, queries)
        return Watch(
            queries[_CLOSED],
            queries.get(_LETTERS),
            queries.get(_OPEN),
            [watchdog, *heartbeats],
            close_all if flush else None,
            alert_manager,
            watchdog,
        )

    def _send_heartbeats(
        self, beats: Mapping[str, Heartbeats | None], queries: Mapping[str, StreamingQuery]
    ) -> list[HeartbeatThread]:
        return [
            HeartbeatThread(own, queries[name], self._idle)
            for name, own in beats.items()
            if own is not None and self._idle is not None
        ]

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
