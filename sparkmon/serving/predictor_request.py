"""The request to the predictor: vectors in its protocol, the caller's parameters, and the enrichment note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from kserve import InferInput, InferRequest
from kserve.protocol.infer_type import RequestedOutput

from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER
from sparkmon.serving.enricher import Enriched
from sparkmon.serving.feature_tensors import FeatureTensor, as_tensors, json_instances, plain
from sparkmon.serving.request_reader import EnrichmentRequest
from sparkmon.serving.settings import PredictorSettings

_DTYPES = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way through the transformer.

    ``origin`` is the caller's V2 request, HTTP or gRPC, and None for V1; ``note`` is the text for the predictor's log,
    None if it is turned off.
    """

    request: EnrichmentRequest
    enriched: Enriched
    note: str | None
    origin: InferRequest | None = None


def v1_body(call: Call, settings: PredictorSettings) -> bytes:
    """Return a V1 body: ``instances``, and the other members of the caller's body."""
    body: dict[str, Any] = {
        **call.request.members,
        "instances": json_instances(call.enriched.features, call.enriched.values, settings.layout),
    }
    parameters = {**call.request.parameters}
    if call.note is not None:
        parameters[ENRICHMENT_PARAMETER] = call.note
    if parameters:
        body["parameters"] = parameters
    return orjson.dumps(body, default=plain)


def v2_request(call: Call, model_name: str, settings: PredictorSettings) -> InferRequest:
    """Return a V2 request, for HTTP or gRPC: its id, parameters and requested outputs are the caller's.

    kserve's runtimes make a data frame of one tensor per feature only if ``content_type`` is ``pd``, and fail on one
    tensor of all features if it is; so that parameter follows the layout.
    """
    tensors = as_tensors(call.enriched.features, call.enriched.values, settings.layout)
    parameters = _parameters(call.request.parameters)
    if len(tensors) != 1 or tensors[0].name in call.enriched.features:
        parameters["content_type"] = "pd"
    if settings.binary and settings.protocol == "v2":
        parameters["binary_data_output"] = True
    if call.note is not None:
        parameters[ENRICHMENT_PARAMETER] = call.note
    origin = call.origin
    return InferRequest(
        model_name=model_name,
        infer_inputs=[_input(tensor, settings) for tensor in tensors],
        request_id=None if origin is None else origin.id,
        parameters=parameters,
        request_outputs=None if origin is None else _outputs(origin, settings),
    )


def _parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    overridden = ("binary_data_output", "content_type")
    return {
        name: value
        for name, value in parameters.items()
        if name not in overridden and type(value) in (str, int, float, bool)
    }


def _outputs(origin: InferRequest, settings: PredictorSettings) -> list[RequestedOutput] | None:
    if not origin.request_outputs:
        return None
    how = {"binary_data": True} if settings.binary else None
    return [RequestedOutput(output.name, how) for output in origin.request_outputs]


def _input(tensor: FeatureTensor, settings: PredictorSettings) -> InferInput:
    data = tensor.data
    if settings.binary and settings.protocol == "v2":
        binary_input = InferInput(tensor.name, tensor.shape, tensor.datatype)
        array: Any = np.array(data, dtype=_DTYPES[tensor.datatype]).reshape(tensor.shape)
        binary_input.set_data_from_numpy(array, binary_data=True)
        return binary_input
    if tensor.datatype == "BYTES" and settings.protocol == "v2":
        data = [plain(value) if isinstance(value, bytes) else value for value in data]
    return InferInput(tensor.name, tensor.shape, tensor.datatype, data)
