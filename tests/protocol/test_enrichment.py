"""The notes of the transformer: written, read back, and what is refused."""

import json
from typing import Any

import pytest

from sparkmon.protocol.enrichment import Enrichment
from sparkmon.protocol.limits import Limits

SAID: dict[str, Any] = {
    "view": "fraud:1",
    "keys": {"card_id": [7, "ü", None]},
    "missing": {"cards_1": [1, 2]},
    "stale": {"cards_1": [0]},
    "age_s": {"cards_1": [12.5, None, None]},
}


def test_the_text_is_the_documented_json() -> None:
    note = Enrichment(
        "fraud:1",
        {"card_id": [7, "ü", None]},
        {"cards_1": [1, 2]},
        {"cards_1": [0]},
        {"cards_1": [12.5004, None, None]},
    )
    assert json.loads(note.to_text()) == SAID


def test_ids_beyond_the_doubles_stay_exact() -> None:
    note = Enrichment("fraud:1", {"card_id": [2**53 + 1, -(2**63)]})
    again = Enrichment.from_text(note.to_text(), 2)
    assert again is not None
    assert again.keys == {"card_id": [2**53 + 1, -(2**63)]}


def test_what_is_read_is_what_was_written() -> None:
    note = Enrichment.from_text(json.dumps(SAID), 3)
    assert note is not None
    assert note.keys == {"card_id": [7, "ü", None]}
    assert (note.missing, note.stale) == ({"cards_1": [1, 2]}, {"cards_1": [0]})
    assert note.age_s == {"cards_1": [12.5, None, None]}
    assert Enrichment.from_text('{"view": "a:1", "later": 1}', 3) == Enrichment("a:1", {})


@pytest.mark.parametrize(
    "change",
    [
        {"view": 3},
        {"view": ""},
        {"keys": [7]},
        {"keys": None},
        {"view": ["a"]},
        {"view": "v" * 5000},
        {"missing": {"g": [2, 1]}},
        {"missing": {"g": ["1"]}},
        {"missing": {"g": [[1]]}},
        {"missing": {"g": "12"}},
        {"age_s": {"g": 1.0}},
        {"keys": {"card_id": 7}},
        {"keys": {"card_id": [7]}},
        {"keys": {"card_id": [[1], 2, 3]}},
        {"keys": {"card_id": ["x" * 5000, 2, 3]}},
        {"keys": {str(i): [1, 2, 3] for i in range(20)}},
        {"missing": {"g": [3]}},
        {"missing": {"g": [-1]}},
        {"missing": {"g": [1, 1]}},
        {"stale": {"g": [True]}},
        {"stale": {"g": [1.0]}},
        {"age_s": {"g": ["1", None, None]}},
        {"age_s": {"g": [1.0]}},
    ],
)
def test_a_malformed_member_is_refused(change: dict[str, Any]) -> None:
    assert Enrichment.from_text(json.dumps(SAID), 3, Limits(columns=10, text_bytes=4096))
    text = json.dumps(SAID | change)
    assert Enrichment.from_text(text, 3, Limits(columns=10, text_bytes=4096)) is None


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"view": NaN}', "\ud800", 7, None, {"view": "a:1"}])
def test_what_is_no_such_json_is_refused(text: object) -> None:
    assert Enrichment.from_text(text, 3) is None


def test_a_bomb_is_refused_before_it_is_read() -> None:
    bomb = '{"view": "a:1", "keys": {"k": [' + ",".join(["[]"] * 5000) + "]}}"
    assert Enrichment.from_text(bomb, 3, Limits(values=1000)) is None
