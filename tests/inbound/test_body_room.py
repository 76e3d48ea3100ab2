"""The room for bodies: what has arrived counts, nobody's beginnings fill it, and a body must come at a least rate."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from sparkmon.inbound import Arrival, BodyRoom, Refusal, body_room

MIB = 2**20


def scope(address: str = "10.0.0.1") -> dict[str, Any]:
    return {"type": "http", "client": (address, 1234)}


def read(
    arrival: Arrival, pieces: Sequence[bytes], *, length: str | None = None, pause_s: float = 0.0
) -> bytes | Refusal | None:
    """Send pieces, the last of which ends the body unless it is empty: then the sender goes."""
    rest = list(pieces)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause_s)
        piece = rest.pop(0)
        if not piece:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(rest)}

    return asyncio.run(arrival.read(receive, length))


def refused(answer: bytes | Refusal | None) -> tuple[int, str]:
    assert isinstance(answer, Refusal)
    return answer.status, answer.reason


def test_a_whole_body_is_returned_and_its_room_given_back() -> None:
    room = BodyRoom(16 * MIB, MIB)
    with Arrival(room, scope()) as arrival:
        assert read(arrival, [b"a", b"b" * 10, b"c"]) == b"abbbbbbbbbbc"
        assert (room.bytes, room.partial_bytes, dict(room.partial_of)) == (12, 0, {})
    assert room.bytes == 0


def test_a_sender_that_goes_leaves_nothing() -> None:
    room = BodyRoom(16 * MIB, MIB)
    with Arrival(room, scope()) as arrival:
        assert read(arrival, [b"a", b""]) is None
    assert (room.bytes, room.partial_bytes, dict(room.partial_of)) == (0, 0, {})


@pytest.mark.parametrize("length", [str(MIB + 1), "9" * 5000, "x", "²", "-1"])
def test_a_length_beyond_the_limit_is_refused_before_a_byte_is_read(length: str) -> None:
    with Arrival(BodyRoom(16 * MIB, MIB), scope()) as arrival:
        assert refused(read(arrival, [], length=length)) == (413, "too_large")


def test_a_body_that_grows_beyond_the_limit_is_refused() -> None:
    with Arrival(BodyRoom(16 * MIB, MIB), scope()) as arrival:
        assert refused(read(arrival, [b"x" * MIB, b"x", b"x"])) == (413, "too_large")


def begun_by(room: BodyRoom, stack: ExitStack, address: str, count: int, now: float = 0.0) -> list[tuple[int, str]]:
    """Begin bodies of which a sixteenth is missing; return the refusals."""
    answers = []
    for _ in range(count):
        with ExitStack() as own:
            arrival = own.enter_context(Arrival(room, scope(address)))
            answer = arrival._take(MIB * 15 // 16, is_last=False, now=now)
            if answer is None:
                stack.push(own.pop_all())
            else:
                answers.append(refused(answer))
    return answers


def test_begun_bodies_of_one_client_take_a_quarter_and_those_of_all_a_half() -> None:
    room = BodyRoom(16 * MIB, MIB)
    with ExitStack() as stack:
        assert begun_by(room, stack, "10.0.0.1", 60) == [(503, "unfinished_full")] * 56
        assert begun_by(room, stack, "10.0.0.2", 60) == [(503, "unfinished_full")] * 56
        assert begun_by(room, stack, "10.0.0.3", 60) == [(503, "unfinished_full")] * 60
        assert room.bytes == 8 * MIB * 15 // 16
        with Arrival(room, scope("10.0.0.1")) as arrival:  # whole in one piece
            assert read(arrival, [b"x" * MIB]) == b"x" * MIB
    assert (room.bytes, room.partial_bytes, dict(room.partial_of)) == (0, 0, {})


def test_where_room_is_short_stalled_bodies_give_way_and_others_do_not() -> None:
    room = BodyRoom(16 * MIB, MIB)
    with ExitStack() as stack:
        assert begun_by(room, stack, "10.0.0.1", 4) == []
        quick = next(iter(room.partial))
        assert quick._take(16 * 2**10, is_last=False, now=0.9) is None
        others = list(room.partial)
        # A second later the three that have not brought 16 KiB since give way to three, and then nobody.
        assert begun_by(room, stack, "10.0.0.1", 4, now=1.0) == [(503, "unfinished_full")]
        assert set(room.partial) - set(others[:3]) == set(room.partial)
        assert quick in room.partial
        assert room.bytes == room.partial_bytes == 4 * MIB * 15 // 16 + 16 * 2**10
    assert (room.bytes, room.partial_bytes, dict(room.partial_of)) == (0, 0, {})


@pytest.mark.slow
def test_a_stalled_body_that_gives_way_is_answered_at_once() -> None:
    room = BodyRoom(2 * MIB, MIB)

    async def story() -> tuple[bytes | Refusal | None, bytes | Refusal | None]:
        never = asyncio.Event()

        async def stalled() -> dict[str, Any]:
            if room.partial:
                await never.wait()
            return {"type": "http.request", "body": b"x" * (MIB - 1), "more_body": True}

        pieces = [b"y" * (MIB // 2), b"y" * (MIB // 2)]

        async def honest() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": pieces.pop(), "more_body": bool(pieces)}

        async def read_of(receive: Any) -> bytes | Refusal | None:  # noqa: ANN401 - ASGI
            with Arrival(room, scope()) as arrival:
                return await arrival.read(receive, None)

        first = asyncio.ensure_future(read_of(stalled))
        await asyncio.sleep(body_room.STALL_S + 0.1)
        second = await read_of(honest)
        return await asyncio.wait_for(first, 5), second

    first, second = asyncio.run(story())
    assert refused(first) == (503, "unfinished_full")
    assert second == b"y" * MIB
    assert (room.bytes, room.partial_bytes, dict(room.partial_of)) == (0, 0, {})


def test_whole_bodies_fill_the_room_and_no_more() -> None:
    room = BodyRoom(16 * MIB, MIB)
    with ExitStack() as stack:
        for _ in range(16):
            arrival = stack.enter_context(Arrival(room, scope()))
            assert read(arrival, [b"x" * MIB]) == b"x" * MIB
        with Arrival(room, scope()) as arrival:
            assert refused(read(arrival, [b"x"])) == (503, "pending_full")
    assert (room.bytes, room.partial_bytes, dict(room.partial_of)) == (0, 0, {})


@pytest.mark.parametrize(("pause_s", "is_refused"), [(0.6, True), (0.02, True), (0.0, False)])
def test_a_body_that_comes_too_slowly_is_refused(
    monkeypatch: pytest.MonkeyPatch, pause_s: float, is_refused: bool
) -> None:
    monkeypatch.setattr(body_room, "PACE_S", 0.3)
    with Arrival(BodyRoom(16 * MIB, MIB), scope()) as arrival:
        answer = read(arrival, [b"x" * 60] * 30, pause_s=pause_s)
    assert isinstance(answer, Refusal) is is_refused
    if isinstance(answer, Refusal):
        assert (answer.status, answer.reason) == (408, "slow")
