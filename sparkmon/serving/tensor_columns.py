"""V2 tensors of a caller as named columns of exact values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod
from typing import Any, Protocol

from sparkmon.errors import ProtocolError
from sparkmon.protocol.tensors import tensor_from_json
from sparkmon.serving.refusal import refusal

__all__ = ["Tensor", "check_shapes", "read_columns", "tensor_values"]


class Tensor(Protocol):
    """What is asked of kserve's ``InferInput`` and ``InferOutput``."""

    @property
    def name(self) -> str:
        """Of the tensor."""

    @property
    def shape(self) -> list[int]:
        """Sizes, the instances first."""

    @property
    def datatype(self) -> str:
        """As the protocol spells it: ``INT64``."""

    @property
    def data(self) -> Any:  # noqa: ANN401 - kserve has lists, flat and nested, and bytes among them
        """Values; empty where they came as bytes, which ``as_numpy`` reads."""

    def as_numpy(self) -> Any:  # noqa: ANN401 - an array of any type
        """Return the values as an array of the tensor's shape."""


def tensor_values(tensor: Tensor) -> list[Any]:
    """Return the values of a tensor, row-major: integers exact, ``BYTES`` as text where they are UTF-8.

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
        raise refusal("REQUEST_MALFORMED", 400, str(error)) from None
    except Exception as error:
        # kserve reads raw bytes with struct and numpy, which have their own errors for each fault.
        raise refusal(
            "REQUEST_MALFORMED", 400, f"the tensor {tensor.name!r} cannot be read ({error})"
        ) from None


def check_shapes(tensors: Sequence[Tensor]) -> None:
    """Refuse a shape that is no list of sizes: of a binary request kserve has not looked at it.

    Raises
    ------
    ServingError
        ``REQUEST_MALFORMED``, 400.
    """
    for tensor in tensors:
        sizes: Any = tensor.shape
        if type(sizes) is not list or not all(type(size) is int and size >= 0 for size in sizes):
            reason = f"got the shape {sizes!r:.80} of the tensor {tensor.name!r}; expected sizes"
            raise refusal("REQUEST_MALFORMED", 400, reason)


def read_columns(
    tensors: Sequence[Tensor], expected: Sequence[str], known: Collection[str], max_rows: int
) -> dict[str, list[Any]]:
    """Return name to values, one per instance.

    Parameters
    ----------
    tensors : sequence
        One per name, or a single one under any other name that holds the ``expected`` columns side by side.
    expected : sequence of str
        The columns of a single tensor, in order.
    known : collection of str
        The names that a tensor of its own may have.
    max_rows : int
        So many instances.

    Raises
    ------
    ServingError
        ``REQUEST_MALFORMED``, 400.
    """
    if len(tensors) == 1 and tensors[0].name not in known:
        return _columns_of(tensors[0], expected, max_rows)
    names = [tensor.name for tensor in tensors]
    counts = {tensor.shape[0] if tensor.shape else 0 for tensor in tensors}
    strange = [name for name in names if name not in known]
    if strange or len(set(names)) != len(names) or not names:
        what = repr(strange[0]) if strange else "no tensor, or two of one name"
        raise refusal("REQUEST_MALFORMED", 400, f"got {what}; {_wanted(expected)}")
    if len(counts) != 1 or not all(_is_column(tensor, max_rows) for tensor in tensors):
        shapes = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in tensors)
        raise refusal(
            "REQUEST_MALFORMED", 400, f"got the shapes {shapes}; expected [n] or [n, 1] of each"
        )
    return {tensor.name: tensor_values(tensor) for tensor in tensors}


def _columns_of(tensor: Tensor, expected: Sequence[str], max_rows: int) -> dict[str, list[Any]]:
    shape = tensor.shape
    width = prod(shape[1:])
    if not shape or not 0 <= shape[0] <= max_rows or width != len(expected):
        raise refusal(
            "REQUEST_MALFORMED",
            400,
            f"got the tensor {tensor.name!r} of shape {shape}; {_wanted(expected)}, or one tensor of "
            f"shape [n, {len(expected)}]",
        )
    values = tensor_values(tensor)
    return {name: values[at::width] for at, name in enumerate(expected)}


def _is_column(tensor: Tensor, max_rows: int) -> bool:
    shape = tensor.shape
    return bool(shape) and 0 <= shape[0] <= max_rows and prod(shape[1:]) == 1


def _wanted(expected: Sequence[str]) -> str:
    return f"expected a tensor each for {', '.join(expected)}"


def _text(value: Any) -> Any:  # noqa: ANN401 - as it came, but for bytes
    if type(value) is not bytes:
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
