"""CSV bodies: which bodies they are, and what their cells are."""

import math

import pytest

from sparkmon.protocol.csv_body import csv_rows
from sparkmon.protocol.limits import DEFAULT_LIMITS
from sparkmon.protocol.read_body import read_body


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("5", 5), ("-0", 0), ("9007199254740993", 9007199254740993), ("1234567890123456789012", 1.2345678901234568e21),
        ("2.50", 2.5), (".5", 0.5), ("1e-3", 0.001), ("1e999", "1e999"), ("007", "007"), ("1_000", "1_000"),
        ("", None), ('""', None), (" 4 ", 4), ("True", "True"), ('"a ""b"", c"', 'a "b", c'), ("\u0661", "\u0661"),
    ],
)  # fmt: skip
def test_a_cell_is_a_number_where_it_is_written_as_one(cell: str, value: object) -> None:
    assert csv_rows(f"x,{cell}\r\n".encode(), DEFAULT_LIMITS) == [["x", value]]
    assert type(csv_rows(f"x,{cell}\n".encode(), DEFAULT_LIMITS)[0][1]) is type(value)


def test_nan_is_a_number() -> None:
    ((number,),) = csv_rows(b"NaN", DEFAULT_LIMITS)
    assert isinstance(number, float)
    assert math.isnan(number)


@pytest.mark.parametrize(
    ("payload", "half", "content_type", "kind", "values"),
    [
        (b"1,a\n2,b\n", "request", "text/csv", "v1_request", [1, "a", 2, "b"]),
        (b"0.5\n", "response", "text/csv; charset=utf-8", "v1_response", [0.5]),
        (b'{"instances": [[1]]}', "request", "text/csv", "v1_request", [1]),
        (b" [1, 2]", "request", "text/csv", "BODY_UNKNOWN", []),
        (b"1,2\n3\n", "request", "text/csv", "ROWS_RAGGED", []),
        (b'"1', "request", "text/csv", "BODY_NOT_CSV", []),
        (b"\xff,1", "request", "text/csv", "BODY_NOT_CSV", []),
        (b"1,2\n", "request", "application/json", "BODY_NOT_JSON", []),
        (b"1,2\n", "request", None, "BODY_NOT_JSON", []),
        (b"\n", "request", "text/csv", "v1_request", []),
        (b"1\n" * 8_000_000, "request", "text/csv", "TOO_MANY_ROWS", []),
        (b"1," * 20_000, "request", "text/csv", "TOO_MANY_COLUMNS", []),
    ],
)
def test_only_what_is_called_csv_and_is_no_json_is_csv(
    payload: bytes, half: str, content_type: str | None, kind: str, values: list[object]
) -> None:
    body = read_body(payload, half, content_type=content_type)
    assert (body.dead_letter.condition if body.dead_letter else body.kind) == kind
    assert body.rows.listed() == values
