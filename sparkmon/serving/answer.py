"""The predictor's answer in the caller's protocol, V1 or V2."""

from itertools import chain
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
from kserve import InferOutput, InferRequest, InferResponse
from kserve.protocol.infer_type import to_http_parameters

from sparkmon.errors import ServingError
from sparkmon.serving.feature_tensors import FeatureTensor, as_tensors
from sparkmon.serving.request_reader import tensor_values
from sparkmon.serving.serving_error import serving_error

_OUTPUT = "output-0"


def read_v1(body: bytes) -> dict[str, Any]:
    """Read a V1 answer; ServingError ``PREDICTOR_MALFORMED``, 502: the body is no JSON object."""
    try:
        answer = orjson.loads(body)
    except ValueError as error:
        raise _malformed(f"{len(body)} bytes that are not JSON ({error})") from None
    if type(answer) is not dict:
        raise _malformed(f"{type(answer).__name__} instead of a JSON object")
    return answer


def read_v2(body: bytes, head_length: str | None) -> InferResponse:
    """Read a V2 answer; with the header ``Inference-Header-Content-Length`` its tensors follow the JSON.

    Raises ServingError ``PREDICTOR_MALFORMED``, 502: the body is no V2 answer.
    """
    try:
        if head_length is not None:
            return InferResponse.from_bytes(body, int(head_length))
        return InferResponse.from_rest(orjson.loads(body))
    except Exception as error:
        # kserve raises KeyError, TypeError, struct.error or its own InvalidInput.
        raise _malformed(f"no V2 answer ({type(error).__name__}: {error})") from None


def for_v1(answer: dict[str, Any] | InferResponse) -> dict[str, Any]:
    """Return the answer to a V1 caller: one output is a list of its values or rows, several are an object per row."""
    if isinstance(answer, dict):
        return answer
    columns = {output.name: _rows(output) for output in answer.outputs}
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    rows = zip(*columns.values(), strict=False)
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}


def for_v2(answer: dict[str, Any] | InferResponse, origin: InferRequest, model_name: str) -> InferResponse:
    """Return the answer to a V2 caller, with the request's id, and binary if requested.

    Raises ServingError ``PREDICTOR_MALFORMED``, 502: a V1 answer whose predictions are no table.
    """
    version = parameters = None
    if isinstance(answer, dict):
        outputs = [InferOutput(*tensor) for tensor in _tensors(answer.get("predictions"))]
        answer_id = origin.id or str(uuid4())
    else:
        outputs = [
            InferOutput(each.name, each.shape, each.datatype, tensor_values(each), _own(each))
            for each in answer.outputs
        ]
        version = answer.model_version or None
        parameters = to_http_parameters(answer.parameters) if answer.parameters else None
        answer_id = answer.id
    return InferResponse(
        response_id=answer_id,
        model_name=model_name,
        infer_outputs=outputs,
        model_version=version,
        parameters=parameters,
        use_binary_outputs=origin.use_binary_outputs,
        requested_outputs=origin.request_outputs,
    )


def _own(output: InferOutput) -> dict[str, Any] | None:
    """Return an output's parameters without the size of its bytes, which no longer holds."""
    parameters = to_http_parameters(output.parameters) if output.parameters else {}
    return {name: value for name, value in parameters.items() if name != "binary_data_size"} or None


def _rows(output: InferOutput) -> list[Any]:
    values = tensor_values(output)
    if len(output.shape) < 2:
        return values
    rows: list[Any] = np.array(values, dtype=object).reshape(output.shape).tolist()
    return rows


def _tensors(predictions: object) -> list[FeatureTensor]:
    """Return V1 predictions as tensors: one per member of objects, else one."""
    if type(predictions) is not list:
        raise _malformed("no `predictions`")
    if predictions and set(map(type, predictions)) == {dict}:
        names = tuple(predictions[0])
        return as_tensors(names, [[row.get(name) for name in names] for row in predictions], "columns")
    shape, cells = [len(predictions)], predictions
    while list in set(map(type, cells)):
        lengths = {len(cell) if type(cell) is list else -1 for cell in cells}
        if len(lengths) != 1:
            raise _malformed("predictions of different lengths, which make no tensor")
        shape.append(lengths.pop())
        cells = list(chain.from_iterable(cells))
    (tensor,) = as_tensors((_OUTPUT,), [[cell] for cell in cells], "columns")
    return [tensor._replace(shape=shape)]


def _malformed(what: str) -> ServingError:
    return serving_error("PREDICTOR_MALFORMED", 502, f"the predictor answered with {what}")
