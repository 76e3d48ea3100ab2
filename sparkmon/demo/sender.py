"""Calls to the transformer at a constant rate, after the last chunk of an earlier run; half-way the store breaks."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

import httpx

from sparkmon.demo.flights import MODEL
from sparkmon.demo.traffic import Call, Traffic
from sparkmon.errors import SparkmonError

_IN_FLIGHT = 4
_TRIES = 20
_TRY_AGAIN = {429, 502, 503, 504}


@dataclass
class Progress:
    """The progress, stored in a file."""

    sent_chunks: int = 0
    fault_time: str | None = None

    @classmethod
    def read(cls, path: Path) -> Progress:
        """Read the file; without one, nothing has been sent."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def write(self, path: Path) -> None:
        """Write the file atomically."""
        draft = path.with_suffix(".draft")
        with draft.open("w") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


class Sender(threading.Thread):
    """Sends all requests.

    A chunk counts as sent once all its calls are answered: killed at any point and started again, the sender repeats
    the calls of at most one chunk.

    Parameters
    ----------
    traffic : Traffic
        The requests.
    url : str
        The transformer's address.
    note : Path
        The file with the progress.
    seconds : float
        The duration of all chunks.
    break_store : callable
        Called once, before the second half.
    """

    def __init__(
        self,
        traffic: Traffic,
        url: str,
        note: Path,
        seconds: float,
        break_store: Callable[[], None],
    ) -> None:
        super().__init__(name="traffic", daemon=True)
        self._traffic, self._url, self._note = traffic, url, note
        self._pause = seconds / traffic.chunks
        self._break_store = break_store
        self.progress = Progress.read(note)
        self.error: BaseException | None = None

    @property
    def rows(self) -> int:
        """The number of flights."""
        return self._traffic.rows

    @property
    def share(self) -> float:
        """The share of the traffic that has been sent, from 0 to 1."""
        return self.progress.sent_chunks / self._traffic.chunks

    def run(self) -> None:
        """Send until all calls are answered; a failure is stored in ``error``."""
        try:
            asyncio.run(self._send_all())
        except Exception as error:  # reported by the main thread
            self.error = error

    async def _send_all(self) -> None:
        progress = self.progress
        async with httpx.AsyncClient(base_url=self._url, timeout=30) as client:
            for index in range(progress.sent_chunks, self._traffic.chunks):
                start = time.monotonic()
                if index >= self._traffic.chunks // 2 and progress.fault_time is None:
                    # Before the fault: no window that ends by this time has rows with it.
                    progress.fault_time = datetime.now(timezone.utc).isoformat()
                    self._break_store()
                await self._send(client, self._traffic.chunk(index))
                progress.sent_chunks = index + 1
                progress.write(self._note)
                await asyncio.sleep(max(0.0, self._pause - (time.monotonic() - start)))

    async def _send(self, client: httpx.AsyncClient, calls: list[Call]) -> None:
        for start in range(0, len(calls), _IN_FLIGHT):
            await asyncio.gather(
                *(_call(client, call) for call in calls[start : start + _IN_FLIGHT])
            )


async def _call(client: httpx.AsyncClient, call: Call) -> None:
    headers = {"Content-Type": "application/json", "X-Request-Id": call.request_id}
    for attempt in range(_TRIES):
        try:
            answer = await client.post(
                f"/v1/models/{MODEL}:predict", content=call.body, headers=headers
            )
        except httpx.TransportError:
            if attempt == _TRIES - 1:
                raise
        else:
            if answer.is_success:
                _check(answer, call)
                return
            if answer.status_code not in _TRY_AGAIN:
                raise SparkmonError(f"a call was refused: {answer.status_code} {answer.text}")
        await asyncio.sleep(0.1 * 2 ** min(attempt, 4))
    raise SparkmonError(f"the transformer was not ready after {_TRIES} tries")


def _check(answer: httpx.Response, call: Call) -> None:
    predictions = answer.json()["predictions"]
    if len(predictions) != call.rows:
        raise SparkmonError(f"sent {call.rows} flights, got {len(predictions)} predictions")
