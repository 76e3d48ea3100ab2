"""JSON is the same where orjson is not installed; tests/protocol/test_arbitrary.py has what both refuse."""

import json
import math

import pytest

from sparkmon import json_bytes

VALUES = {
    "text": 'é\u2028\U0001f600"\\\n',
    "numbers": [0, -0.0, 1.5, 1e300, 2**63, -(2**63), True, None],
    "not finite": [math.nan, math.inf, -math.inf],
    "nested": {"a": [{"b": []}, {}]},
}


def test_what_is_written_without_orjson_reads_as_what_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = json_bytes.dumps(VALUES)
    monkeypatch.setattr(json_bytes, "_orjson", None)
    assert json_bytes.loads(json_bytes.dumps(VALUES)) == json.loads(written) == {**VALUES, "not finite": [None] * 3}


@pytest.mark.parametrize("value", ["\ud800", {1, 2}, b"bytes"])
def test_what_orjson_does_not_write_is_an_error_without_it_too(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in (json_bytes._orjson, None):
        monkeypatch.setattr(json_bytes, "_orjson", package)
        with pytest.raises((TypeError, ValueError)):
            json_bytes.dumps([value])
