"""V2 tensors of a request as named columns of exact values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod
from typing import Any, Protocol

from sparkmon.errors import ProtocolError
from sparkmon.protocol.tensors import tensor_from_json
from sparkmon.serving.serving_error import malformed_request


class Tensor(Protocol):
    """The attributes of kserve's ``InferInput`` and ``InferOutput`` that are read."""

    @property
    def name(self) -> str:
        """The tensor's name."""

    @property
    def shape(self) -> list[int]:
        """Sizes, the instances first."""

    @property
    def datatype(self) -> str:
        """The protocol's name of the type, such as ``INT64``."""

    @property
    def data(self) -> Any:  # noqa: ANN401 - kserve has lists, flat and nested, and bytes among them
        """Values; empty if they came as bytes, which ``as_numpy`` reads."""

    def as_numpy(self) -> Any:  # noqa: ANN401 - an array of any type
        """Return the values as an array of the tensor's shape."""


def tensor_values(tensor: Tensor) -> list[Any]:
    """Return the values of a tensor, row-major: integers exact, ``BYTES`` as text if they are UTF-8.

    Raises
    ------
    ServingError
        ``REQUEST_MALFORMED``, 400: the values do not fit the datatype or the shape.
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


def check_shapes(tensors: Sequence[Tensor]) -> None:
    """Refuse a shape that is no list of sizes; kserve does not check the shapes of a binary request.

    Raises
    ------
    ServingError
        ``REQUEST_MALFORMED``, 400.
    """
    for tensor in tensors:
        sizes: Any = tensor.shape
        if type(sizes) is not list or not all(type(size) is int and size >= 0 for size in sizes):
            raise malformed_request(
                f"got the shape {sizes!r:.80} of the tensor {tensor.name!r}; expected sizes"
            )


def read_columns(
    tensors: Sequence[Tensor], expected: Sequence[str], names: Collection[str], max_rows: int
) -> dict[str, list[Any]]:
    """Return name to values, one per instance.

    Parameters
    ----------
    tensors : sequence
        One per name, or a single one under another name with the ``expected`` columns in order.
    expected : sequence of str
        The columns of a single tensor, in order.
    names : collection of str
        The names that a tensor of one column may have.
    max_rows : int
        At most this many instances.

    Raises
    ------
    ServingError
        ``REQUEST_MALFORMED``, 400.
    """
    if len(tensors) == 1 and tensors[0].name not in names:
        return _columns_of(tensors[0], expected, max_rows)
    tensor_names = [tensor.name for tensor in tensors]
    counts = {tensor.shape[0] if tensor.shape else 0 for tensor in tensors}
    unknown = [name for name in tensor_names if name not in names]
    if unknown or len(set(tensor_names)) != len(tensor_names) or not tensor_names:
        what = repr(unknown[0]) if unknown else "no tensor, or two of one name"
        raise malformed_request(f"got {what}; {_expected(expected)}")
    if len(counts) != 1 or not all(_is_column(tensor, max_rows) for tensor in tensors):
        shapes = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in tensors)
        raise malformed_request(f"got the shapes {shapes}; expected [n] or [n, 1] of each")
    return {tensor.name: tensor_values(tensor) for tensor in tensors}


def _columns_of(tensor: Tensor, expected: Sequence[str], max_rows: int) -> dict[str, list[Any]]:
    shape = tensor.shape
    width = prod(shape[1:])
    if not shape or not 0 <= shape[0] <= max_rows or width != len(expected):
        raise malformed_request(
            f"got the tensor {tensor.name!r} of shape {shape}; {_expected(expected)}, or one tensor of "
            f"shape [n, {len(expected)}]",
        )
    values = tensor_values(tensor)
    return {name: values[at::width] for at, name in enumerate(expected)}


def _is_column(tensor: Tensor, max_rows: int) -> bool:
    shape = tensor.shape
    return bool(shape) and 0 <= shape[0] <= max_rows and prod(shape[1:]) == 1


def _expected(expected: Sequence[str]) -> str:
    return f"expected a tensor each for {', '.join(expected)}"


def _text(value: Any) -> Any:  # noqa: ANN401 - any value
    if type(value) is not bytes:
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
