"""Events that the receiver acknowledges a second, posted from the same machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.posts import IN_FLIGHT, post_for
from bench.rounds import Contender, Rounds
from bench.section import Section
from sparkmon.demo.platform import ServerProcess

__all__ = ["measure_receiver"]


def measure_receiver(folder: Path, rounds: Rounds, seconds: float) -> Section:
    """Post for ``seconds`` at each run, over connections that stay and over one for each event."""
    command = ("sparkmon", "receive", str(folder / "received"), "--port", "{port}")
    with ServerProcess(command, folder / "receiver.log", "/health") as receiver:
        receiver.wait_ready()
        port = int(receiver.url.rpartition(":")[2])
        results = rounds.measure(
            [
                Contender(
                    f"{IN_FLIGHT} connections kept alive", lambda: asyncio.run(post_for(port, seconds, keep_alive=True))
                ),
                Contender(
                    f"a connection for each event, {IN_FLIGHT} at a time",
                    lambda: asyncio.run(post_for(port, seconds, keep_alive=False)),
                ),
            ]
        )
    title = f"Receiver: V1 requests of 20 numbers acknowledged, that is on disk, in runs of {seconds:g} s"
    notes = ["events/CPU s counts the CPU time of receiver and sender together; they share the cores"]
    return Section("receiver", title, "events", results, {}, notes)
