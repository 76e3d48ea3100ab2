"""The queries of a monitor: closed windows, open windows, dead letters; and the threads next to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from sparkmon.errors import OptionError
from sparkmon.health import HealthLimits, Watchdog, health_writer
from sparkmon.monitor.batch_query import await_sources, find_query_id, start_query
from sparkmon.monitor.checkpoint import check_checkpoint
from sparkmon.monitor.closed_windows import ClosedWindows
from sparkmon.monitor.dead_letters import DeadLetters
from sparkmon.monitor.heartbeat_thread import HeartbeatThread
from sparkmon.monitor.heartbeats import Heartbeats
from sparkmon.monitor.idle_tracker import Clock
from sparkmon.monitor.leases import Leases
from sparkmon.monitor.monitor_query import MonitorQuery
from sparkmon.monitor.open_windows import OpenWindows

__all__ = ["Queries", "Rows"]

Rows: TypeAlias = Callable[[DataFrame | None], DataFrame]
"""Returns the stream of decoded rows, with the stream of heartbeats in it."""

_CLOSED, _OPEN, _DEAD_LETTERS = "profiles", "provisional", "dead_letters"


class Queries:
    """Starts the queries.

    Parameters
    ----------
    profiles_of : callable
        Rows to profiles.
    closed : ClosedWindows
        Writes the closed windows.
    provisional : OpenWindows, optional
        Writes the open windows, if requested.
    dead_letters : DeadLetters
        Writes what could not be decoded.
    clock : Clock
        The windows.
    idle : timedelta, optional
        A stream is idle, and gets heartbeats, once no events have come for this long; without, it gets none.
    health : HealthLimits
        The thresholds of the health checks.
    """

    def __init__(
        self,
        profiles_of: Callable[[DataFrame], DataFrame],
        closed: ClosedWindows,
        provisional: OpenWindows | None,
        dead_letters: DeadLetters,
        clock: Clock,
        idle: timedelta | None,
        health: HealthLimits,
    ) -> None:
        self._profiles_of, self._closed, self._open = profiles_of, closed, provisional
        self._dead_letters, self._clock = dead_letters, clock
        self._idle, self._health = idle, health

    def start(
        self,
        rows: Rows,
        checkpoints: str,
        *,
        spark: SparkSession,
        dead_letters: DataFrame | None = None,
        available_now: bool,
        flush: bool = False,
        take_over: bool = False,
    ) -> MonitorQuery:
        """Start them.

        Parameters
        ----------
        rows : callable
            See :data:`Rows`.
        checkpoints : str
            The directory of their progress.
        spark : SparkSession
            Reads the checkpoints; writes and reads heartbeats.
        dead_letters : DataFrame, optional
            The stream of what could not be decoded. Without, the rows were decoded elsewhere and have their watermark
            already: they get no heartbeats.
        available_now, flush, take_over : bool
            See :meth:`sparkmon.Monitor.start`.

        Raises
        ------
        OptionError
            ``flush`` is requested of a query that goes on, or that cannot have heartbeats.
        CheckpointError
            The directory is damaged.
        """
        if flush and not available_now:
            raise OptionError(
                "got flush for a stream that goes on, which closes its windows itself; set available_now, too"
            )
        names = (_CLOSED, _OPEN) if self._open is not None else (_CLOSED,)
        places = {name: f"{checkpoints}/{name}" for name in (*names, _DEAD_LETTERS)}
        for place in places.values():
            check_checkpoint(spark, place)
        heartbeats = {
            name: None if dead_letters is None else self._heartbeats(spark, places[name])
            for name in names
        }
        if flush and heartbeats[_CLOSED] is None:
            raise OptionError(
                f"got flush with {checkpoints}, which an earlier version of sparkmon made without heartbeats; "
                "leave flush out, or start on a new directory of checkpoints"
            )
        leases = self._closed.leases(places[_CLOSED], take_over)

        def frame_of(name: str) -> DataFrame:
            own = heartbeats[name]
            stream = None if own is None else own.read_stream(probe=flush or not available_now)
            return self._profiles_of(rows(stream))

        frames = {name: frame_of(name) for name in names}
        ids = [find_query_id(spark, places[name]) for name in names]
        alerts = self._closed.alerts
        # A query that takes over delivers what the former holder has not.
        writers = [health_writer(checkpoints), *(each for each in ids if each is not None)]
        alerts.open(self._closed.tables.open(spark), None if take_over else writers)
        queries: dict[str, StreamingQuery] = {}
        for name in names:
            queries[name] = self._begin(name, frames[name], places[name], available_now, leases)
            await_sources(queries[name])
        if dead_letters is not None:
            place, write = places[_DEAD_LETTERS], self._dead_letters.write
            queries[_DEAD_LETTERS] = start_query(
                dead_letters, place, write, available_now=available_now
            )

        def close_all() -> None:
            own = heartbeats[_CLOSED]
            if own is not None and own.close_all(queries[_CLOSED]):
                again = frame_of(_CLOSED)
                place = places[_CLOSED]
                self._begin(_CLOSED, again, place, available_now, leases).awaitTermination()

        watchdog = Watchdog(
            queries,
            self._dead_letters.counters,
            alerts,
            self._health,
            spark,
            checkpoints,
            may_end=available_now,
        )
        threads = [] if available_now else self._send_heartbeats(heartbeats, queries)
        return MonitorQuery(queries, watchdog, alerts, threads, close_all if flush else None)

    def _send_heartbeats(
        self,
        heartbeats: Mapping[str, Heartbeats | None],
        queries: Mapping[str, StreamingQuery],
    ) -> list[HeartbeatThread]:
        return [
            HeartbeatThread(own, queries[name], self._idle)
            for name, own in heartbeats.items()
            if own is not None and self._idle is not None
        ]

    def _heartbeats(self, spark: SparkSession, checkpoint: str) -> Heartbeats | None:
        heartbeats = Heartbeats(spark, checkpoint, self._clock)
        return heartbeats if heartbeats.are_possible() else None

    def _begin(
        self,
        name: str,
        profiles: DataFrame,
        checkpoint: str,
        available_now: bool,
        leases: Leases,
    ) -> StreamingQuery:
        if self._open is not None:
            self._open.prepare(profiles.sparkSession)
        if self._open is not None and name == _OPEN:
            return start_query(
                profiles,
                checkpoint,
                self._open.write,
                available_now=available_now,
                mode="update",
            )
        write = partial(self._closed.write, leases=leases)
        return start_query(profiles, checkpoint, write, available_now=available_now)
