"""Bodies that are begun and not ended: they take bounded memory of a transformer, and keep nobody out."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import grpc
import pytest

from sparkmon.inbound.connections import STALL_S
from tests.payload_logger.test_event_emitter import wait_for
from tests.serving.conftest import World
from tests.support.half_message import HalfMessage
from tests.support.serving import Served, start_transformer

V1 = "/v1/models/fraud:predict"
MIB = 2**20
MOST = MIB
"""Of one body: a sixteenth of the default."""
HEAD = f"POST {V1} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
LENGTH = b"Content-Length: %d\r\n\r\n" % MOST
CHUNK = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % MOST


@contextmanager
def begun(served: Served, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Keep open connections that have sent the beginning of a request."""
    connections = []
    with ExitStack() as stack:
        for _ in range(count):
            address = ("127.0.0.1", served.ports["http"])
            connection = stack.enter_context(socket.create_connection(address, timeout=60))
            connections.append(connection)
            with suppress(OSError):  # refused in the middle
                connection.sendall(HEAD + sent)
        yield connections


def resident(served: Served) -> float:
    """Return the MiB of memory that the process has."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    (kib,) = re.findall(r"^VmRSS:\s+(\d+) kB$", status, re.M)
    return int(kib) / 1024


@pytest.mark.parametrize("sent", [LENGTH, CHUNK])
def test_sixty_bodies_of_which_a_sixteenth_is_missing_take_bounded_memory(world: World, sent: bytes) -> None:
    host = f"127.0.0.1:{world.predictor.ports['http']}"
    flags = ("--max_body_bytes", str(MOST), "--enable_grpc", "false")
    with start_transformer(world.store, host, *flags) as served:
        answer = served.post(V1, {"instances": world.asked})
        before = resident(served)
        with begun(served, 60, sent + b"x" * (MOST * 15 // 16)):
            answers = [served.post(V1, {"instances": world.asked}) for _ in range(20)]
            assert [each.json for each in answers] == [answer.json] * 20
            # A quarter of sixteen bodies for one client, and as much again for what the kernel and the parser keep.
            assert resident(served) - before < 16 * MOST / MIB
            assert served.metric("sparkmon_transformer_in_flight") == 0
            refused = 'sparkmon_transformer_refused_total{reason="unfinished_full"}'
            wait_for(lambda: served.metric(refused) == 60 - 4)
            # A body of many pieces has no room until one that has stalled gives way to it.
            large = json.dumps({"instances": world.asked}).encode() + b" " * (MOST * 3 // 4)
            wait_for(lambda: served.post(V1, large).status == 200)
        wait_for(lambda: served.metric("sparkmon_transformer_connections") <= 1)
        assert served.post(V1, {"instances": world.asked}).status == 200


def test_slow_and_idle_connections_are_closed_and_more_than_allowed_are_refused(world: World) -> None:
    host = f"127.0.0.1:{world.predictor.ports['http']}"
    flags = ("--max_connections", "8", "--request_seconds", "3", "--enable_grpc", "false")
    name = "sparkmon_transformer_refused_total"
    with start_transformer(world.store, host, *flags) as served:
        served.wait_for("/v2/health/ready", 200)
        with begun(served, 8, LENGTH + b"x") as connections:
            time.sleep(STALL_S + 0.5)
            begin = time.monotonic()
            assert served.post(V1, {"instances": world.asked}).status == 200
            answers = [each.recv(13) for each in connections]
            assert time.monotonic() - begin < 30
            assert sorted(answers) == [b"HTTP/1.1 408 "] * 7 + [b"HTTP/1.1 503 "]
        assert served.metric(f'{name}{{reason="slow"}}') == 7
        assert served.metric(f'{name}{{reason="connections"}}') == 1


def test_a_grpc_message_that_does_not_come_is_refused(world: World) -> None:
    host = f"127.0.0.1:{world.predictor.ports['http']}"
    with start_transformer(world.store, host, "--request_seconds", "1") as served:
        address = f"127.0.0.1:{served.ports['grpc']}"
        end = threading.Event()

        def nothing() -> Iterator[bytes]:
            end.wait(60)
            yield from ()

        with grpc.insecure_channel(address) as channel:
            call = channel.stream_unary("/inference.GRPCInferenceService/ModelInfer")
            with pytest.raises(grpc.RpcError) as caught:
                call(nothing(), timeout=50)
            end.set()
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert caught.value.details() == "the message was not whole after 1 s"
            ready = channel.unary_unary("/inference.GRPCInferenceService/ServerReady")
            assert ready(b"", timeout=20) == b"\x08\x01"


def test_sixty_grpc_messages_of_which_a_sixteenth_is_missing_take_bounded_memory(world: World) -> None:
    host = f"127.0.0.1:{world.predictor.ports['http']}"
    most = 4 * MIB
    flags = ("--grpc_max_receive_message_length", str(most))
    with (
        start_transformer(world.store, host, *flags) as served,
        grpc.insecure_channel(f"127.0.0.1:{served.ports['grpc']}") as channel,
    ):
        ready = channel.unary_unary("/inference.GRPCInferenceService/ServerReady")
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        assert ready(b"", timeout=20) == b"\x08\x01"
        before = resident(served)
        halves = [HalfMessage(served.ports["grpc"], most) for _ in range(60)]
        assert [ready(b"", timeout=20) for _ in range(20)] == [b"\x08\x01"] * 20
        refused = 'sparkmon_transformer_refused_total{reason="unfinished_full"}'
        wait_for(lambda: served.metric(refused) >= 60 - 4)
        # Of one address a quarter of sixteen; eight are read at a time; of each of the others 64 KiB at most.
        assert resident(served) - before < (4 + 8) * most / MIB + 60 / 16
        wait_for(lambda: sum(half.sent > most * 15 // 16 for half in halves) >= 4)
        with pytest.raises(grpc.RpcError, match="RESOURCE_EXHAUSTED"):
            infer(b"x" * (most + 1), timeout=20)
        with pytest.raises(grpc.RpcError, match="the call has no message"):
            channel.stream_unary("/inference.GRPCInferenceService/ModelInfer")(iter(()), timeout=20)
        for half in halves:
            half.connection.close()
        assert ready(b"", timeout=20) == b"\x08\x01"


def test_a_head_without_end_is_refused(world: World) -> None:
    host = f"127.0.0.1:{world.predictor.ports['http']}"
    with start_transformer(world.store, host, "--enable_grpc", "false") as served:
        with begun(served, 1, b"X: " + b"x" * 2 * MIB) as (connection,), suppress(ConnectionError):
            assert connection.recv(13) in (b"HTTP/1.1 431 ", b"")
        wait_for(lambda: served.metric('sparkmon_transformer_refused_total{reason="headers_too_large"}') == 1)
