"""The protocol of a parsed body, by its shape: events carry neither path nor verb."""

from typing import Any

from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.protocol.v2 import has_tensors
from sparkmon.records import Half

_HEALTH = frozenset({"ready", "live", "status"})
_EXPLAINERS = ("LIME", "SHAP")
"""Where TrustyAI's explainer puts what it found."""


def classify(body: object, half: Half) -> str:
    """Name the kind of a JSON body: of the protocol and half that it is of, or what is set apart.

    Raises ProtocolError ``BODY_UNKNOWN`` when no protocol has such a body.
    """
    if type(body) is not dict:
        raise protocol_error("BODY_UNKNOWN", f"got a JSON {type(body).__name__} as {half} body; expected an object")
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
    raise protocol_error("BODY_UNKNOWN", "got an object with neither instances nor inputs as request body")


def _response(body: dict[str, Any]) -> str:
    if "predictions" in body:
        return "v1_response"
    if _is_explanation(body):
        return "v1_explanation"
    if "platform" in body and "name" in body and "model_name" not in body:
        return "metadata"
    if "outputs" in body:
        return "v2_response" if has_tensors(body["outputs"]) else "v1_response"
    if "choices" in body or type(body.get("object")) is str:
        return "openai"
    if "error" in body or type(body.get("detail")) in (list, str):
        return "error"
    if body.keys() & _HEALTH and body.keys() <= _HEALTH | {"name"}:
        return "health"
    if "name" in body and ("versions" in body or "extensions" in body):
        return "metadata"
    listed = ", ".join([repr(name[:40]) for name in list(body)[:8]]) or "no members"
    raise protocol_error(
        "BODY_UNKNOWN", f"got an object with neither predictions nor outputs as response body; it has {listed}"
    )


def _is_explanation(body: dict[str, Any]) -> bool:
    """Recognise what KServe's explainers answer: its own form and ART's, TrustyAI's, and Alibi's."""
    if "explanations" in body:
        return True
    parts = [body, *(body.get(name) for name in _EXPLAINERS)]
    if any(type(part) is dict and type(part.get("saliencies")) is dict for part in parts):
        return True
    about = body.get("meta")
    return type(about) is dict and "explanations" in about and type(body.get("data")) is dict
