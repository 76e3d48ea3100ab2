"""What a client writes into a body or a header steers neither the version nor whether its event is read."""

import json
from typing import Any

import pytest

from sparkmon.protocol import DecodedEvents, decode_events, events_to_batch, from_http
from sparkmon.protocol.enrichment import Enrichment
from sparkmon.records import Event
from tests.protocol.events import event, headers
from tests.protocol.hostile import GOOD, tensor
from tests.support.decoding import decode

NOTE = Enrichment("fraud:1", {"card": [7]}, {"cards": [0]}).to_text()
NOTED = json.dumps({"instances": [[1.5]], "parameters": {"sparkmon": NOTE}}).encode()


def read(events: list[Event], models_with_notes: tuple[str, ...] = ()) -> DecodedEvents:
    [whole] = decode_events(events_to_batch(events), models_with_notes=models_with_notes)
    assert not whole.reasons
    return whole


def call(number: int, half: str = "inputs") -> bytes:
    body = {"model_version": f"mine-{number}", half: [tensor([1], data=[number])]}
    return json.dumps(body).encode()


def test_a_version_in_a_request_is_not_used() -> None:
    [block] = read([event(call(number)) for number in range(20)]).blocks
    assert (block.model_version, len(block)) == ("", 20)
    assert decode(event(call(1))).model_version is None
    by_operator = {"model-version": "3"}
    [block] = read([event(call(number), annotations=by_operator) for number in range(20)]).blocks
    assert (block.model_version, len(block)) == ("3", 20)


def test_the_version_of_a_response_is_the_servers_and_a_requests_does_not_replace_it() -> None:
    answers = [event(call(number % 2, "outputs"), "response") for number in range(6)]
    assert {block.model_version for block in read(answers).blocks} == {"mine-0", "mine-1"}
    answer = b'{"predictions": [1]}'
    [block] = read([event(answer, "response", request_payload=call(1))]).blocks
    assert block.model_version == ""


@pytest.mark.parametrize("parameter", [1, None, {}, "", "no JSON", '{"view": 1}', NOTE])
@pytest.mark.parametrize("many", [1, 10])
def test_a_clients_note_is_left_where_it_is(parameter: object, many: int) -> None:
    body = {"instances": [[1.5]], "parameters": {"sparkmon": parameter}}
    events = [event(json.dumps(body).encode())] * many
    for component, models in (("predictor", ("other",)), ("transformer", ("iris",))):
        whole = read([_of(component, one) for one in events], models)
        [block] = whole.blocks
        assert (len(block), block.entities, block.row_flags) == (many, None, None)
        assert block.features is not None
        assert block.features.numbers.tolist() == [[1.5]] * many
    assert decode(events[0]).row_flags == []


@pytest.mark.parametrize("component", ["predictor", "", "explainer"])
def test_the_note_of_a_models_transformer_is_read(component: str) -> None:
    [block] = read([_of(component, event(NOTED))] * 2, ("iris",)).blocks
    assert block.entities is not None
    assert block.row_flags is not None
    assert block.entities.numbers.tolist() == [[7.0]] * 2
    assert block.row_flags.names == ("cards.missing",)


def test_a_note_that_is_malformed_costs_the_note() -> None:
    broken = NOTED.replace(b"[7]", b"[7, 8]")
    whole = read([event(broken), event(NOTED), event(broken)], ("iris",))
    rows = {int(at): block for block in whole.blocks for at in block.event}
    assert [rows[at].row_flags is not None for at in range(3)] == [False, True, False]
    assert whole.counts.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        (b'{"X-Request-Id": ["a\xff"], "X-Team": ["risk"]}', {"X-Request-Id": [], "X-Team": ["risk"]}),
        (b'{"X-Request-Id": ["a\xff", "b"]}', {"X-Request-Id": ["b"]}),
        (b'{"X-Request-Id": "\\ufffd"}', {"X-Request-Id": []}),
    ],
)
def test_a_header_that_is_not_utf8_costs_its_value(metadata: bytes, kept: dict[str, Any]) -> None:
    for value in (metadata, metadata.decode("latin-1")):
        got = from_http([*headers().items(), ("Ce-Metadata", value)], GOOD)
        assert (got.dead_letter, got.metadata) == (None, kept)
        [row] = read([got]).rows().to_pylist()
        assert row["request_id"] in ("1", "b")


@pytest.mark.parametrize("name", ["Content-Type", "Ce-Id"])
def test_other_headers_of_a_client_may_be_any_bytes(name: str) -> None:
    got = from_http([*headers(**{name.replace("-", "_"): "\xff\xfe"}).items()], GOOD)
    assert got.dead_letter is None
    assert decode(got).kind == "v1_request"


def test_a_content_type_hides_no_rows() -> None:
    events = [event(GOOD, content_type="application/grpc") for _ in range(3)]
    assert read(events).kinds.to_pylist() == ["v1_request"] * 3
    assert decode(events[0]).kind == "v1_request"
    assert decode(event(b"\1\0\0\0\0", content_type="application/grpc")).kind == "grpc"


def _of(component: str, one: Event) -> Event:
    return event(one.payload, component=component)
