"""What a receiver takes and answers, as OpenAPI says it, for schemathesis.

The receiver itself serves no such document: its senders are loggers, which read none, and it would be one more thing to
ask of a server that nobody needs to ask anything.
"""

from __future__ import annotations

from typing import Any

__all__ = ["ANSWERS", "document"]

_REASON = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["reason", "detail"],
            "properties": {"reason": {"type": "string"}, "detail": {"type": "string"}},
            "additionalProperties": False,
        }
    }
}
ANSWERS: dict[str, str] = {
    "202": "the event is on disk",
    "400": "no CloudEvent, no batch, no HTTP/1.1",
    "401": "without the token",
    "408": "too slow",
    "413": "too large",
    "429": "too many events a second",
    "431": "too many headers",
    "503": "full",
}
"""By status, those of :mod:`sparkmon.receiver.app`."""

_TIME = {"type": "string", "format": "date-time"}
_TYPE = {
    "anyOf": [
        {"enum": ["org.kubeflow.serving.inference.request", "org.kubeflow.serving.inference.response"]},
        {"type": "string"},
    ]
}
_ATTRIBUTES: dict[str, Any] = {
    "id": {"type": "string"},
    "type": _TYPE,
    "source": {"type": "string"},
    "time": {"anyOf": [_TIME, {"type": "string"}]},
    "recordedtime": _TIME,
    "inferenceservicename": {"type": "string"},
    "namespace": {"type": "string"},
    "component": {"enum": ["predictor", "transformer", "explainer"]},
    "statuscode": {"type": "string", "pattern": "^[0-9]{1,4}$"},
    "metadata": {"type": "string"},
    "annotations": {"type": "string"},
}
_BODY = {"anyOf": [{"type": "object", "properties": {"instances": {"type": "array"}, "inputs": {"type": "array"}}}, {}]}
_EVENT = {
    "type": "object",
    "properties": {
        **_ATTRIBUTES,
        "metadata": {},
        "annotations": {},
        "data": _BODY,
        "data_base64": {"type": "string"},
        "datacontenttype": {"type": "string"},
    },
}


def document() -> dict[str, Any]:
    """Return the document."""
    headers = [{"name": f"Ce-{name.title()}", "in": "header", "schema": schema} for name, schema in _ATTRIBUTES.items()]
    bodies = {
        "application/json": {"schema": _BODY},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "application/cloudevents+json": {"schema": _EVENT},
        "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _EVENT}},
    }
    post = {
        "parameters": headers,
        "requestBody": {"content": bodies},
        "responses": {
            status: {"description": meaning} | ({} if status == "202" else {"content": _REASON})
            for status, meaning in ANSWERS.items()
        },
    }
    path = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "sparkmon receiver", "version": "1"},
        "paths": {
            "/": {"post": post},
            "/{path}": {"post": {**post, "parameters": [path, *headers]}},
            "/health": {"get": _page("application/json", {"type": "object"})},
            "/metrics": {"get": _page("text/plain", {"type": "string"})},
        },
    }


def _page(content_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    content = {content_type: {"schema": schema}}
    return {"responses": {"200": {"description": "answered", "content": content}}}
