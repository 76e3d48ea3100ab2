"""What one sender, or many, cannot do to a receiver: too much, too large, too slow, too often."""

import re
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest

from sparkmon.inbound.connections import STALL_S
from sparkmon.receiver.rate_limit import RateLimit
from tests.receiver.test_batches import BATCH, encoded, item
from tests.support.receiver import Receiver, event_headers
from tests.support.spools import read_all

pytestmark = pytest.mark.slow

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nCe-Id: 1\r\nCe-Type: t\r\nCe-Source: s\r\n"


def refused(receiver: Receiver, reason: str) -> float:
    return receiver.metric(f'sparkmon_receiver_refused_total{{reason="{reason}"}}')


def trickled(receiver: Receiver, pieces: Iterable[bytes], pause_s: float) -> tuple[bytes, float]:
    """Send pieces one by one until the receiver closes; return its answer and how long that took."""
    begun = time.monotonic()
    answer = b""
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.settimeout(pause_s)
        for piece in pieces:
            try:
                connection.sendall(piece)
                answer = connection.recv(65536)
                break
            except TimeoutError:
                continue
            except OSError:
                break
    return answer, time.monotonic() - begun


def test_a_sender_over_its_rate_gets_the_time_to_wait(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_client_events_per_second=0.25) as receiver:
        assert receiver.post(event_headers("e"), b"{}")[0] == 202
        status, headers, told = receiver.post(event_headers("e"), b"{}")
        assert (status, told["reason"]) == (429, "client_rate")
        assert 1 <= int(headers["retry-after"]) <= 4
        time.sleep(int(headers["retry-after"]))
        assert receiver.post(event_headers("e"), b"later")[0] == 202
        assert refused(receiver, "client_rate") == 1


def test_a_batch_is_taken_whole_and_paid_for_afterwards(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_events_per_second=1) as receiver:
        assert receiver.post(BATCH, encoded(*(item(str(n), n) for n in range(40))))[0] == 202
        status, headers, told = receiver.post(event_headers("e"), b"{}")
        assert (status, told["reason"]) == (429, "rate")
        assert 20 <= int(headers["retry-after"]) <= 40  # 40 - 1 owed and 1 more, less what has passed
    assert len(read_all(tmp_path)) == 40


def refusal(limit: RateLimit, client: str) -> tuple[int, str, int] | None:
    found = limit.excess(client)
    return found and (found.status, found.reason, found.retry_after_s)


def test_rates_are_remembered_for_a_number_of_clients_and_the_idle_ones_are_forgotten() -> None:
    now = 0.0
    limit = RateLimit(0, 1, max_clients=3, clock=lambda: now)
    for number in range(1000):
        assert limit.excess(f"10.0.0.{number}") is None
        limit.take(f"10.0.0.{number}")
    assert len(limit) == 3
    assert refusal(limit, "10.0.0.999") == (429, "client_rate", 1)
    assert limit.excess("10.0.0.0") is None
    now = 0.5
    assert refusal(limit, "10.0.0.999") == (429, "client_rate", 1)
    now = 1.0
    assert limit.excess("10.0.0.999") is None


def test_a_head_that_never_ends_is_refused(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_header_bytes=2**16) as receiver:
        many = (b"X-%d: %s\r\n" % (n, b"x" * 100) for n in range(10_000))
        answer, _ = trickled(receiver, [HEAD, *[b"".join(many)]], 0.2)
        assert answer.startswith(b"HTTP/1.1 431 ")
        one = [HEAD + b"X: ", *[b"x" * 10_000] * 200]
        assert trickled(receiver, one, 0.01)[0].startswith(b"HTTP/1.1 431 ")
        url = [b"POST /", *[b"x" * 10_000] * 200]
        assert trickled(receiver, url, 0.01)[0].startswith(b"HTTP/1.1 431 ")
        assert refused(receiver, "headers_too_large") == 3


def test_too_many_headers_are_refused_and_as_many_as_allowed_are_not(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_headers=20) as receiver:
        few = [*event_headers("fits"), *[("X", "y")] * 12]  # with Host and Content-Length 20
        assert receiver.post(few, b"fits")[0] == 202
        status, _, told = receiver.post([*few, ("X", "y")], b"one more")
        assert (status, told["reason"]) == (431, "headers_too_large")
    assert read_all(tmp_path) == [b"fits"]


def test_a_large_body_in_one_piece_with_its_head_is_no_large_head(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_header_bytes=4096) as receiver:
        sent = HEAD + b"Connection: close\r\nContent-Length: 60000\r\n\r\n" + b"y" * 60_000
        assert receiver.raw(sent).startswith(b"HTTP/1.1 202 ")
    assert read_all(tmp_path) == [b"y" * 60_000]


def test_chunk_extensions_and_trailers_without_end_are_refused(tmp_path: Path) -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    with Receiver(tmp_path, max_header_bytes=4096) as receiver:
        trailer = [chunked + b"0\r\nX: ", *[b"x" * 1000] * 200]
        assert trickled(receiver, trailer, 0.01)[0].startswith(b"HTTP/1.1 431 ")
        extension = [chunked + b"1;", *[b"x" * 1000] * 200]
        assert trickled(receiver, extension, 0.01)[0].startswith(b"HTTP/1.1 4")
        assert receiver.health()["pending_events"] == 0


def test_a_trickling_sender_is_cut_off_and_holds_no_room(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_pending_events=1, request_seconds=1) as receiver:
        body = [HEAD + b"Content-Length: 1000\r\n\r\n", *[b"x"] * 1000]
        head = [HEAD[n : n + 1] for n in range(len(HEAD))]
        nothing = [b""] * 1000
        breaks = [b"\r\n"] * 1000
        for pieces in (body, head, nothing, breaks):
            answer, seconds = trickled(receiver, pieces, 0.1)
            assert answer.startswith(b"HTTP/1.1 408 "), pieces[0]
            assert 1 <= seconds < 50  # the sender would go on for 100
            assert receiver.post(event_headers("e"), b"whole")[0] == 202
        assert refused(receiver, "slow") == 4
    assert read_all(tmp_path) == [b"whole"] * 4


def test_a_slow_disk_is_not_a_slow_sender(tmp_path: Path) -> None:
    with Receiver(tmp_path, request_seconds=0.2, commit_interval_ms=1000) as receiver:
        assert receiver.post(event_headers("e"), b"{}")[0] == 202


def test_more_connections_than_allowed_are_refused_until_one_closes(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_connections=3) as receiver:
        held = [socket.create_connection(("127.0.0.1", receiver.port)) for _ in range(3)]
        for connection in held:
            connection.sendall(HEAD + b"Content-Length: 9\r\n\r\nx")
        answer = receiver.raw(b"")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5\r\n" in answer
        for connection in held:
            connection.close()
        statuses = [503]
        while statuses[-1] == 503 and len(statuses) < 100:
            try:
                statuses.append(receiver.post(event_headers("e"), b"{}")[0])
            except ConnectionError:  # refused while it was still sending
                statuses.append(503)
        assert statuses[-1] == 202
        assert refused(receiver, "connections") == len(statuses) - 1
        assert receiver.metric("sparkmon_receiver_connections") == 1


@pytest.mark.parametrize("sent", [b"", HEAD])
def test_connections_without_a_head_give_way_to_new_ones(tmp_path: Path, sent: bytes) -> None:
    with Receiver(tmp_path, max_connections=64) as receiver, ExitStack() as stack:
        address = ("127.0.0.1", receiver.port)
        idle = [stack.enter_context(socket.create_connection(address)) for _ in range(64)]
        for connection in idle:
            connection.sendall(sent)
        time.sleep(STALL_S + 0.5)
        assert [receiver.post(event_headers("e"), b"{}")[0] for _ in range(10)] == [202] * 10
        assert refused(receiver, "connections") >= 1
    assert len(read_all(tmp_path)) == 10


def test_an_idle_connection_is_closed(tmp_path: Path) -> None:
    with Receiver(tmp_path, keep_alive_seconds=1) as receiver:
        begun = time.monotonic()
        answer = receiver.raw(HEAD + b"Content-Length: 2\r\n\r\n{}")
        assert answer.startswith(b"HTTP/1.1 202 ")
        assert 1 <= time.monotonic() - begun < 10


def test_what_is_no_http_is_counted_and_fills_no_log(tmp_path: Path) -> None:
    with Receiver(tmp_path, keep_alive_seconds=1) as receiver:
        for sent in (b"\x16\x03\x01\x02\x00\x01", b"GET \x00 HTTP/1.1\r\n\r\n", b"SPKM\r\n\r\n"):
            assert receiver.raw(sent).startswith(b"HTTP/1.1 400 ")
        upgrade = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: h2c\r\n\r\n"
        assert receiver.raw(upgrade).startswith(b"HTTP/1.1 200 ")
        assert refused(receiver, "not_http") == 3
        before = len(receiver.said)
        receiver.terminate()
    assert not [line for line in receiver.said[before:] if "WARN" in line or "ERROR" in line]


def test_a_sender_cannot_name_an_address_as_its_own(tmp_path: Path) -> None:
    with Receiver(tmp_path, max_client_events_per_second=0.01) as receiver:
        spoofed = [receiver.post([*event_headers("e"), ("X-Forwarded-For", f"10.0.0.{n}")], b"{}")[0] for n in range(4)]
        assert spoofed == [202, 429, 429, 429]


def test_requests_that_do_not_wait_are_answered_in_turn_and_bounded(tmp_path: Path) -> None:
    one = HEAD + b"Content-Length: 2\r\n\r\n{}"
    last = one.replace(b"Host: x", b"Connection: close")
    with Receiver(tmp_path, commit_interval_ms=100) as receiver:
        assert receiver.raw(one * 9 + last).count(b"HTTP/1.1 202 ") == 10
        assert receiver.raw(one * 1000).count(b"HTTP/1.1 202 ") == 17  # one under way, 16 waiting
        assert refused(receiver, "pipelined") == 1
    assert len(read_all(tmp_path)) == 27


def test_what_follows_a_good_request_spoils_neither_its_event_nor_the_log(tmp_path: Path) -> None:
    with Receiver(tmp_path, commit_interval_ms=100) as receiver:
        good = HEAD + b"Content-Length: 2\r\n\r\n{}"
        for after in (b"garbage\r\n\r\n", good.replace(b"Host", b"Ho\0st"), good + b"\xff"):
            statuses = re.findall(rb"HTTP/1\.1 (\d+) ", receiver.raw(good + after))
            assert set(statuses) == {b"202"}
        before = len(receiver.said)
        receiver.terminate()
    assert read_all(tmp_path) == [b"{}"] * 4
    assert not [line for line in receiver.said[before:] if "ERROR" in line]


def test_a_post_to_any_path_is_taken_and_another_method_is_not(tmp_path: Path) -> None:
    with Receiver(tmp_path) as receiver:
        for path in ("/", "//", "/a%0Ab", "/%00", "/..%2F..", "/?a=b", "*"):
            assert receiver.post(event_headers("e"), b"{}", path)[0] == 202, path
        put = b"PUT /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert receiver.raw(put).startswith(b"HTTP/1.1 405 ")
    assert len(read_all(tmp_path)) == 7
