"""V2 tensors of a request as named columns of exact values."""

from collections.abc import Collection, Sequence
from math import prod
from typing import Any, TypeAlias

from sparkmon.errors import ProtocolError
from sparkmon.protocol.tensors import tensor_from_json
from sparkmon.serving.serving_error import malformed_request

Tensor: TypeAlias = Any
"""kserve's ``InferInput`` or ``InferOutput``: they have no types, and importing kserve takes seconds."""


def tensor_values(tensor: Tensor) -> list[Any]:
    """Return the values of a tensor, row-major: integers exact, ``BYTES`` as text if they are UTF-8.

    Raises ServingError ``REQUEST_MALFORMED``, 400: the values do not fit the datatype or the shape.
    """
    try:
        if tensor.data:
            texts = [_text(value) for value in tensor.data]
            count = prod(tensor.shape)
            return list(tensor_from_json(tensor.name, tensor.datatype, texts, count))
        return [_text(value) for value in tensor.as_numpy().ravel().tolist()]
    except ProtocolError as error:
        raise malformed_request(str(error)) from None
    except Exception as error:
        # kserve reads raw bytes with struct and numpy, which raise errors of their own.
        raise malformed_request(f"the tensor {tensor.name!r} cannot be read ({error})") from None


def count_instances(tensors: Sequence[Tensor]) -> int:
    """Return the most instances of a tensor; refuse a shape that is no list of sizes.

    kserve does not check the shapes of a binary request.
    """
    for tensor in tensors:
        sizes = tensor.shape
        if type(sizes) is not list or not all(type(size) is int and size >= 0 for size in sizes):
            raise malformed_request(f"got the shape {sizes!r:.80} of the tensor {tensor.name!r}; expected sizes")
    return max((tensor.shape[0] for tensor in tensors if tensor.shape), default=0)


def read_columns(tensors: Sequence[Tensor], expected: Sequence[str], names: Collection[str]) -> dict[str, list[Any]]:
    """Return name to values, one per instance, of a tensor per name or one tensor of all.

    A single tensor under a name that is not in ``names`` has the ``expected`` columns, in order.
    """
    expectation = f"expected a tensor each for {', '.join(expected)}"
    if len(tensors) == 1 and tensors[0].name not in names:
        (tensor,) = tensors
        shape, width = tensor.shape, len(expected)
        if not shape or prod(shape[1:]) != width:
            raise malformed_request(
                f"got the tensor {tensor.name!r} of shape {shape}; {expectation}, or one tensor of shape [n, {width}]"
            )
        values = tensor_values(tensor)
        return {name: values[at::width] for at, name in enumerate(expected)}
    unknown = [tensor.name for tensor in tensors if tensor.name not in names]
    if unknown or len({tensor.name for tensor in tensors}) != len(tensors) or not tensors:
        what = repr(unknown[0]) if unknown else "no tensor, or two of one name"
        raise malformed_request(f"got {what}; {expectation}")
    are_columns = all(tensor.shape and prod(tensor.shape[1:]) == 1 for tensor in tensors)
    if not are_columns or len({tensor.shape[0] for tensor in tensors}) != 1:
        shapes = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in tensors)
        raise malformed_request(f"got the shapes {shapes}; expected [n] or [n, 1] of each")
    return {tensor.name: tensor_values(tensor) for tensor in tensors}


def _text(value: Any) -> Any:  # noqa: ANN401 - any value
    if type(value) is not bytes:
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
