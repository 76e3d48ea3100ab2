"""Bodies that the clients of Triton and MLServer made; ``tests/data/clients/README.md`` says how."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkmon.protocol.read_body import read_body

PAYLOADS = json.loads((Path(__file__).parents[1] / "data" / "clients" / "payloads.json").read_text("utf-8"))
NAN, INF = float("nan"), float("inf")
WIDE = [
    (1.25, 2**53 + 1, 0, True, "web"),
    (2.5, -1, 255, False, "\u00e9"),
    (-0.0, 0, 1, True, ""),
    (float(np.float32(3e38)), 7, 2, True, "007"),
]
COLUMNS = ("amount", "age", "small", "open", "channel")
FP16 = [(0.5, 1.5), (-2.0, 65504.0), (float(np.float16(0.1)), NAN), (INF, 0.0)]
# A bfloat16 has the upper 16 bits of a float32, rounded: 0x477FE000 (65,504) becomes 0x4780, and 0.1 0x3DCD.
BF16 = [(0.5, 1.5), (-2.0, 65536.0), (0.10009765625, NAN), (INF, 0.0)]
FRAME = [(1.25, 40, "web", True), (None, 41, "shop", False)]
EXPECTED: dict[str, tuple[tuple[str, ...], list[Any]]] = {
    "triton_binary_columns": (COLUMNS, WIDE),
    "triton_json_columns": (COLUMNS, WIDE),
    "triton_binary_fp16": (("x_0", "x_1"), FP16),
    "triton_binary_bf16": (("x_0", "x_1"), BF16),
    "triton_binary_bytes": (("raw",), [("base64:/wA=",), ("shop",), ("web",), ("",)]),
    "triton_binary_beside_json": (("a", "b"), [(0.5, 3), (1.5, 4)]),
    "triton_sequence": (("x_0", "x_1"), [(0.25, -1.0)]),
    "mlserver_pd": (("amount", "age", "channel", "open"), FRAME),
    "mlserver_pd_response": (("amount", "channel"), [(row[0], row[2]) for row in FRAME]),
    "mlserver_np_request": (("input-1_0", "input-1_1"), [(0.5, 1.5), (2.5, None)]),
    "mlserver_np_response": (("output-1_0", "output-1_1"), [(0.25, None)]),
    "mlserver_np": (tuple(f"x_{at}" for at in range(6)), [tuple(range(6)), tuple(range(6, 12))]),
    "mlserver_str_request": (("input-1",), [("web",), ("\u00e9",)]),
    "mlserver_str": (("channel",), [("web",), ("shop",)]),
    "mlserver_base64": (("image",), [("/wA=",), ("d2Vi",)]),  # a text as it is: base64 of equal bytes is equal
    "mlserver_datetime": (("made",), [("2026-01-05T08:00:00",), ("2026-01-05T09:00:00",)]),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_clients_body_has_the_values_that_the_client_was_given(name: str) -> None:
    head = PAYLOADS[name]["head"]
    half = "response" if name.endswith("response") else "request"
    body = read_body(
        base64.b64decode(PAYLOADS[name]["body_b64"]), half, head_length=None if head is None else str(head)
    )
    names, rows = EXPECTED[name]
    assert (body.kind, body.rows.names, body.rows.counts) == (f"v2_{half}", names, [len(rows)])
    values = [value for row in rows for value in row]
    assert [*map(repr, body.rows.listed())] == [*map(repr, values)]
