"""Connections of senders that idle, do not read, or send what costs more to keep than to send, over real sockets."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
import uvicorn

from sparkmon.inbound import ConnectionLimits, Connections
from sparkmon.inbound.connections import LINGERING, STALL_S

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
MIB = 2**20


class Server(NamedTuple):
    """A server in this process: what it refused, and its open connections."""

    port: int
    refused: list[str]
    connections: Connections

    async def connect(self, sent: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        WRITERS.append(writer)
        return reader

    async def status(self, sent: bytes) -> bytes:
        reader = await self.connect(sent)
        return (await asyncio.wait_for(reader.read(12), 20))[9:]


WRITERS: list[asyncio.StreamWriter] = []
"""Kept, because a connection is closed with its writer."""


async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Read the body, and answer with as many MiB as the path says."""
    while (await receive()).get("more_body"):
        pass
    body = b"x" * MIB * int(scope["path"][1:] or 0)
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(limits: ConnectionLimits) -> AsyncIterator[Server]:
    refused: list[str] = []
    connections = Connections(limits, refused.append)
    options: dict[str, Any] = {"ws": "none", "lifespan": "off", "log_config": None, "timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, http=connections.protocol, **options))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Server(server.servers[0].sockets[0].getsockname()[1], refused, connections)
    for writer in WRITERS:
        writer.transport.abort()
    WRITERS.clear()
    server.should_exit = True
    await running


def run(limits: ConnectionLimits, story: Callable[[Server], Awaitable[None]]) -> None:
    async def told() -> None:
        async with serving(limits) as server:
            await story(server)

    asyncio.run(told())


@pytest.mark.slow
@pytest.mark.parametrize("sent", [GET + b"\r\n", GET + b"Content-Length: 9\r\n\r\nx", CHUNKED + b"9\r\nx"])
def test_a_connection_that_waits_for_its_sender_gives_way_whether_it_idles_or_has_begun(sent: bytes) -> None:
    async def story(server: Server) -> None:
        for _ in range(4):
            await server.connect(sent)
        await asyncio.sleep(STALL_S + 0.2)
        assert [await server.status(GET + b"Connection: close\r\n\r\n") for _ in range(4)] == [b"200"] * 4
        assert 1 <= server.refused.count("connections") <= 4

    run(ConnectionLimits(max_connections=4), story)


@pytest.mark.slow
def test_an_answer_that_is_not_read_is_dropped_with_its_connection() -> None:
    async def story(server: Server) -> None:
        silent = await server.connect(b"GET /24 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while not server.refused:
            await asyncio.sleep(0.05)
        assert server.refused == ["unread"]
        assert not server.connections.open
        assert len(await silent.read()) < 24 * MIB
        reader = await server.connect(b"GET /24 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert len(await reader.read()) > 24 * MIB

    async def bounded(server: Server) -> None:
        await asyncio.wait_for(story(server), 60)

    run(ConnectionLimits(request_seconds=1), bounded)


@pytest.mark.parametrize("begun", [GET, CHUNKED + b"0\r\n"])
def test_short_headers_are_refused_before_their_head_or_trailer_ends(begun: bytes) -> None:
    async def story(server: Server) -> None:
        assert await server.status(begun + b"a:\r\n" * 300) == b"431"
        assert server.refused == ["headers_too_large"]

    run(ConnectionLimits(), story)


def test_a_body_of_chunks_of_a_byte_each_is_refused_and_of_larger_ones_is_not() -> None:
    async def story(server: Server) -> None:
        assert await server.status(CHUNKED + b"1\r\nx\r\n" * 100_000) == b"431"
        assert await server.status(CHUNKED + b"8\r\n12345678\r\n" * 100_000 + b"0\r\n\r\n") == b"200"

    run(ConnectionLimits(), story)


def test_a_target_that_is_no_path_is_refused_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async def story(server: Server) -> None:
        assert await server.status(b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n") == b"400"
        assert server.refused == ["not_http"]

    with caplog.at_level(logging.ERROR):
        run(ConnectionLimits(), story)
    assert not caplog.records


@pytest.mark.parametrize("mib", [1, 3])
def test_a_sender_that_reads_after_it_has_sent_all_finds_the_refusal(mib: int) -> None:
    async def story(server: Server) -> None:
        sent = GET + b"X: " + b"x" * mib * MIB
        for _ in range(5):
            connection = await asyncio.to_thread(socket.create_connection, ("127.0.0.1", server.port), 20)
            await asyncio.to_thread(connection.sendall, sent)
            await asyncio.sleep(0.05)
            assert (await asyncio.to_thread(connection.recv, 12))[9:] == b"431"
            connection.close()
        while server.connections.lingering:
            await asyncio.sleep(0.01)

    run(ConnectionLimits(max_header_bytes=2**16), story)


@pytest.mark.slow
def test_who_goes_on_sending_or_stays_after_a_refusal_is_cut_off() -> None:
    async def story(server: Server) -> None:
        _, endless = await asyncio.open_connection("127.0.0.1", server.port)

        async def send_on() -> None:
            for _ in range(16):
                endless.write(b"x" * MIB)
                await endless.drain()

        with pytest.raises(ConnectionError):
            await send_on()
        stays = [await server.connect(b"no HTTP\r\n\r\n") for _ in range(LINGERING + 20)]
        while len(server.refused) < LINGERING + 21:
            await asyncio.sleep(0.01)
        assert len(server.connections.lingering) == LINGERING
        assert not server.connections.open
        while server.connections.lingering:
            await asyncio.sleep(0.1)
        assert all([(await reader.read(12))[9:] == b"400" for reader in stays[20:]])

    run(ConnectionLimits(), story)
