"""Many bodies of one layout, read as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeAlias

from sparkmon.protocol.cells import column_cells, join_cells, join_columns, number_cells
from sparkmon.protocol.naming import Naming
from sparkmon.protocol.row_block import Cells
from sparkmon.records import FeatureKind

Columns: TypeAlias = Cells | list[Any]
"""Some columns next to each other: cells if all of them are numbers, or else the values, row-major."""
_Kinds: TypeAlias = Sequence[FeatureKind | None] | None


@dataclass(slots=True)
class Table:
    """The rows of many bodies, and what is common to the bodies."""

    kind: str
    names: tuple[str, ...]
    named: bool
    counts: list[int]
    """By body, how many rows it has."""
    parts: list[tuple[int, list[Columns]]]
    """The columns from left to right: how many, and their rows, from the first bodies to the last."""
    ids: list[str | None]
    versions: list[str | None]

    @property
    def layout(self) -> tuple[object, ...]:
        """What tables have in common that can be put below each other."""
        return self.kind, self.names, self.named, tuple([width for width, _ in self.parts])

    def extend(self, other: Table) -> None:
        """Put a table of the same layout below this one."""
        self.counts += other.counts
        self.ids += other.ids
        self.versions += other.versions
        for (_, rows), (_, others) in zip(self.parts, other.parts, strict=True):
            rows += others

    def take(self, at: Sequence[int]) -> Table:
        """Return what is said of some of the bodies, without their columns."""
        lists = [[each[i] for i in at] for each in (self.counts, self.ids, self.versions)]
        counts, ids, versions = lists
        return replace(self, counts=counts, parts=[], ids=ids, versions=versions)  # type: ignore[arg-type]

    def cells(self, naming: Naming) -> Cells:
        """Return the cells under the names of a model."""
        parts = []
        first = 0
        for width, rows in self.parts:
            kinds = naming.kinds and naming.kinds[first : first + width]
            parts.append(_cells(naming.names[first : first + width], rows, kinds))
            first += width
        return parts[0] if len(parts) == 1 else join_columns(parts)


def texts_of(bodies: Sequence[dict[str, Any]], key: str) -> list[str | None]:
    """Return a member of each body; None where it is missing, empty or no text."""
    if not any([key in body for body in bodies]):
        return [None] * len(bodies)
    values = [body.get(key) for body in bodies]
    if set(map(type, values)) == {str} and "" not in values:
        return values
    return [value if type(value) is str and value else None for value in values]


def columns_of(values: list[Any], width: int, *, is_typed: bool) -> Columns | None:
    """Make columns of values, row-major; None if there are lists or objects among them.

    Parameters
    ----------
    values : list
        What JSON has.
    width : int
        How many columns there are.
    is_typed : bool
        Whether numbers may have to become texts.

    Examples
    --------
    >>> columns_of([1, 2.5], 1, is_typed=False).numbers.tolist(), columns_of([1, "a"], 1, is_typed=False)
    ([[1.0], [2.5]], [1, 'a'])
    """
    if not is_typed:
        cells = number_cells(("",) * width, values, len(values) // width)
        if cells is not None:
            return cells
    return None if {list, dict} & set(map(type, values)) else values


def _cells(names: tuple[str, ...], rows: Sequence[Columns], kinds: _Kinds) -> Cells:
    lists = [each for each in rows if isinstance(each, list)]
    if len(lists) == len(rows):
        values = lists[0] if len(lists) == 1 else list(chain.from_iterable(lists))
        return column_cells(names, values, len(values) // len(names), kinds)
    return join_cells(
        [
            column_cells(names, each, len(each) // len(names), kinds)
            if isinstance(each, list)
            else replace(each, names=names)
            for each in rows
        ]
    )
