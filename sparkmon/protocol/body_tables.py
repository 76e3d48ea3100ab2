"""Parsed bodies, gathered by layout into tables; what is no simple table is left to be read body by body."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from sparkmon.protocol.body import check_text
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.tables import Table
from sparkmon.protocol.v1_table import instances_table
from sparkmon.protocol.v2 import is_tensor
from sparkmon.protocol.v2_table import TensorLayouts, tensors_table
from sparkmon.records import Half

_FEW = 4
"""So many bodies of one layout are quicker to read one by one."""
_KEYS = {"request": ("instances", "inputs"), "response": ("predictions", "outputs")}
_NO_OUTPUTS = frozenset({"explanations", "platform"})


class Parsed(NamedTuple):
    """Bodies of one half: their JSON, or that of their heads, and what follows it."""

    half: Half
    bodies: list[dict[str, Any]]
    tails: list[bytes] | None
    layouts: TensorLayouts
    longest: int = 0
    """Bytes of the longest JSON."""
    is_typed: bool = False
    """Whether a schema may say that numbers are texts."""

    def take(self, at: Sequence[int]) -> Parsed:
        """Return some of the bodies."""
        tails = None if self.tails is None else [self.tails[i] for i in at]
        return self._replace(bodies=[self.bodies[i] for i in at], tails=tails)


def tables_of(
    parsed: Parsed, limits: Limits
) -> tuple[list[tuple[Sequence[int], Table]], list[int]]:
    """Read bodies as few tables.

    Returns
    -------
    tables : list of tuple
        The indexes of bodies, and their table.
    others : list of int
        The indexes of bodies that are no simple table.

    Examples
    --------
    >>> bodies = [{"instances": [[1.0]]}, {"instances": [[2.0]]}, {"instances": []}]
    >>> [(at, table)], others = tables_of(Parsed("request", bodies[:2], None, TensorLayouts()), Limits())
    >>> list(at), table.names, others
    ([0, 1], ('feature_0',), [])
    >>> tables_of(Parsed("request", bodies, None, TensorLayouts()), Limits())
    ([], [2, 0, 1])
    """
    whole = _table(parsed, limits)
    if whole is not None:
        return [(range(len(parsed.bodies)), whole)], []
    tables: list[tuple[Sequence[int], Table]] = []
    groups, others = _by_layout(parsed)
    for at in groups:
        table = _table(parsed.take(at), limits) if len(at) >= _FEW else None
        if table is None:
            others.extend(at)
        else:
            tables.append((at, table))
    return tables, others


def _table(parsed: Parsed, limits: Limits) -> Table | None:
    try:
        table = _simple_table(parsed, limits)
        if table is not None and parsed.longest > limits.text_bytes:
            for columns in chain.from_iterable(rows for _, rows in table.parts):
                if isinstance(columns, list):
                    check_text([value for value in columns if type(value) is str], limits)
        return table
    except Exception:
        # Whatever bytes from outside trip over, the careful reader says what is wrong with them.
        return None


def _simple_table(parsed: Parsed, limits: Limits) -> Table | None:
    half, bodies, tails = parsed.half, parsed.bodies, parsed.tails
    members: set[str] = set().union(*bodies)
    v1_key, v2_key = _KEYS[half]
    if "parameters" in members and any(map(_is_noted, bodies)):
        return None
    if v1_key not in members and v2_key in members:
        if members & _NO_OUTPUTS and half == "response":
            return None
        if _holds_tensors(bodies[0].get(v2_key)):
            return tensors_table(
                bodies, tails, half, limits, parsed.layouts, is_typed=parsed.is_typed
            )
        if half == "response":
            return None
        v1_key = v2_key
    if tails is not None and any(tails):
        return None
    return instances_table(bodies, v1_key, half, limits, is_typed=parsed.is_typed)


def _by_layout(parsed: Parsed) -> tuple[list[list[int]], list[int]]:
    groups: dict[object, list[int]] = {}
    others: list[int] = []
    for at, body in enumerate(parsed.bodies):
        try:
            layout = _layout(body, parsed.half)
            group = others if layout is None else groups.setdefault(layout, [])
        except (AttributeError, KeyError, TypeError):  # a tensor that is none, or has no head
            group = others
        group.append(at)
    return list(groups.values()), others


def _layout(body: dict[str, Any], half: Half) -> object:
    """Name the layout of a body; None if it is of none that a table has."""
    key = next((key for key in _KEYS[half] if key in body), None)
    instances = None if key is None else body[key]
    if type(instances) is not list or not instances or _is_noted(body):
        return None
    first = instances[0]
    if type(first) is list:
        return None if not first or type(first[0]) is list else (key, len(first))
    if type(first) is not dict:
        return (key,)
    if key in ("inputs", "outputs") and is_tensor(first):
        return key, tuple([_head(tensor) for tensor in instances])
    return key, tuple(first)


def _head(tensor: dict[str, Any]) -> tuple[object, ...]:
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if type(parameters) is dict else None
    return tensor["name"], tensor["datatype"], size, *tensor["shape"]


def _holds_tensors(tensors: object) -> bool:
    return type(tensors) is list and bool(tensors) and is_tensor(tensors[0])


def _is_noted(body: dict[str, Any]) -> bool:
    parameters = body.get("parameters")
    return type(parameters) is dict and ENRICHMENT_PARAMETER in parameters
