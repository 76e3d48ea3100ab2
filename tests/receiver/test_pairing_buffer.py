"""Pairing in memory: which requests a response finds."""

from dataclasses import replace
from datetime import datetime, timezone

from sparkmon.receiver.pairing_buffer import PairingBuffer
from sparkmon.records import DeadLetter, Event

REQUEST = Event(
    "1",
    "request",
    "pod",
    datetime(2026, 11, 23, tzinfo=timezone.utc),
    b"question",
    model="iris",
    namespace="demo",
    component="predictor",
)
RESPONSE = replace(REQUEST, event_type="response", payload=b"answer")


class Clock:
    """Seconds that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_response_gets_its_request_as_often_as_it_comes() -> None:
    buffer = PairingBuffer(10)
    assert buffer.pair(REQUEST) is REQUEST
    for _ in range(2):
        paired = buffer.pair(RESPONSE)
        assert (paired.request_payload, paired.request_time) == (b"question", REQUEST.event_time)
        assert paired.payload == b"answer"


def test_a_response_before_its_request_stays_alone() -> None:
    buffer = PairingBuffer(10)
    assert buffer.pair(RESPONSE) is RESPONSE


def test_hops_of_one_call_are_distinguished() -> None:
    buffer = PairingBuffer(10)
    buffer.pair(replace(REQUEST, component="transformer", payload=b"raw"))
    buffer.pair(REQUEST)
    others = [
        replace(RESPONSE, namespace="x"),
        replace(RESPONSE, model="x"),
        replace(RESPONSE, event_id="x"),
        replace(RESPONSE, component="explainer"),
    ]
    assert [buffer.pair(other) for other in others] == others
    outer = buffer.pair(replace(RESPONSE, component="transformer"))
    assert (outer.request_payload, buffer.pair(RESPONSE).request_payload) == (b"raw", b"question")


def test_requests_are_forgotten_after_their_time() -> None:
    clock = Clock()
    buffer = PairingBuffer(10, clock=clock)
    buffer.pair(REQUEST)
    clock.now = 9.9
    assert buffer.pair(RESPONSE).request_payload == b"question"
    clock.now = 10.0
    assert buffer.pair(RESPONSE).request_payload is None
    assert len(buffer) == 0


def test_the_oldest_go_when_there_are_too_many_or_too_much() -> None:
    few, small = PairingBuffer(10, max_events=2), PairingBuffer(10, max_bytes=20)
    for buffer in (few, small):
        for name in ("a", "b", "c"):
            buffer.pair(replace(REQUEST, event_id=name))
        found = [buffer.pair(replace(RESPONSE, event_id=name)).request_payload for name in "abc"]
        assert found == [None, b"question", b"question"]


def test_a_repeated_request_is_counted_once() -> None:
    buffer = PairingBuffer(10, max_bytes=20)
    for payload in (b"0123456789", b"abcdefghij", b"ABCDEFGHIJ"):
        buffer.pair(replace(REQUEST, payload=payload))
    buffer.pair(replace(REQUEST, event_id="2", payload=b"0123456789"))
    assert buffer.pair(RESPONSE).request_payload == b"ABCDEFGHIJ"


def test_dead_letters_are_neither_remembered_nor_paired() -> None:
    buffer = PairingBuffer(10)
    buffer.pair(replace(REQUEST, dead_letter=DeadLetter("BROKEN", "it is")))
    assert len(buffer) == 0
    buffer.pair(REQUEST)
    broken = replace(RESPONSE, dead_letter=DeadLetter("BROKEN", "it is"))
    assert buffer.pair(broken) is broken


def test_nothing_is_kept_when_pairing_is_off() -> None:
    buffer = PairingBuffer(0)
    buffer.pair(REQUEST)
    assert (len(buffer), buffer.pair(RESPONSE)) == (0, RESPONSE)
