"""KServe's V1 protocol: ``instances`` and ``predictions`` to rows.

An instance is a list of values (or lists, flattened row-major), an object of named values, or one value. An object's
value that is a one-element list is that element: KServe's own data frame path wants ``{"a": [1.0]}``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from sparkmon.protocol.body import NO_ROWS, Rows, check_shape, check_text, made_names
from sparkmon.protocol.flatten import MAX_DEPTH, flatten
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Half, Value


def read_instances(instances: object, half: Half, limits: Limits = DEFAULT_LIMITS) -> Rows:
    """Read the list under ``instances``, ``inputs`` or ``predictions``.

    Parameters
    ----------
    instances : object
        The parsed JSON; a list is expected.
    half : {"request", "response"}
        Decides the names that are made where the payload has none.
    limits : Limits
        The bounds of one event.

    Raises
    ------
    ProtocolError
        ``INSTANCES_MALFORMED``, ``INSTANCE_MALFORMED``, ``ROWS_RAGGED``, ``NAMES_COLLIDE``, ``VALUE_TOO_DEEP``,
        ``VALUE_TOO_LONG`` and the ``TOO_MANY_*`` conditions.

    Examples
    --------
    >>> read_instances([[1.5, 2], [3, 4]], "request")
    Rows(names=('feature_0', 'feature_1'), named=False, count=2, values=[1.5, 2, 3, 4])
    >>> read_instances([{"a": [1.5], "b": "x"}], "request")
    Rows(names=('a', 'b'), named=True, count=1, values=[1.5, 'x'])
    >>> read_instances([0, 1], "response")
    Rows(names=('prediction',), named=False, count=2, values=[0, 1])
    """
    if type(instances) is not list:
        raise protocol_error(
            "INSTANCES_MALFORMED", f"got {type(instances).__name__} instead of a list of instances"
        )
    if not instances:
        return NO_ROWS
    if len(instances) > limits.rows:
        check_shape(len(instances), 0, limits)
    first = type(instances[0])
    if len(instances) > 1 and not _all_like(instances, first):
        raise protocol_error(
            "INSTANCES_MALFORMED",
            "got lists, objects and scalars mixed; expected instances of one form",
        )
    if first is list:
        return _from_lists(instances, half, limits)
    if first is dict:
        return _from_objects(instances, limits)
    check_text([value for value in instances if type(value) is str], limits)
    return Rows(made_names(half, 1), False, len(instances), instances)


def _all_like(instances: list[Any], first: type) -> bool:
    types = set(map(type, instances))
    return types == {first} if first in (list, dict) else not types & {list, dict}


def _from_lists(instances: list[list[Any]], half: Half, limits: Limits) -> Rows:
    width = len(instances[0])
    count = len(instances)
    if count == 1:
        values = instances[0]
    else:
        if set(map(len, instances)) != {width}:
            raise protocol_error(
                "ROWS_RAGGED", "got instances of different lengths; expected one length"
            )
        values = list(chain.from_iterable(instances))
    types = set(map(type, values))
    if list in types or dict in types:
        shape, values = flatten(instances)
        width = len(values) // count if 0 not in shape else 0
    if width > limits.columns or count * width > limits.values:
        check_shape(count, width, limits)
    if str in types or list in types:
        check_text([value for value in values if type(value) is str], limits)
    return Rows(made_names(half, width), False, count, values)


def _from_objects(instances: list[dict[str, Any]], limits: Limits) -> Rows:
    count = len(instances)
    names = tuple(instances[0])
    check_shape(count, len(names), limits)
    values: list[Value]
    if count == 1 or all(tuple(row) == names for row in instances):
        values = list(chain.from_iterable(map(_values, instances)))
        types = set(map(type, values))
        if list not in types and dict not in types:
            return _named(names, count, values, limits, has_text=str in types)
    rows: list[dict[str, Value]] = []
    room = limits.decompressed_bytes
    for instance in instances:
        row, used = _flat_object(instance, room, limits)
        rows.append(row)
        room -= used
    names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    check_shape(count, len(names), limits)
    values = [row.get(name) for row in rows for name in names]
    return _named(names, count, values, limits, has_text=True)


_values: Callable[[dict[str, Any]], Any] = dict.values


def _named(
    names: tuple[str, ...], count: int, values: list[Value], limits: Limits, *, has_text: bool
) -> Rows:
    check_text(names, limits, "a column name")
    _check_room(count * sum(map(len, names)), limits.decompressed_bytes)
    if has_text:
        check_text([value for value in values if type(value) is str], limits)
    return Rows(names, True, count, values)


def _flat_object(
    instance: dict[str, Any], room: int, limits: Limits
) -> tuple[dict[str, Value], int]:
    """Name every scalar below an object: ``a``, ``a_0`` for lists, ``a_b`` for objects in objects.

    Names grow with depth and width, so their characters are counted against ``room`` before they are made.
    """
    row: dict[str, Value] = {}
    pending: list[tuple[str, Any, int]] = [(name, value, 0) for name, value in instance.items()]
    pending.reverse()
    placed = used = 0
    while pending:
        name, value, depth = pending.pop()
        used += len(name) * (len(value) if type(value) in (list, dict) else 1)
        if type(value) is list:
            _, flat = flatten(value)
            check_shape(1, placed + len(flat), limits)
            used += len(name) * len(flat)
            _check_room(used, room)
            names = [name] if len(flat) == 1 else [f"{name}_{i}" for i in range(len(flat))]
            row.update(zip(names, flat, strict=True))
            placed += len(flat)
        elif type(value) is dict:
            check_shape(1, placed + len(value), limits)
            _check_room(used, room)
            if depth == MAX_DEPTH:
                raise protocol_error(
                    "VALUE_TOO_DEEP", f"got objects nested deeper than {MAX_DEPTH} levels"
                )
            inner = [(f"{name}_{key}", item, depth + 1) for key, item in value.items()]
            pending.extend(reversed(inner))
        else:
            row[name] = value
            placed += 1
    if placed != len(row):
        raise protocol_error(
            "NAMES_COLLIDE", "got two values that flatten to one column name; rename a column"
        )
    return row, used


def _check_room(used: int, room: int) -> None:
    if used > room:
        raise protocol_error(
            "TOO_MANY_VALUES", "got column names too long for so many values; shorten them"
        )
