"""Load on an HTTP server of this machine: at a fixed rate whatever it does, or as fast as it answers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

from sparkmon.errors import SparkmonError

__all__ = ["Load", "closed_loop", "open_loop"]

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass
class Load:
    """What the answers were: status to how many, and the seconds that each answer with success took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    refused_seconds: list[float] = field(default_factory=list)

    def percentile_ms(self, share: float) -> float:
        """Return the time below which a share of the answers with success stayed, in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1e3

    def add(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.statuses[status] += 1
        (self.seconds if 200 <= status < 300 else self.refused_seconds).append(seconds)


async def open_loop(port: int, request: bytes, rate: float, seconds: float) -> Load:
    """Begin ``rate`` requests a second for some seconds, each on an idle connection or on a new one.

    Times count from when a request was due, so that one that had to wait for its turn is not made to look fast.
    """
    load = Load()
    idle: list[_Connection] = []
    tasks = set()
    begin = time.perf_counter() + 0.05

    async def ask(due: float) -> None:
        connection = idle.pop() if idle else await _connect(port)
        load.add(await connection.ask(request), time.perf_counter() - due)
        idle.append(connection)

    for number in range(int(rate * seconds)):
        due = begin + number / rate
        if due > time.perf_counter():
            await asyncio.sleep(due - time.perf_counter())
        task = asyncio.create_task(ask(due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    for connection in idle:
        connection.close()
    return load


async def closed_loop(port: int, request: bytes, in_flight: int, seconds: float) -> Load:
    """Keep ``in_flight`` requests under way for some seconds, each on its own connection, which asks at least once."""
    load = Load()
    connections = [await _connect(port) for _ in range(in_flight)]
    start = time.perf_counter()

    async def ask(connection: _Connection) -> None:
        begin = start
        while True:
            load.add(await connection.ask(request), time.perf_counter() - begin)
            begin = time.perf_counter()
            if begin >= start + seconds:
                break
        connection.close()

    await asyncio.gather(*map(ask, connections))
    return load


async def _connect(port: int) -> _Connection:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(_Connection, "127.0.0.1", port)
    return protocol


class _Connection(asyncio.Protocol):
    """One kept-alive connection that asks and reads the status; it costs little beside a server."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop has its own classes
        self._data = b""
        self._answer: asyncio.Future[int] | None = None

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._data += data
        head_end = self._data.find(_END)
        if head_end < 0:
            return
        head = self._data[:head_end].lower()
        at = head.find(_LENGTH) + len(_LENGTH)
        length = int(head[at : (head + b"\r").find(b"\r", at)])
        if len(self._data) < head_end + len(_END) + length:
            return
        status = int(head[9:12])
        self._data = b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(SparkmonError(f"the server closed the connection: {exc}"))
