"""Bodies that differ in their values alone are read by what they have in common, as they are read one by one."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from sparkmon import json_bytes
from sparkmon.protocol import DEFAULT_LIMITS, Limits, decode_events, events_to_batch, layout_pattern
from sparkmon.protocol.layout_pattern import LayoutPattern
from sparkmon.records import Event, Feature, Half, ModelSchema
from tests.protocol.events import event
from tests.protocol.hostile import v1
from tests.protocol.test_row_blocks import by_row, decoded, want_of
from tests.support.decoding import decode

MANY = 40


def column(name: str, value: object, datatype: str = "FP64") -> dict[str, object]:
    return {"name": name, "shape": [1], "datatype": datatype, "data": [value]}


def per_column(number: float, **more: object) -> bytes:
    """Make a body with a tensor for each column: a number, an integer and a text."""
    tensors = [
        column("age_of_caller", number),
        column("calls_until_now", int(number) + 2**60, "INT64"),
        column("country_of_caller", f"é{number}", "BYTES"),
    ]
    return json.dumps({"id": f"call-{number}", "inputs": tensors, **more}, ensure_ascii=False).encode()


def answer(number: float) -> bytes:
    outputs = [column("probability_of_fraud", number, "FP32"), column("rank_among_callers", int(number), "INT32")]
    said = {"model_name": "iris", "model_version": "7", "id": f"a-{number}", "outputs": outputs}
    return orjson.dumps(said)


def named(number: float) -> bytes:
    return v1([{"amount_of_the_transfer_in_euro": number, "country_of_the_receiver": f"c{number % 3}"}])


BODIES: dict[str, tuple[Half, list[bytes]]] = {
    "V2 request": ("request", [per_column(i / 4) for i in range(MANY)]),
    "V2 request, whole floats": ("request", [per_column(i if i % 2 else i / 4) for i in range(MANY)]),
    "V2 request with parameters": ("request", [per_column(i / 4, parameters={"to": "x", "n": 3}) for i in range(MANY)]),
    "V2 response": ("response", [answer(i / 4) for i in range(MANY)]),
    "V1 objects": ("request", [named(i / 4) for i in range(MANY)]),
    "V1 objects, great integers": ("request", [named(2**53 + i) for i in range(MANY)]),
    "V1 column": ("request", [b'{"inputs": {"a_column_of_its_own": [%d]}}' % i for i in range(MANY)]),
}


def same(events: Sequence[Event], schemas: Any = None) -> None:  # noqa: ANN401
    whole = decoded(events, schemas)
    reads = [decode(one) for one in events]
    if schemas is None:
        assert by_row(whole.blocks) == want_of(events)
    assert whole.kinds.to_pylist() == [read.kind for read in reads]
    assert whole.body_ids.to_pylist() == [read.body_id for read in reads]
    assert whole.versions.to_pylist() == [read.model_version or "" for read in reads]
    assert whole.reasons == {at: read.dead_letter for at, read in enumerate(reads) if read.dead_letter}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_alike_is_read_as_one_by_one(name: str) -> None:
    half, bodies = BODIES[name]
    assert LayoutPattern.of(bodies[0], half, DEFAULT_LIMITS) is not None
    same([event(body, half) for body in bodies])


def test_the_words_of_alike_bodies_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: Counter[bytes] = Counter()

    class Reader:
        @staticmethod
        def loads(data: bytes) -> Any:  # noqa: ANN401
            texts[bytes(data)] += 1
            return orjson.loads(data)

    monkeypatch.setattr(json_bytes, "_orjson", Reader)
    same_words = [event(body) for body in BODIES["V2 request"][1]]
    [whole] = decode_events(events_to_batch(same_words))
    assert sum(map(len, whole.blocks)) == MANY
    names = sum(text.count(b"age_of_caller") for text in texts.elements())
    assert names == 3, "the first, and that twice with its holes' numbers"
    assert texts.total() == 5, "and the column of numbers, and that of integers"


def test_a_schema_types_what_is_alike() -> None:
    schema = ModelSchema("iris", (Feature("branch", "categorical"), Feature("amount", "numeric")))
    bodies = [v1([{"branch": i % 3, "amount": i / 2, "a_word_to_make_it_long": "x" * 40}]) for i in range(MANY)]
    [block] = decoded([event(body) for body in bodies], {"iris": schema}).blocks
    assert block.features is not None
    assert block.features.names[:2] == ("branch", "amount")
    assert block.features.texts[0].to_pylist() == [str(i % 3) for i in range(MANY)]
    assert block.features.numbers[:, 1].tolist() == [i / 2 for i in range(MANY)]


GOOD = per_column(0.5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"[0.5]", b"[0.5, 1]"),
        (b"[0.5]", b"[0.5e]"),
        (b"[0.5]", b"[00.5]"),
        (b"[0.5]", b"[+0.5]"),
        (b"[0.5]", b"[.5]"),
        (b"[0.5]", b"[1e999]"),
        (b"[0.5]", b"[]"),
        (b"[0.5]", b"[ 0.5 ]"),
        (b"[0.5]", b"[[0.5]]"),
        (b"[0.5]", b"[null]"),
        (b"[0.5]", b"[true]"),
        (b"[0.5]", b"[NaN]"),
        (b"[0.5]", b'["0.5"]'),
        (b"[1152921504606846976]", b"[1.5]"),
        (b"[1152921504606846976]", b"[2.0]"),
        (b"[1152921504606846976]", b"[99999999999999999999]"),
        (b'["\xc3\xa90.5"]', b'["\xc3"]'),
        (b'["\xc3\xa90.5"]', b'["a\\n"]'),
        (b'["\xc3\xa90.5"]', b'["a\n"]'),
        (b'["\xc3\xa90.5"]', b'["a", "b"]'),
        (b'["\xc3\xa90.5"]', b'[""]'),
        (b'["\xc3\xa90.5"]', b"[1]"),
        (b'"call-0.5"', b'""'),
        (b'"call-0.5"', b"5"),
        (b'"call-0.5"', b'"a", "id": "b"'),
        (b"[1]", b"[1.0]"),
        (b"[1]", b"[true]"),
        (b"FP64", b"INT8"),
        (b"age_of_caller", b"age_of_others"),
        (b"}]}", b"}]} "),
        (b"}]}", b"}]}}"),
        (b"}]}", b'}], "outputs": 5}'),
    ],
)
def test_what_only_looks_alike_is_read_for_itself(old: bytes, new: bytes) -> None:
    assert old in GOOD
    odd = GOOD.replace(old, new, 1)
    good = [per_column(i / 4) for i in range(MANY)]
    same([event(body) for body in [*good[:20], odd, *good[20:], odd]])
    same([event(body) for body in [odd, *good]])
    same([event(body) for body in [odd] * MANY + good * 2])


def test_no_body_can_pass_a_value_to_the_next() -> None:
    """Two bodies that are malformed alone, and whose holes would be four good numbers if read as one text."""
    one, other = GOOD.replace(b"[0.5]", b"[1,2]"), GOOD.replace(b"[0.5]", b"[]")
    quote, end = GOOD.replace(b'["\xc3\xa90.5"]', b'["a'), GOOD.replace(b'["\xc3\xa90.5"]', b'b"]')
    good = [per_column(i / 4) for i in range(MANY)]
    for pair in ([one, other], [other, one], [quote, end]):
        same([event(body) for body in [*good, *pair, *good]])


@pytest.mark.parametrize(
    ("body", "half"),
    [
        (b"", "request"),
        (b"{", "request"),
        (v1([[i + 0.25 for i in range(20)]]), "request"),
        (v1([{"some_column_of_a_model": None, "another_column_of_it": 1}]), "request"),
        (v1([{"some_column_of_a_model": True, "another_column_of_it": 1}]), "request"),
        (v1([{"some_column_of_a_model": 'with "quotes"', "another_column_of_it": 1}]), "request"),
        (v1([{"some_column_of_a_model": "5, 6", "another_column": [[1], [2, 3]]}]), "request"),
        (b'{"instances": [], "signature_name": "serving_default"}', "request"),
        (json.dumps({"inputs": [column("x" * 9000, 1)]}).encode(), "request"),
        (json.dumps({"inputs": [column("a_truth_value", True, "BOOL")]}).encode(), "request"),
        (b'{"status": "healthy", "a": 1, "b": 2, "c": 3}', "response"),
    ],
)
def test_what_has_no_pattern(body: bytes, half: Half) -> None:
    assert LayoutPattern.of(body, half, DEFAULT_LIMITS) is None
    same([event(body, half)] * MANY)


def test_a_text_with_escapes_is_one_token() -> None:
    """Else each quote in it would begin another that ends with the body: the square of its length."""
    body = v1([{"a": '"' * 4000, "b": 1}])
    assert [token.lastgroup for token in layout_pattern._TOKEN.finditer(body)] == [None] * 4 + ["number"]
    assert LayoutPattern.of(b'{"' + rb"\"" * 4000 + b"}", "request", DEFAULT_LIMITS) is None


def test_tensors_of_several_rows_do_not_stand_row_after_row() -> None:
    def body(number: int) -> bytes:
        tensors = [column("first_of_the_columns", number), column("second_of_the_columns", 2)]
        return json.dumps({"inputs": [each | {"shape": [2], "data": [number, 7]} for each in tensors]}).encode()

    assert LayoutPattern.of(body(1), "request", DEFAULT_LIMITS) is None
    same([event(body(i)) for i in range(MANY)])


def test_a_long_text_is_too_long_among_alike_bodies_too() -> None:
    limits = Limits(text_bytes=400)
    bodies = [named(1), *[named(i) for i in range(MANY)], v1([{"amount_of_the_transfer_in_euro": 1}])]
    long = named(2).replace(b'"c2"', b'"' + b"x" * 401 + b'"')
    [whole] = decode_events(events_to_batch([event(body) for body in [*bodies, long]]), None, limits)
    assert {at: letter.condition for at, letter in whole.reasons.items()} == {len(bodies): "VALUE_TOO_LONG"}


@pytest.mark.slow
@given(
    st.sampled_from(sorted(BODIES)),
    st.integers(0, MANY - 1),
    st.integers(0, 400),
    st.integers(0, 3),
    st.sampled_from([b"", b",", b'"', b"]", b"[", b"0", b"e", b"-", b" ", b"\\", b"}", b"{", b":", b"\xff", b"null"]),
)
def test_a_body_changed_anywhere_is_read_as_alone(name: str, which: int, at: int, cut: int, put: bytes) -> None:
    half, bodies = BODIES[name]
    body = bodies[which]
    at %= len(body)
    changed = [*bodies[:which], body[:at] + put + body[at + cut :], *bodies[which + 1 :]]
    same([event(one, half) for one in changed])
