"""Senders that begin bodies and do not end them keep nobody out."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sparkmon.inbound import body_room
from sparkmon.receiver import ReceiverSettings, create_app
from tests.support.receiver import Receiver, event_headers

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nCe-Id: 1\r\nCe-Type: t\r\nCe-Source: s\r\n"
SIXTEEN_MIB = b"Content-Length: 16777216\r\n\r\n" + b"x" * 60
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3c\r\n" + b"x" * 60


@contextmanager
def begun(receiver: Receiver, count: int, sent: bytes, host: str) -> Iterator[None]:
    """Keep open ``count`` connections from ``host`` that have sent the beginning of a request."""
    with ExitStack() as stack:
        for _ in range(count):
            address = ("127.0.0.1", receiver.port)
            connection = stack.enter_context(socket.create_connection(address, timeout=60, source_address=(host, 0)))
            connection.setblocking(True)
            try:
                connection.sendall(HEAD + sent)
            except OSError:  # refused in the middle
                continue
        yield


def honest(receiver: Receiver, count: int, body: bytes = b"{}") -> tuple[list[int], float]:
    """Post events; return the answers and the longest that one took."""
    statuses, longest = [], 0.0
    for _ in range(count):
        begin = time.perf_counter()
        statuses.append(receiver.post(event_headers("e"), body)[0])
        longest = max(longest, time.perf_counter() - begin)
    return statuses, longest


@pytest.mark.slow
@pytest.mark.parametrize("sent", [SIXTEEN_MIB, CHUNKED])
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_what_is_announced_takes_no_room(tmp_path: Path, sent: bytes, host: str) -> None:
    with Receiver(tmp_path) as receiver, begun(receiver, 64, sent, host):
        assert honest(receiver, 100)[0] == [202] * 100
        assert receiver.health()["status"] == "ok"
        assert receiver.metric("sparkmon_receiver_pending_events") == 64


@pytest.mark.slow
def test_bodies_of_one_address_that_are_not_whole_leave_room_for_others(tmp_path: Path) -> None:
    most = 2**20
    almost = b"Content-Length: %d\r\n\r\n" % most + b"x" * (most - 1)
    with (
        Receiver(tmp_path, max_event_bytes=most, max_pending_bytes=8 * most) as receiver,
        begun(receiver, 16, almost, "127.0.0.2"),
    ):
        assert honest(receiver, 20, b"y" * (most - 1))[0] == [202] * 20
        refused = receiver.metric('sparkmon_receiver_refused_total{reason="unfinished_full"}')
        # A quarter of 8 MiB is for those of one address; of bodies that grow together fewer stay.
        assert 14 - 1 <= refused <= 15
        assert receiver.health()["status"] == "ok"


@pytest.mark.slow
def test_health_is_degraded_while_posts_find_no_room(tmp_path: Path) -> None:
    one = b"Content-Length: 9\r\n\r\nx"
    with Receiver(tmp_path, max_pending_events=1) as receiver:
        with begun(receiver, 1, one, "127.0.0.1"):
            while not receiver.health()["pending_events"]:
                time.sleep(0.01)
            assert honest(receiver, 1)[0] == [503]
        assert receiver.health()["status"] == "degraded"


@pytest.mark.parametrize(("pause_s", "status"), [(0.6, 408), (0.02, 408), (0.0, 202)])
def test_a_body_that_comes_too_slowly_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pause_s: float, status: int
) -> None:
    monkeypatch.setattr(body_room, "PACE_S", 0.3)
    app = create_app(ReceiverSettings(str(tmp_path)))
    answers: list[dict[str, Any]] = []
    pieces = iter([*[b"x" * 60] * 30, b""])

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause_s)
        piece = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI
        answers.append(message)

    async def run() -> None:
        phases = iter(["lifespan.startup"])
        stopped, started = asyncio.Event(), asyncio.Event()

        async def phase() -> dict[str, Any]:
            for name in phases:
                return {"type": name}
            await stopped.wait()
            return {"type": "lifespan.shutdown"}

        async def begin(message: Any) -> None:  # noqa: ANN401
            started.set()

        life = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, phase, begin))
        await started.wait()
        headers = [(b"ce-id", b"1"), (b"ce-type", b"t"), (b"ce-source", b"s")]
        await app({"type": "http", "method": "POST", "headers": headers}, receive, send)
        stopped.set()
        await life

    asyncio.run(run())
    assert answers[0]["status"] == status
