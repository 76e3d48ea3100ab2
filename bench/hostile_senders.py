"""What honest senders notice while others hold a receiver's connections, heads, bodies and answers open.

``python -m bench.hostile_senders`` starts a receiver with its defaults, posts events at a fixed rate, and lets 16, 64
and 256 senders of the same address do what `HOSTILE` lists, again as soon as they are cut off.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import cast

import httpx
from rich.console import Console
from rich.table import Table

from bench.load import Load, open_loop
from bench.posts import event_request
from sparkmon.demo.platform import ServerProcess
from tests.support.resident import greatest_resident

__all__ = ["HOSTILE", "Reception", "measure_reception"]

_MIB = 2**20
_RATE = 50.0
_PAUSE_S = 0.5
_POST = b"POST / HTTP/1.1\r\nHost: x\r\nCe-Id: 1\r\nCe-Type: t\r\nCe-Source: s\r\n"
_REFUSED = re.compile(r'^sparkmon_receiver_refused_total\{reason="(\w+)"\} (\S+)$', re.MULTILINE)


async def announces(_: StreamReader, writer: StreamWriter) -> None:
    """Announce 16 MiB, send 60 bytes and wait."""
    writer.write(_POST + b"Content-Length: 16777216\r\n\r\n" + b"x" * 60)


async def breaks_off(_: StreamReader, writer: StreamWriter) -> None:
    """Send 1 MiB of a body less one byte and wait."""
    writer.write(_POST + b"Content-Length: 1048577\r\n\r\n" + b"x" * _MIB)


async def begins_a_chunk(_: StreamReader, writer: StreamWriter) -> None:
    """Send the beginning of a chunk and wait."""
    writer.write(_POST + b"Transfer-Encoding: chunked\r\n\r\n3c\r\n" + b"x" * 50)


async def trickles(_: StreamReader, writer: StreamWriter) -> None:
    """Send a body byte by byte."""
    writer.write(_POST + b"Content-Length: 60000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.1)


async def ends_no_head(_: StreamReader, writer: StreamWriter) -> None:
    """Send header after header."""
    writer.write(_POST)
    for number in count():
        writer.write(b"X-%d: %s\r\n" % (number, b"x" * 1000))
        await writer.drain()
        await asyncio.sleep(0.05)


async def is_silent(_: StreamReader, __: StreamWriter) -> None:
    """Connect and send nothing."""


async def does_not_read(_: StreamReader, writer: StreamWriter) -> None:
    """Ask for the metrics again and again, and read no answer."""
    cast(asyncio.Transport, writer.transport).pause_reading()
    while True:
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 4)
        await writer.drain()
        await asyncio.sleep(1.0)


async def is_no_http(_: StreamReader, writer: StreamWriter) -> None:
    """Send what is no HTTP."""
    writer.write(b"\x16\x03\x01" + b"\xff" * 4096)


HOSTILE: Sequence[Callable[[StreamReader, StreamWriter], Awaitable[None]]] = (
    announces,
    breaks_off,
    begins_a_chunk,
    trickles,
    ends_no_head,
    is_silent,
    does_not_read,
    is_no_http,
)


@dataclass(frozen=True, slots=True)
class Reception:
    """What a receiver did for honest senders, and what it refused."""

    hostile: int
    load: Load
    resident_bytes: int
    refused: dict[str, int]

    @property
    def accepted_share(self) -> float:
        """The share of honest posts that were acknowledged."""
        return self.load.statuses[202] / self.load.statuses.total()


def measure_reception(folder: Path, hostile: int, seconds: float) -> Reception:
    """Post events for some seconds to a receiver that writes into ``folder`` and has so many hostile senders."""
    command = ("sparkmon", "receive", str(folder / f"spool-{hostile}"), "--port", "{port}")
    with ServerProcess(command, folder / f"receiver-{hostile}.log", "/health") as receiver:
        receiver.wait_ready()
        load = asyncio.run(_honest_beside(int(receiver.url.rpartition(":")[2]), hostile, seconds))
        metrics = httpx.get(receiver.url + "/metrics").text
        resident = greatest_resident(receiver.process_id)
    refused = {reason: int(float(times)) for reason, times in _REFUSED.findall(metrics) if float(times)}
    return Reception(hostile, load, resident, refused)


async def _honest_beside(port: int, hostile: int, seconds: float) -> Load:
    tasks = [asyncio.create_task(_again_and_again(port, HOSTILE[n % len(HOSTILE)])) for n in range(hostile)]
    await asyncio.sleep(1.0)  # until all of them hold what they can
    load = await open_loop(port, event_request(keep_alive=True), _RATE, seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return load


async def _again_and_again(port: int, act: Callable[[StreamReader, StreamWriter], Awaitable[None]]) -> None:
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await act(reader, writer)
                await reader.read()  # until it is cut off
            finally:
                writer.transport.abort()
        await asyncio.sleep(_PAUSE_S)


def main() -> None:
    """Print a line for each number of hostile senders."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile_senders", description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="of posts beside each number of senders")
    parser.add_argument("--hostile", type=int, nargs="+", default=[0, 16, 64, 256], help="hostile senders at once")
    chosen = parser.parse_args()
    title = f"A receiver with its defaults: {_RATE:g} honest posts a second beside hostile senders of the same address"
    table = Table("hostile", "posts", "accepted", "p50 ms", "p99 ms", "resident MiB", "refused", title=title)
    with tempfile.TemporaryDirectory(prefix="sparkmon-bench-") as folder:
        for hostile in chosen.hostile:
            print(f"bench: {hostile} hostile senders", file=sys.stderr, flush=True)
            found = measure_reception(Path(folder), hostile, chosen.seconds)
            table.add_row(
                str(hostile),
                str(found.load.statuses.total()),
                f"{found.accepted_share:.2%}",
                f"{found.load.percentile_ms(0.5):.1f}",
                f"{found.load.percentile_ms(0.99):.1f}",
                str(found.resident_bytes // _MIB),
                ", ".join(f"{times} {reason}" for reason, times in sorted(found.refused.items())),
            )
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)


if __name__ == "__main__":
    main()
