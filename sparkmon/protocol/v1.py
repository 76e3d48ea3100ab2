"""KServe's V1 protocol: ``instances`` and ``predictions`` to rows.

An instance is a list of values (or lists, flattened row-major), an object of named values, or one value. An object's
value that is a one-element list is that element: KServe's own data frame path wants ``{"a": [1.0]}``. Under ``inputs``
and ``outputs`` an object holds columns, as TF Serving has them. MLflow's scoring servers and Databricks take instances
under ``dataframe_records``, and under ``dataframe_split`` columns' names and rows apart.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sparkmon.protocol.body import (
    MAX_DEPTH,
    NO_ROWS,
    Rows,
    check_names,
    check_room,
    check_shape,
    flatten,
    made_names,
)
from sparkmon.protocol.cells import numbers_of, plain_of
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.protocol_error import protocol_error
from sparkmon.records import Half, Value

_NESTED = {list, dict}


def read_instances(lists: Sequence[Any], half: Half, limits: Limits = DEFAULT_LIMITS) -> Rows | None:
    """Read what bodies have under ``instances``, ``inputs``, ``predictions`` or ``outputs``.

    Returns None, or raises ProtocolError, if there are several bodies, and not all of one layout or one of them is
    malformed. Of one body the error says what is wrong with it.
    """
    for each in lists:
        if type(each) is not list:
            raise protocol_error("INSTANCES_MALFORMED", f"got {type(each).__name__} instead of a list of instances")
    counts = list(map(len, lists))
    if 0 in counts:
        return NO_ROWS if len(counts) == 1 else None
    check_shape(max(counts), 0, limits)
    instances = lists[0] if len(counts) == 1 else list(chain.from_iterable(lists))
    types = set(map(type, instances))
    if types == {list}:
        return _from_lists(instances, counts, half, limits)
    if types == {dict}:
        return _from_objects(instances, counts, limits)
    if types & _NESTED:
        raise protocol_error(
            "INSTANCES_MALFORMED", "got lists, objects and scalars mixed; expected instances of one form"
        )
    return Rows(made_names(half, 1), False, counts, instances)


def instances_of(columns: dict[str, Any], limits: Limits) -> list[Any]:
    """Turn columns into instances: a list has a value for each row, anything else is the value of every row.

    Of a lone column of lists these are the instances: their numbers are no names.
    """
    lists = [values for values in columns.values() if type(values) is list]
    lengths = set(map(len, lists))
    if len(lengths) > 1:
        raise protocol_error("ROWS_RAGGED", f"got columns of {sorted(lengths)[:8]} values; expected one number")
    count = lengths.pop() if lengths else 1
    check_shape(count, len(columns), limits)
    check_names(tuple(columns), count, limits)
    first = lists[0][0] if count and len(columns) == len(lists) == 1 else None
    if type(first) is list and len(first) != 1:
        return lists[0]
    full = [each if type(each) is list else [each] * count for each in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*full, strict=True)]


def split_instances(frame: object, limits: Limits) -> list[dict[str, Any]]:
    """Turn a data frame in pandas' orientation ``split`` into instances; its ``index`` is left out."""
    columns, data = (frame.get("columns"), frame.get("data")) if type(frame) is dict else (None, None)
    if type(columns) is not list or type(data) is not list or set(map(type, columns)) - {str}:
        raise protocol_error("INSTANCES_MALFORMED", "got a dataframe_split without a list of columns and one of data")
    if len(set(columns)) < len(columns):
        raise protocol_error("NAMES_COLLIDE", "got a dataframe_split with two columns of one name; rename one")
    if set(map(type, data)) - {list} or set(map(len, data)) - {len(columns)}:
        raise protocol_error(
            "ROWS_RAGGED", f"got rows that are not lists of {len(columns)} values, one for each column"
        )
    check_shape(len(data), len(columns), limits)
    check_names(columns, len(data), limits)
    return [dict(zip(columns, row, strict=True)) for row in data]


def _from_lists(instances: list[list[Any]], counts: list[int], half: Half, limits: Limits) -> Rows:
    if len(set(map(len, instances))) > 1:
        raise protocol_error("ROWS_RAGGED", "got instances of different lengths; expected one length")
    values = list(chain.from_iterable(instances))
    numbers = numbers_of(values, len(instances[0]))
    if numbers is None and _NESTED & set(map(type, values)):
        _, values = flatten(instances)
    width = len(values) // len(instances)
    check_shape(max(counts), width, limits)
    return Rows(made_names(half, width), False, counts, values, numbers)


def _from_objects(instances: list[dict[str, Any]], counts: list[int], limits: Limits) -> Rows | None:
    names = tuple(instances[0])
    check_shape(max(counts), len(names), limits)
    values = _plain_values(instances, names)
    numbers = None if values is None else numbers_of(values, len(names))
    plain = None
    if values and numbers is None:
        columns = [values[at :: len(names)] for at in range(len(names))]
        plain = plain_of(columns)
        others = [columns[at] for at in range(len(names)) if at not in plain.places]
        if _NESTED & set(map(type, chain.from_iterable(others))):
            values = plain = None
    if values is None:
        if len(counts) > 1:
            return None
        names, values = _flat_values(instances, limits)
    check_names(names, max(counts), limits)
    return Rows(names, True, counts, values, numbers, plain)


def _plain_values(instances: list[dict[str, Any]], names: tuple[str, ...]) -> list[Any] | None:
    """Return the values, row-major; None if objects differ in their names."""
    if len(set(map(len, instances))) > 1:
        return None
    if list(chain.from_iterable(instances)) != list(names) * len(instances):
        return None
    values: list[Any] = list(chain.from_iterable(map(dict.values, instances)))
    if values and type(values[0]) is list and set(map(type, values)) == {list}:
        # KServe's own data frames: each value is a list of one.
        return list(chain.from_iterable(values)) if set(map(len, values)) == {1} else values
    return values


def _flat_values(instances: list[dict[str, Any]], limits: Limits) -> tuple[tuple[str, ...], list[Value]]:
    """Give each name that an instance has a column, null where another instance has it not."""
    rows: list[dict[str, Value]] = []
    room = limits.decompressed_bytes
    for instance in instances:
        row, used = _flat_object(instance, room, limits)
        rows.append(row)
        room -= used
    names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    check_shape(len(rows), len(names), limits)
    return names, [row.get(name) for row in rows for name in names]


def _flat_object(instance: dict[str, Any], room: int, limits: Limits) -> tuple[dict[str, Value], int]:
    """Name every scalar below an object: ``a``, ``a_0`` for lists, ``a_b`` for objects in objects.

    Names grow with depth and width, so their characters are counted against ``room`` before they are made.
    """
    row: dict[str, Value] = {}
    pending: list[tuple[str, Any, int]] = [(name, value, 0) for name, value in instance.items()]
    pending.reverse()
    placed = used = 0
    while pending:
        name, value, depth = pending.pop()
        used += len(name) * (len(value) if type(value) in _NESTED else 1)
        if type(value) is list:
            _, flat = flatten(value)
            check_shape(1, placed + len(flat), limits)
            used += len(name) * len(flat)
            check_room(used, room)
            names = [name] if len(flat) == 1 else [f"{name}_{i}" for i in range(len(flat))]
            row.update(zip(names, flat, strict=True))
            placed += len(flat)
        elif type(value) is dict:
            check_shape(1, placed + len(value), limits)
            check_room(used, room)
            if depth == MAX_DEPTH:
                raise protocol_error("VALUE_TOO_DEEP", f"got objects nested deeper than {MAX_DEPTH} levels")
            inner = [(f"{name}_{key}", item, depth + 1) for key, item in value.items()]
            pending.extend(reversed(inner))
        else:
            row[name] = value
            placed += 1
    if placed != len(row):
        raise protocol_error("NAMES_COLLIDE", "got two values that flatten to one column name; rename a column")
    return row, used
