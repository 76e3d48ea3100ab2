"""V2 bodies of one layout, read as one table: each tensor's data of all bodies at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from sparkmon.protocol.cells import number_cells
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.row_block import Cells
from sparkmon.protocol.tables import Columns, Table, columns_of, texts_of
from sparkmon.protocol.tensors import DATATYPES, array_from_bytes
from sparkmon.protocol.v2 import Head, read_heads
from sparkmon.records import Half

_MEMBERS = itemgetter("name", "datatype", "shape")
_DATA = itemgetter("data")
_LENGTH = list.__len__
_EXACT = 2**53


class TensorLayouts:
    """The heads of tensors that were read last, so that a layout is looked at closely once and not in each body."""

    def __init__(self) -> None:
        self._last: tuple[list[Any], list[Head], tuple[str, ...]] = [], [], ()

    def read(
        self, tensors: Sequence[Any], members: list[Any], limits: Limits
    ) -> tuple[list[Head], tuple[str, ...]]:
        """Read the heads of tensors, and name their columns; ``members`` are their names, datatypes and shapes."""
        last, heads, names = self._last
        sizes = [_binary_size(tensor) for tensor in tensors]
        if last != members or sizes != [head.binary_size for head in heads]:
            heads, names = read_heads(tensors, limits)
            self._last = members, heads, names
        return heads, names


def tensors_table(
    bodies: Sequence[dict[str, Any]],
    tails: Sequence[bytes] | None,
    half: Half,
    limits: Limits,
    layouts: TensorLayouts,
    *,
    is_typed: bool,
) -> Table | None:
    """Read the tensors under ``inputs`` or ``outputs`` as one table.

    Parameters
    ----------
    bodies : sequence of dict
        Bodies of the V2 protocol, or the heads of binary ones.
    tails : sequence of bytes or None
        What follows each head.
    half : {"request", "response"}
        Whose bodies they are.
    limits : Limits
        The bounds of one event.
    layouts : TensorLayouts
        Those that were read before.
    is_typed : bool
        Whether numbers may have to become texts.

    Returns
    -------
    Table or None
        None if the bodies are not of one simple layout; each of them must be read by itself then.

    Raises
    ------
    KeyError, ProtocolError, TypeError, ValueError
        A body is malformed or beyond the limits.

    Examples
    --------
    >>> body = {"inputs": [{"name": "x", "shape": [2], "datatype": "FP64", "data": [1.5, 2]}]}
    >>> table = tensors_table([body, body], None, "request", Limits(), TensorLayouts(), is_typed=False)
    >>> table.names, table.counts, table.parts[0][1][0].numbers.ravel().tolist()
    (('x',), [2, 2], [1.5, 2.0, 1.5, 2.0])
    """
    lists = [body["inputs" if half == "request" else "outputs"] for body in bodies]
    tensors = list(chain.from_iterable(lists))
    size, count = len(lists[0]), len(bodies)
    if set(map(type, lists)) != {list} or set(map(len, lists)) != {size}:
        return None
    members = list(map(_MEMBERS, tensors))
    heads, names = layouts.read(lists[0], members[:size], limits)
    if not heads[0].rows or not names or members[:size] * count != members:
        return None
    if not _alike(tensors, heads, count):
        return None
    parts = _parts(tensors, heads, tails, count, is_typed=is_typed)
    if parts is None:
        return None
    ids, versions = texts_of(bodies, "id"), texts_of(bodies, "model_version")
    is_named = len(heads) > 1 or len(names) == 1
    return Table(f"v2_{half}", names, is_named, [heads[0].rows] * count, parts, ids, versions)


def _alike(tensors: Sequence[dict[str, Any]], heads: Sequence[Head], count: int) -> bool:
    """Tell whether heads that are equal to those of the first body, which were looked at closely, are the same."""
    # True and 1.0 equal 1 but are no sizes.
    if set(map(type, chain.from_iterable(map(itemgetter("shape"), tensors)))) != {int}:
        return False
    if set(map(len, tensors)) == {4} and all(head.binary_size is None for head in heads):
        return True  # the fourth member is the data, as will show
    sizes = list(map(_binary_size, tensors))
    return sizes == [head.binary_size for head in heads] * count and bool not in map(type, sizes)


def _binary_size(tensor: dict[str, Any]) -> object:
    parameters = tensor.get("parameters")
    return parameters.get("binary_data_size") if type(parameters) is dict else None


def _parts(
    tensors: Sequence[dict[str, Any]],
    heads: Sequence[Head],
    tails: Sequence[bytes] | None,
    count: int,
    *,
    is_typed: bool,
) -> list[tuple[int, list[Columns]]] | None:
    tail_size = sum(head.binary_size or 0 for head in heads)
    if (set(map(len, tails)) if tails else {0}) != {tail_size}:
        return None
    is_json = all(head.binary_size is None for head in heads)
    if is_json and heads[0].rows == 1 and len({DATATYPES[head.datatype] for head in heads}) == 1:
        # One row in each body: all data, one after the other, is the table row by row.
        widths = [head.width for head in heads]
        columns = _json_columns(
            tensors, widths * count, heads[0].datatype, sum(widths), is_typed=is_typed
        )
        return None if columns is None else [(sum(widths), [columns])]
    raw = np.frombuffer(b"".join(tails or ()), np.uint8).reshape(count, tail_size)
    parts: list[tuple[int, list[Columns]]] = []
    first = 0
    for at, head in enumerate(heads):
        own = tensors[at :: len(heads)]
        if head.binary_size is None:
            sizes = [head.rows * head.width] * count
            values = _json_columns(own, sizes, head.datatype, head.width, is_typed=is_typed)
        else:
            part = raw[:, first : first + head.binary_size]
            values = _binary_columns(part, head, count, is_typed=is_typed)
            first += head.binary_size
        if values is None:
            return None
        parts.append((head.width, [values]))
    return parts


def _json_columns(
    tensors: Sequence[dict[str, Any]],
    sizes: list[int],
    datatype: str,
    width: int,
    *,
    is_typed: bool,
) -> Columns | None:
    data = list(map(_DATA, tensors))
    if list(map(_LENGTH, data)) != sizes:
        return None
    values = list(chain.from_iterable(data))
    python_type = DATATYPES[datatype]
    if python_type is float and not is_typed:
        cells = number_cells(("",) * width, values, len(values) // width)
        return None if cells is None or _has_truth_values(values, cells) else cells
    types = set(map(type, values)) - {type(None)}
    return columns_of(values, width, is_typed=is_typed) if types <= {python_type} else None


def _has_truth_values(values: list[Any], cells: Cells) -> bool:
    """Tell whether a number was a truth value, which is none in a tensor of numbers."""
    flat = cells.numbers.ravel()
    return any(
        type(values[at]) is bool for at in np.flatnonzero((flat == 0) | (flat == 1)).tolist()
    )


def _binary_columns(
    raw: npt.NDArray[np.uint8], head: Head, count: int, *, is_typed: bool
) -> Columns | None:
    values = array_from_bytes(head.datatype, raw.tobytes())
    if len(values) != count * head.rows * head.width:
        return None
    if values.dtype.kind in "iu" and (values.max() > _EXACT or values.min() < -_EXACT):
        is_typed = True
    if is_typed:
        exact: list[Any] = values.tolist()
        return exact
    return Cells(("",) * head.width, values.astype(np.float64).reshape(-1, head.width))
