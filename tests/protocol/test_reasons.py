"""What a dead letter says of bytes from outside fits on a line of a log or a terminal."""

import pytest

from sparkmon.protocol import from_http, from_object, from_structured
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import DeadLetter
from tests.protocol.events import NOON, event, headers
from tests.protocol.hostile import tensor, v2
from tests.support.decoding import decode

NASTY = "\x1b[2J\r\nfake line \u202e\x00\x85\u2028"
CSV = f'id,bytes\n"{NASTY}"\n{NASTY},2,3\n1\n'.encode()


def reasons() -> dict[str, DeadLetter | None]:
    half = "request" + NASTY
    named = tensor([1], "FP64", ["a"]) | {"name": NASTY * 20}
    return {
        "event type": decode(event(b"{}", half)).dead_letter,
        "time": from_http(headers(Ce_Time=NASTY), b"").dead_letter,
        "metadata": from_http(headers(Ce_Metadata='{"\\u001b\\n": 1}'), b"").dead_letter,
        "structured": from_structured(f'{{"a": "{NASTY}"}}'.encode()).dead_letter,
        "tensor name": decode(event(v2(named))).dead_letter,
        "datatype": decode(event(v2(tensor([1], NASTY, [1])))).dead_letter,
        "csv": from_object(CSV, "a.csv", NOON)[0].dead_letter,
        "parquet": from_object(b"PAR1" + NASTY.encode() * 9, "a.parquet", NOON)[0].dead_letter,
    }


@pytest.mark.parametrize("name", reasons())
def test_a_reason_is_one_printable_line_of_bounded_length(name: str) -> None:
    letter = reasons()[name]
    assert letter is not None
    assert letter.reason.isprintable(), ascii(letter.reason)
    assert len(letter.reason) <= 500


def test_a_refusal_makes_control_characters_visible_and_stays_short() -> None:
    assert str(protocol_error("C", "got a\n\x1b[31m")) == r"[C] got a\n\x1b[31m"
    assert len(str(protocol_error("C", "\x00" * 1000))) == len("[C] ") + 500
