"""The protocol of a parsed body, by its shape: events carry neither path nor verb."""

from __future__ import annotations

from typing import Any

from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.protocol.v2 import has_tensors
from sparkmon.records import Half

_HEALTH = frozenset({"ready", "live", "status"})


def classify(body: object, half: Half) -> str:
    """Name the kind of a JSON body, one of those :class:`sparkmon.records.Decoded` lists.

    Raises ProtocolError ``BODY_UNKNOWN`` when no protocol has such a body.
    """
    if type(body) is not dict:
        raise protocol_error(
            "BODY_UNKNOWN", f"got a JSON {type(body).__name__} as {half} body; expected an object"
        )
    return _request(body) if half == "request" else _response(body)


def _request(body: dict[str, Any]) -> str:
    if "instances" in body:
        return "v1_request"
    if "inputs" in body:
        return "v2_request" if has_tensors(body["inputs"]) else "v1_request"
    if "messages" in body or "prompt" in body:
        return "openai"
    if "model" in body and ("input" in body or "query" in body):
        return "openai"
    raise protocol_error(
        "BODY_UNKNOWN", "got an object with neither instances nor inputs as request body"
    )


def _response(body: dict[str, Any]) -> str:
    if "predictions" in body:
        return "v1_response"
    if "explanations" in body:
        return "v1_explanation"
    if "platform" in body and "name" in body and "model_name" not in body:
        return "metadata"
    if "outputs" in body:
        return "v2_response" if has_tensors(body["outputs"]) else "v1_explanation"
    if "choices" in body or type(body.get("object")) is str:
        return "openai"
    if "error" in body or type(body.get("detail")) in (list, str):
        return "error"
    if body.keys() & _HEALTH and body.keys() <= _HEALTH | {"name"}:
        return "health"
    if "name" in body and ("versions" in body or "extensions" in body):
        return "metadata"
    return "v1_explanation"
