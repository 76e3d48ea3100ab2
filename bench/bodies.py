"""Requests of one row each, as the five bodies in which KServe's clients send them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
import pyarrow as pa

from bench.traffic import COLUMNS, headers, normals
from sparkmon.protocol import events_to_batch, from_http

__all__ = ["BINARY", "BODIES", "TENSOR", "requests_as"]

TENSOR = "V2, one tensor"
BINARY = "V2, one binary tensor"
BODIES = ("V1, lists of numbers", "V1, objects with texts", TENSOR, "V2, a tensor per column", BINARY)

_START = datetime(2026, 1, 5, tzinfo=timezone.utc)
_LEVELS = ("web", "app", "branch", "telephone")
_INPUT = {"name": "input-0", "shape": [1, len(COLUMNS)], "datatype": "FP64"}
_SIZE = {"parameters": {"binary_data_size": 8 * len(COLUMNS)}}
_HEAD = orjson.dumps({"inputs": [_INPUT | _SIZE]})
_AS_BINARY = {
    "Ce-Metadata": f'{{"Inference-Header-Content-Length": ["{len(_HEAD)}"]}}',
    "Content-Type": "application/octet-stream",
}


def requests_as(kind: str, requests: int) -> pa.RecordBatch:
    """Make requests of 20 numbers each, of which ``V1, objects with texts`` has two as texts.

    Parameters
    ----------
    kind : str
        One of ``BODIES``.
    requests : int
        How many.
    """
    more: Mapping[str, str] = _AS_BINARY if kind == BINARY else {}
    events = []
    for number, row in enumerate(normals(requests, seed=6).tolist()):
        time = _START + timedelta(milliseconds=number)
        attributes = {**headers(f"call-{number}", "request", time), **more}
        events.append(from_http(attributes, _body(kind, row)))
    return events_to_batch(events)


def _body(kind: str, row: list[float]) -> bytes:
    if kind == BINARY:
        return _HEAD + struct.pack(f"<{len(row)}d", *row)
    return orjson.dumps(_content(kind, row))


def _content(kind: str, row: list[float]) -> dict[str, Any]:
    if kind == "V1, lists of numbers":
        return {"instances": [row]}
    if kind == "V1, objects with texts":
        texts = {name: _LEVELS[int(value * 8) % 4] for name, value in zip(COLUMNS[:2], row[:2], strict=True)}
        return {"instances": [dict(zip(COLUMNS, row, strict=True)) | texts]}
    if kind == TENSOR:
        return {"inputs": [_INPUT | {"data": row}]}
    one = {"shape": [1], "datatype": "FP64"}
    return {"inputs": [{"name": name, **one, "data": [value]} for name, value in zip(COLUMNS, row, strict=True)]}
