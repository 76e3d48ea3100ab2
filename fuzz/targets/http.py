"""CloudEvents in binary mode: lines of headers, an empty line, the body; as HTTP and as Kafka carry them."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.checks import LIMITS, check_events
from fuzz.target import Target
from sparkmon.protocol import from_http, from_kafka
from tests.support.receiver import CAPTURES, captured

__all__ = ["TARGET"]


def one_input(data: bytes) -> None:
    """Read the event both ways; bytes and the text that servers make of them must say the same."""
    head, _, body = data.partition(b"\n\n")
    pairs = [line.partition(b":")[::2] for line in head.split(b"\n")]
    event = from_http(pairs, body, limits=LIMITS)
    as_text = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]
    assert from_http(as_text, body, limits=LIMITS) == event
    record = [(name.decode("latin-1").replace("-", "_"), value) for name, value in pairs]
    check_events([event, from_kafka(record, body, limits=LIMITS)])


def seeds() -> Iterator[bytes]:
    """Give the captured events of KServe's agent."""
    for path in sorted(CAPTURES.glob("*.json")):
        for headers, body in captured(path.stem) if path.stem != "INDEX" else ():
            lines = [f"{name}:{value}".encode("utf-8", "surrogateescape") for name, value in headers]
            yield b"\n".join(lines) + b"\n\n" + body


TARGET = Target(
    one_input,
    seeds,
    (
        *(b"ce-id:", b"ce-type:", b"ce-source:", b"ce-time:", b"ce-metadata:", b"ce-annotations:"),
        *(b"ce-recordedtime:", b"ce-statuscode:", b"ce-component:", b"ce-inferenceservicename:"),
        *(b"content-type:", b"application/cloudevents+json", b"application/grpc"),
        *(b"org.kubeflow.serving.inference.request", b"org.kubeflow.serving.inference.response"),
        *(b'{"Inference-Header-Content-Length":["', b"2026-11-23T00:36:06.741913326Z", b"+23:59"),
    ),
)
