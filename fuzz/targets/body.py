"""Bodies: V1 and V2, JSON and binary, of requests and responses, alone, paired, and several in a batch.

The first byte says which half, and whether a separator divides several bodies; the second and third say the length of
the JSON head of a request if they are not zero.
"""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.checks import check_events
from fuzz.target import Target
from tests.protocol.captures import all_events
from tests.protocol.events import event
from tests.protocol.hostile import HOSTILE

__all__ = ["TARGET"]

_HEAD_LENGTH = "Inference-Header-Content-Length"
_SEPARATOR, _MOST = b"\x1e", 8
_FRAMES = (
    b'{"instances": [[1.5, %s]]}',
    b'{"instances": [%s]}',
    b'{"inputs": {"a": [1.5, %s], "b": [[1], [2]]}}',
    b'{"instances": [{"a": 1.5, "b": %s}]}',
    b'{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1.5, %s]}]}',
    b'{"inputs": [{"name": "x", "shape": [1], "datatype": "INT64", "data": [%s]}]}',
    b'{"inputs": [{"name": "x", "shape": [1], "datatype": "BYTES", "data": [%s]}, '
    b'{"name": "y", "shape": [1], "datatype": "BOOL", "data": [true]}]}',
)
_VALUES = (
    *(b"2.5", b"2", b"null", b'"x"', b"true", b"-0.0", b"1e308", b"1e-320", b"9007199254740993"),
    *(b"18446744073709551616", b'"NaN"', b'""', b"[3]", b"[]", b'{"c": 1}', b"3, 4", b"1e999"),
    *(b"NaN", b"-Infinity", b"NaNa"),
)


def one_input(data: bytes) -> None:
    """Decode it alone, as the answer to itself, or several at once: bodies of one layout are read together."""
    if len(data) < 3:
        return
    half = "response" if data[0] & 1 else "request"
    length = int.from_bytes(data[1:3], "big")
    metadata = {_HEAD_LENGTH: [str(length)]} if length else {}
    body = data[3:]
    if data[0] & 8:
        bodies = body.split(_SEPARATOR)[:_MOST]
        check_events([event(each, half, metadata=metadata) for each in bodies])
        return
    check_events(
        [
            event(body, half, metadata=metadata),
            event(b'{"predictions": [1]}', "response", metadata=metadata, request_payload=body)
            if data[0] & 2
            else event(body, half, status_code=404 if data[0] & 4 else None),
        ][: 1 + (data[0] >> 1 & 1)]
    )


def seeds() -> Iterator[bytes]:
    """Give captured and hostile bodies that are not long, and batches of bodies that are much alike."""
    for each in all_events():
        length = int((each.metadata.get(_HEAD_LENGTH) or ["0"])[0])
        first = 1 if each.event_type == "response" else 2
        yield bytes([first]) + length.to_bytes(2, "big") + each.payload
    for frame in _FRAMES:
        bodies = [frame % value for value in _VALUES]
        for first in range(0, len(bodies), 3):
            chosen = [bodies[0], *bodies[first : first + 3], bodies[0]]
            yield b"\x08\0\0" + _SEPARATOR.join(chosen)
    for body, _ in HOSTILE.values():
        if len(body) < 10_000:
            yield b"\0\0\0" + body
            yield b"\3\0\0" + body.replace(b"inputs", b"outputs").replace(b"instances", b"predictions")


TARGET = Target(
    one_input,
    seeds,
    (
        *(b'{"instances":', b'{"inputs":', b'{"predictions":', b'{"outputs":', b'"parameters":'),
        *(b'"name":', b'"shape":', b'"datatype":', b'"data":', b'"binary_data_size":', b'"id":'),
        *(b'"model_version":', b'"sparkmon":', b'"FP64"', b'"FP16"', b'"BF16"', b'"INT64"'),
        *(b'"UINT64"', b'"BOOL"', b'"BYTES"', b"[[", b"]]", b"null", b"true", b"-1", b"1e999"),
        *(b"18446744073709551616", b"9223372036854775807", b"\\ud800", b"NaN", b"-Infinity", b"data: {"),
    ),
)
