"""Changes of the tables, as server-sent events: pages that are open renew themselves."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

import anyio.to_thread

from sparkmon.dashboard.reading import REST, Versions

SEEN = (
    *("alerts", "alert_actions", "attributions", "closed_windows", "dead_letters", "deliveries", "outliers"),
    "performance",
)
"""The tables whose commits renew a page."""
_MOST = 100
_ALIVE_S = 15.0


class Changes:
    """Looks at the versions of the tables once for all open pages, and only while there are some."""

    def __init__(self, versions: Versions, poll_s: float) -> None:
        self._read, self._poll_s = versions, poll_s
        self._open = 0
        self._versions = ""
        self._time, self._look_s = float("-inf"), 0.0
        self._lock = asyncio.Lock()

    def versions(self) -> str:
        """Return the numbers of the tables' last commits as one text; nothing where there is no table."""
        return _text(map(self._read.look, SEEN))

    def last(self) -> str:
        """Return versions that are no newer than what a page is about to show: those of the last look, if it is recent.

        Pages that are open look often; a page that is read next to them needs no looks of its own.
        """
        is_recent = time.monotonic() - self._time < self._poll_s
        return self._versions if is_recent else _text(map(self._read.last, SEEN))

    async def stream(self, versions: str | None = None) -> AsyncIterator[str]:
        """Yield an event when a table has changed, and a comment now and then, so that a broken line is noticed.

        ``versions`` are those that the page shows: what has changed since is an event, too.
        """
        if self._open >= _MOST:
            yield "retry: 60000\n\n"
            return
        self._open += 1
        loop = asyncio.get_running_loop()
        try:
            last, alive = versions or await self._current(), loop.time()
            yield "retry: 2000\n\n"
            while True:
                await asyncio.sleep(max(self._poll_s, REST * self._look_s))
                current = await self._current()
                if current != last:
                    last, alive = current, loop.time()
                    yield "event: change\ndata: \n\n"
                elif loop.time() - alive > _ALIVE_S:
                    alive = loop.time()
                    yield ": alive\n\n"
        finally:
            self._open -= 1

    async def _current(self) -> str:
        async with self._lock:
            now = time.monotonic()
            if now - self._time >= max(self._poll_s, REST * self._look_s) / 2:
                self._versions = await anyio.to_thread.run_sync(self.versions)
                self._time = time.monotonic()
                self._look_s = self._time - now
            return self._versions


def _text(versions: Iterable[int | None]) -> str:
    return ".".join("" if each is None else str(each) for each in versions)
