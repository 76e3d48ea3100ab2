"""Group commit: many waiting events share one block and one fsync, and are answered together."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import NamedTuple

from sparkmon.errors import SpoolError
from sparkmon.logs.spool_writer import SpoolWriter
from sparkmon.printable import printable
from sparkmon.protocol.event_batch import events_to_batch
from sparkmon.receiver.metrics import ReceiverMetrics
from sparkmon.receiver.settings import ReceiverSettings
from sparkmon.records import Event

logger = logging.getLogger(__name__)

_RETENTION_ROUND_S = 60.0
_ROUNDS = 60
_PART_BYTES = 8 * 2**20


class _Waiting(NamedTuple):
    events: Sequence[Event]
    size: int
    answer: asyncio.Future[SpoolError | None]


class GroupCommit:
    """The events on their way to disk. Its methods belong to the event loop; one thread of its own writes.

    Only this object writes the spool from now on; ``stop`` closes it.
    """

    def __init__(self, spool: SpoolWriter, settings: ReceiverSettings, metrics: ReceiverMetrics) -> None:
        self.last_commit_time: datetime | None = None
        self.last_error: str | None = None
        self._is_stopping = False
        self._spool = spool
        self._settings = settings
        self._metrics = metrics
        self._unread_removed = 0
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "sparkmon-spool")
        self._tasks: list[asyncio.Task[None]] = []

    async def store(self, events: Sequence[Event]) -> SpoolError | None:
        """Wait until ``events`` are on disk and return None, or return why none of them is kept."""
        answer: asyncio.Future[SpoolError | None] = asyncio.get_running_loop().create_future()
        size = sum(len(event.payload) + len(event.request_payload or b"") for event in events)
        self._waiting.append(_Waiting(events, size, answer))
        self._arrived.set()
        return await answer

    def start(self) -> None:
        """Begin to commit and to remove what retention allows."""
        self._tasks = [asyncio.create_task(self._commit_forever()), asyncio.create_task(self._remove_forever())]

    async def stop(self) -> None:
        """Finish and answer what is pending, and close the spool."""
        self._is_stopping = True
        self._arrived.set()
        commits, removals = self._tasks
        removals.cancel()
        await commits
        self._thread.shutdown()
        self._spool.close()

    async def _commit_forever(self) -> None:
        interval = self._settings.commit_interval_ms / 1e3
        while not (self._is_stopping and not self._waiting):
            await self._arrived.wait()
            if interval and not self._is_stopping:
                await asyncio.sleep(interval)
            group, self._waiting = self._waiting, deque()
            self._arrived.clear()
            while group:
                await self._commit(_next_part(group))

    async def _commit(self, part: Sequence[_Waiting]) -> None:
        start = time.perf_counter()
        events = [event for item in part for event in item.events]
        error: SpoolError | None = None
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: self._spool.append(events_to_batch(events))
            )
        except SpoolError as exc:
            error = exc
        except Exception as exc:
            # A sender must be answered and the next part written, whatever this one did.
            logger.exception("%d events could not be stored", len(events))
            reason = printable(str(exc)[:200])
            error = SpoolError(f"{type(exc).__name__}: {reason}; see the receiver's log")
        for item in part:
            if not item.answer.done():
                item.answer.set_result(error)
        self.last_error = None if error is None else str(error)
        if error is None:
            self.last_commit_time = datetime.now(timezone.utc)
            self._metrics.commit_seconds.observe(time.perf_counter() - start)
            self._metrics.commit_events.observe(len(events))
        elif not (self.last_error or "").startswith("[SPOOL_FULL]"):
            logger.error("%s", error)
        self._count_unread_removed()

    async def _remove_forever(self) -> None:
        pause = min(_RETENTION_ROUND_S, self._settings.retention_seconds)
        rounds: deque[tuple[float, int]] = deque(maxlen=_ROUNDS)
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._retain, rounds)
            except OSError:
                logger.exception("old segments of %s could not be removed", self._spool.path)
            self._count_unread_removed()
            await asyncio.sleep(pause)

    def _retain(self, rounds: deque[tuple[float, int]]) -> None:
        """Remove what is too old, and estimate when there is no room left for what nobody reads."""
        self._spool.remove_older_than(self._settings.retention_seconds)
        self._metrics.unread_bytes.set(self._spool.unread_bytes())
        rounds.append((time.monotonic(), self._spool.appended_bytes))
        seconds = rounds[-1][0] - rounds[0][0]
        appended = rounds[-1][1] - rounds[0][1]
        hours = self._spool.room_bytes() / appended * seconds / 3600 if appended else math.inf
        self._metrics.full_in_hours.set(hours)

    def _count_unread_removed(self) -> None:
        size = self._spool.unread_removed_bytes - self._unread_removed
        if size:
            self._unread_removed += size
            self._metrics.lose(size)
            logger.error(
                "%d bytes of events that not every query had read were removed from %s; "
                "raise the limit, or see why a query does not read",
                *(size, self._spool.path),
            )


def _next_part(group: deque[_Waiting]) -> list[_Waiting]:
    """Take what is written as one block: a block needs several times the memory of its bodies."""
    part = [group.popleft()]
    size = part[0].size
    while group and size + group[0].size <= _PART_BYTES:
        size += group[0].size
        part.append(group.popleft())
    return part
