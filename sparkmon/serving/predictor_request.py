"""The V2 request to the predictor, over HTTP or gRPC."""

from typing import Any

import numpy as np
from kserve import InferInput, InferRequest
from kserve.protocol.infer_type import RequestedOutput

from sparkmon.serving.enricher import Enriched
from sparkmon.serving.feature_tensors import FeatureTensor, as_tensors, plain
from sparkmon.serving.settings import TransformerSettings

_DTYPES = {"FP64": np.float64, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}
_OVERRIDDEN = ("binary_data_output", "content_type")


def v2_request(enriched: Enriched, model_name: str, settings: TransformerSettings) -> InferRequest:
    """Return a V2 request: its id, parameters and requested outputs are the caller's.

    kserve's runtimes make a data frame of one tensor per feature only if ``content_type`` is ``pd``, and fail on one
    tensor of all features if it is; so that parameter follows the layout.
    """
    features, origin = enriched.features, enriched.request.origin
    tensors = as_tensors(features, enriched.values, settings.predictor_layout)
    parameters = {
        name: value
        for name, value in enriched.parameters(settings).items()
        if name not in _OVERRIDDEN and type(value) in (str, int, float, bool)
    }
    if len(tensors) != 1 or tensors[0].name in features:
        parameters["content_type"] = "pd"
    is_http = settings.predictor_protocol == "v2"
    is_binary = settings.predictor_binary and is_http
    if is_binary:
        parameters["binary_data_output"] = True
    outputs = None if origin is None else origin.request_outputs
    how = {"binary_data": True} if settings.predictor_binary else None
    return InferRequest(
        model_name=model_name,
        infer_inputs=[_input(tensor, is_binary, is_http) for tensor in tensors],
        request_id=None if origin is None else origin.id,
        parameters=parameters,
        request_outputs=[RequestedOutput(output.name, how) for output in outputs or ()] or None,
    )


def _input(tensor: FeatureTensor, is_binary: bool, is_http: bool) -> InferInput:
    data = tensor.data
    if is_binary:
        binary_input = InferInput(tensor.name, tensor.shape, tensor.datatype)
        array: Any = np.array(data, dtype=_DTYPES[tensor.datatype]).reshape(tensor.shape)
        binary_input.set_data_from_numpy(array, binary_data=True)
        return binary_input
    if tensor.datatype == "BYTES" and is_http:
        data = [plain(value) if isinstance(value, bytes) else value for value in data]
    return InferInput(tensor.name, tensor.shape, tensor.datatype, data)
