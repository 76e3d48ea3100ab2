"""V1 bodies of one layout, read as one table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sparkmon.protocol.body import check_shape, check_text, made_names
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.tables import Table, columns_of, texts_of
from sparkmon.records import Half


def instances_table(
    bodies: Sequence[dict[str, Any]], key: str, half: Half, limits: Limits, *, is_typed: bool
) -> Table | None:
    """Read the lists under ``instances``, ``inputs`` or ``predictions`` as one table.

    Parameters
    ----------
    bodies : sequence of dict
        Bodies of the V1 protocol.
    key : str
        Where the list is.
    half : {"request", "response"}
        Decides the names that are made where the payload has none.
    limits : Limits
        The bounds of one event.
    is_typed : bool
        Whether numbers may have to become texts.

    Returns
    -------
    Table or None
        None if the bodies are not of one simple layout; each of them must be read by itself then.

    Raises
    ------
    KeyError, ProtocolError, TypeError
        A body is malformed or beyond the limits.

    Examples
    --------
    >>> bodies = [{"instances": [[1, 2]]}, {"instances": [[3, 4], [5, 6]]}]
    >>> table = instances_table(bodies, "instances", "request", Limits(), is_typed=False)
    >>> table.names, table.counts, table.parts[0][1][0].numbers.tolist()
    (('feature_0', 'feature_1'), [1, 2], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    """
    lists = [body[key] for body in bodies]
    counts = list(map(len, lists))
    instances = list(chain.from_iterable(lists))
    if 0 in counts or set(map(type, lists)) != {list}:
        return None
    types = set(map(type, instances))
    if types == {list}:
        names, values = _lists(instances, half)
    elif types == {dict}:
        names, values = _objects(instances)
    elif types & {list, dict}:
        return None
    else:
        names, values = made_names(half, 1), instances
    if not names:
        return None
    most = max(counts)
    check_shape(most, len(names), limits)
    if types == {dict}:
        check_text(names, limits)
        if most * sum(map(len, names)) > limits.decompressed_bytes:
            return None
    columns = columns_of(values, len(names), is_typed=is_typed)
    if columns is None:
        return None
    ids = texts_of(bodies, "id")
    versions: list[str | None] = [None] * len(bodies)
    is_named = types == {dict}
    return Table(f"v1_{half}", names, is_named, counts, [(len(names), [columns])], ids, versions)


def _lists(instances: Sequence[list[Any]], half: Half) -> tuple[tuple[str, ...], list[Any]]:
    widths = set(map(len, instances))
    width = widths.pop()
    return () if widths else made_names(half, width), list(chain.from_iterable(instances))


def _objects(instances: Sequence[dict[str, Any]]) -> tuple[tuple[str, ...], list[Any]]:
    names = tuple(instances[0])
    if set(map(tuple, instances)) != {names}:
        return (), []
    values = list(chain.from_iterable(map(dict.values, instances)))
    if values and type(values[0]) is list and set(map(type, values)) == {list}:
        # KServe's own data frames: each value is a list of one.
        return (names if set(map(len, values)) == {1} else ()), list(chain.from_iterable(values))
    return names, values
