"""A predictor asked over gRPC, with KServe's own messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import nan
from typing import Any
from urllib.parse import urlsplit

from sparkmon.errors import MissingExtraError, StoreError


@contextmanager
def grpc_sender(url: str, name: str, timeout_s: float, headers: Mapping[str, str], most_bytes: int) -> Iterator[Any]:
    """Connect to ``grpc://HOST:PORT`` or ``grpcs://HOST:PORT``; give what sends a V2 body and returns the answer's.

    MissingExtraError without kserve.
    """
    try:
        import grpc
        import orjson
        from kserve import InferInput, InferRequest, InferResponse
        from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
    except ImportError as error:
        raise MissingExtraError.of("kserve", "serving") from error
    place, options = urlsplit(url), [("grpc.max_receive_message_length", most_bytes)]

    def send(body: Mapping[str, Any], own_id: str) -> bytes:
        inputs = [InferInput(**each, data=_filled(data)) for data, each in map(_apart, body["inputs"])]
        message = InferRequest(name, inputs, request_id=own_id).to_grpc()
        try:
            answer = stub.ModelInfer(message, timeout=timeout_s, metadata=(*headers.items(), ("ce-id", own_id)))
        except grpc.RpcError as error:
            raise StoreError(f"the model at {url} answered {error.code().name}") from error
        content, _ = InferResponse.from_grpc(answer).to_rest()
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)

    is_secure = place.scheme == "grpcs"
    make = grpc.secure_channel if is_secure else grpc.insecure_channel
    with make(place.netloc, *([grpc.ssl_channel_credentials()] if is_secure else []), options=options) as channel:
        stub = GRPCInferenceServiceStub(channel)
        yield send


def _apart(tensor: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    return tensor["data"], {name: each for name, each in tensor.items() if name != "data"}


def _filled(data: list[Any]) -> list[Any]:
    """Return values for a message, which knows no nulls: a number that is missing is NaN, a text is empty."""
    missing: Any = "" if any(isinstance(each, str) for each in data) else nan
    return [missing if each is None else each for each in data]
