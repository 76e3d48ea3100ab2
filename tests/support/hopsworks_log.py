"""Records of Hopsworks' inference log, written as its serving side does: plain Avro, no header, no schema id."""

import io
from typing import Any

import fastavro

__all__ = ["REQUEST", "RESPONSE", "TIME_MS", "log_record"]

_FIRST = {
    "modelId": "int",
    "modelName": "string",
    "modelVersion": "int",
    "requestTimestamp": "long",
    "responseHttpCode": "int",
}
_BOTH = _FIRST | {"inferenceRequest": "string", "inferenceResponse": "string"}
_ONE = {"servingId" if name == "modelId" else name: kind for name, kind in _FIRST.items()}
_FIELDS = {
    1: _BOTH,
    2: _BOTH | {"servingType": "string"},
    3: _BOTH | {"modelServer": "string", "servingTool": "string"},
    4: _ONE | {"inferenceId": "string", "messageType": "string", "payload": "string"},
}

REQUEST = '{"signature_name": "predict", "instances": [[1.5, 2], [3, 4]]}'
RESPONSE = '{"predictions": [0, 1]}'
TIME_MS = 1_767_571_200_123
"""2026-01-05T00:00:00.123Z."""

_VALUES: dict[str, object] = {
    "modelId": 7,
    "servingId": 7,
    "modelName": "fraud",
    "modelVersion": 2,
    "requestTimestamp": TIME_MS,
    "responseHttpCode": 200,
    "inferenceRequest": REQUEST,
    "inferenceResponse": RESPONSE,
    "servingType": "SKLEARN",
    "modelServer": "PYTHON",
    "servingTool": "DEFAULT",
    "inferenceId": "a1",
    "messageType": "request",
    "payload": REQUEST,
}


def log_record(version: int, **values: Any) -> bytes:  # noqa: ANN401 - what a field of Avro may hold
    """Write one record of a version; ``values`` by the name of their field."""
    names = _FIELDS[version]
    fields = [{"name": name, "type": kind} for name, kind in names.items()]
    schema = {"type": "record", "name": "inferencelog", "fields": fields}
    said = _VALUES | values
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, {name: said[name] for name in names})
    return out.getvalue()
