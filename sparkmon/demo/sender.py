"""Traffic posted over HTTP at an even pace, from where an earlier run left off."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from pathlib import Path

import httpx

from sparkmon.demo.traffic import LoggerEvent, Traffic
from sparkmon.errors import SparkmonError

__all__ = ["Sender"]

_IN_FLIGHT = 16
_TRIES = 20


class Sender(threading.Thread):
    """Post all traffic to a receiver, then a heartbeat.

    Every chunk is acknowledged as a whole before the next is sent, and then noted on disk: killed at any point and
    started again, the sender repeats one chunk at most, whose events the monitor knows by their identity.

    Parameters
    ----------
    traffic : Traffic
        What to send.
    url : str
        The receiver's address.
    progress : Path
        The file that holds how many chunks have been acknowledged.
    seconds : float
        How long all chunks should take.
    """

    def __init__(self, traffic: Traffic, url: str, progress: Path, seconds: float) -> None:
        super().__init__(name="traffic", daemon=True)
        self._traffic, self._url, self._progress = traffic, url, progress
        self._pause = seconds / traffic.chunks
        self.sent_chunks = self._noted()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Send until all is acknowledged; a failure is kept in ``error``."""
        try:
            asyncio.run(self._send_all())
        except Exception as error:  # told by the main thread
            self.error = error

    async def _send_all(self) -> None:
        async with httpx.AsyncClient(base_url=self._url, timeout=30) as client:
            for index in range(self.sent_chunks, self._traffic.chunks):
                began = time.monotonic()
                await self._send(client, self._traffic.chunk(index))
                self._note(index + 1)
                await asyncio.sleep(max(0.0, self._pause - (time.monotonic() - began)))
            await self._send(client, self._traffic.heartbeat())

    async def _send(self, client: httpx.AsyncClient, events: list[LoggerEvent]) -> None:
        for start in range(0, len(events), _IN_FLIGHT):
            await asyncio.gather(
                *(_post(client, event) for event in events[start : start + _IN_FLIGHT])
            )

    def _noted(self) -> int:
        if not self._progress.exists():
            return 0
        return int(json.loads(self._progress.read_text())["sent_chunks"])

    def _note(self, chunks: int) -> None:
        draft = self._progress.with_suffix(".draft")
        with draft.open("w") as file:
            json.dump({"sent_chunks": chunks}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._progress)
        self.sent_chunks = chunks


async def _post(client: httpx.AsyncClient, event: LoggerEvent) -> None:
    for attempt in range(_TRIES):
        try:
            answer = await client.post("/", headers=event.headers, content=event.body)
        except httpx.TransportError:
            if attempt == _TRIES - 1:
                raise
        else:
            if answer.is_success:
                return
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise SparkmonError(
                    f"the receiver refused an event: {answer.status_code} {answer.text}"
                )
        await asyncio.sleep(0.1 * 2 ** min(attempt, 4))
    raise SparkmonError(f"the receiver was not ready after {_TRIES} tries")
