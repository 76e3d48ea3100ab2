"""Hostile bodies get their own condition, quickly, and with either JSON reader."""

import time
from typing import cast

import pytest

from sparkmon.protocol import Limits
from tests.protocol.events import event
from tests.protocol.hostile import GOOD, HOSTILE
from tests.support.decoding import decode


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_a_dead_letter_of_its_own_condition(name: str) -> None:
    body, condition = HOSTILE[name]
    started = time.process_time()
    said = decode(event(body))
    assert said.dead_letter is not None
    assert (said.kind, said.dead_letter.condition) == ("dead_letter", condition)
    assert len(said.dead_letter.reason) <= 500
    assert said.rows == []
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("limits", "condition"),
    [
        (Limits(rows=1), "TOO_MANY_ROWS"),
        (Limits(columns=1), "TOO_MANY_COLUMNS"),
        (Limits(values=3), "TOO_MANY_VALUES"),
        (Limits(text_bytes=3), "VALUE_TOO_LONG"),
        (Limits(payload_bytes=10), "BODY_TOO_LARGE"),
    ],
)
def test_limits_are_those_given(limits: Limits, condition: str) -> None:
    body = b'{"instances": [[1, "\xc3\xa6\xc3\xb8"], [2, "b"]]}'
    assert decode(event(body)).dead_letter is None
    letter = decode(event(body), limits).dead_letter
    assert letter is not None
    assert letter.condition == condition


def test_a_limit_itself_is_allowed() -> None:
    limits = Limits(rows=1, columns=2, values=2, payload_bytes=len(GOOD))
    assert decode(event(GOOD), limits).rows == [[1.5, 2]]


@pytest.mark.parametrize("length", ["-1", "0", "99999", "1" * 5000, "x", "", "10"])
def test_a_head_length_that_lies_is_a_dead_letter(length: str) -> None:
    metadata = {"Inference-Header-Content-Length": [length]}
    letter = decode(event(GOOD, metadata=metadata)).dead_letter
    assert letter is not None
    assert letter.condition == "HEAD_LENGTH_WRONG"


def test_a_fault_of_the_decoder_itself_is_a_dead_letter() -> None:
    no_bytes = cast("bytes", 12345)
    letter = decode(event(no_bytes)).dead_letter
    assert letter is not None
    assert letter.condition == "DECODER_FAILED"
    assert "TypeError" in letter.reason


def test_an_unknown_event_type_is_a_dead_letter() -> None:
    letter = decode(event(GOOD, "com.example.order")).dead_letter
    assert letter is not None
    assert letter.condition == "UNKNOWN_EVENT_TYPE"
