"""A batch is cut where its events end, and each of them is judged by itself."""

import base64
import json

import pytest

from sparkmon.errors import ProtocolError
from sparkmon.protocol.cloudevents import from_structured
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.structured_batch import from_structured_batch
from tests.protocol.captures import ROOT


def structured() -> list[bytes]:
    """Read the captured events that io.cloudevents wrote in structured mode."""
    values = [
        record["value_b64"]
        for path in sorted((ROOT / "kafka").glob("*.json"))
        for record in json.loads(path.read_text("utf-8"))["records"]
        if record["mode"] == "structured"
    ]
    return [base64.b64decode(value) for value in values]


def test_captured_events_read_the_same_in_a_batch_as_alone() -> None:
    events = []
    for text in structured():
        try:
            json.loads(text)
        except ValueError:
            continue  # a body that is no JSON, pasted: such an event does not go into a batch
        events.append(text)
    assert len(events) > 60
    read = from_structured_batch(b" [" + b" ,\n".join(events) + b"]\n")
    assert read == [from_structured(text) for text in events]


@pytest.mark.parametrize(
    "body", [b"", b"[", b"]", b"{}", b"[{}", b"[{}] []", b"[{},]", b"[,{}]", b"[{} {}]", b"[{]", b"[\xff]"]
)
def test_what_is_no_array_is_refused_whole(body: bytes) -> None:
    with pytest.raises(ProtocolError, match=r"^\[BATCH_NOT_JSON\] ") as caught:
        from_structured_batch(body)
    assert caught.value.condition == "BATCH_NOT_JSON"


def test_an_array_nested_without_end_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"^\[BATCH_NOT_JSON\] event 1 "):
        from_structured_batch(b"[" * 100_000 + b"]" * 100_000)


def test_the_number_of_events_is_bounded() -> None:
    limits = Limits(batch_events=3)
    assert len(from_structured_batch(b"[1,2,3]", limits=limits)) == 3
    with pytest.raises(ProtocolError, match=r"^\[BATCH_TOO_LONG\] got more than 3 events; "):
        from_structured_batch(b"[1,2,3,4]", limits=limits)
    assert from_structured_batch(b" [ ] ", limits=limits) == []
