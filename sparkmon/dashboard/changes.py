"""Changes of the tables, as server-sent events: pages that are open renew themselves."""

import asyncio
from collections.abc import AsyncIterator

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
        self._look, self._poll_s = versions.look, poll_s
        self._open = 0
        self._versions: tuple[int | None, ...] = ()
        self._time, self._look_s = float("-inf"), 0.0
        self._lock = asyncio.Lock()

    def versions(self) -> tuple[int | None, ...]:
        """Return the number of the last commit of each table; None where there is none."""
        return tuple(map(self._look, SEEN))

    async def stream(self) -> AsyncIterator[str]:
        """Yield an event when a table has changed, and a comment now and then, so that a broken line is noticed."""
        if self._open >= _MOST:
            yield "retry: 60000\n\n"
            return
        self._open += 1
        loop = asyncio.get_running_loop()
        try:
            last, alive = await self._current(), loop.time()
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

    async def _current(self) -> tuple[int | None, ...]:
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now - self._time >= max(self._poll_s, REST * self._look_s) / 2:
                self._versions = await anyio.to_thread.run_sync(self.versions)
                self._time = asyncio.get_running_loop().time()
                self._look_s = self._time - now
            return self._versions
