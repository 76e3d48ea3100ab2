"""The blocks of one model, version and half: one for each layout, or few that many layouts share.

Whoever sends a new layout with every event gets no block for each: beyond some, rows share blocks in which a cell may
be absent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sparkmon.protocol.cells import join_cells
from sparkmon.protocol.row_block import RowBlock

_MAX_LAYOUTS = 32
"""Layouts that get a block of their own."""
_FILL = 8
"""A shared block has at most so many cells for each that is present, and some more."""
_SMALL = 4096

_Places: TypeAlias = npt.NDArray[np.int64]


def split(codes: npt.NDArray[np.integer[Any]]) -> Iterator[tuple[int, _Places]]:
    """Split rows by their codes: yield each code with the places of its rows."""
    if not len(codes):
        return
    if (codes == codes[0]).all():
        yield int(codes[0]), np.arange(len(codes))
        return
    order = np.argsort(codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        yield int(codes[rows[0]]), rows


def shared_blocks(blocks: Sequence[RowBlock]) -> Iterator[RowBlock]:
    """Make the blocks of one model, version and half, from one for each layout."""
    blocks = sorted(blocks, key=lambda block: int(block.event[0]))
    yield from blocks[:_MAX_LAYOUTS]
    loose: dict[frozenset[str], list[RowBlock]] = {}
    for block in blocks[_MAX_LAYOUTS:]:
        loose.setdefault(frozenset(block.sides()), []).append(block)
    for group in loose.values():
        yield from map(join_blocks, _pack(group))


def _pack(blocks: Sequence[RowBlock]) -> Iterator[list[RowBlock]]:
    """Put blocks together as long as most of the cells that they will have in common are not absent."""
    packed: list[RowBlock] = []
    names: set[tuple[str, str]] = set()
    rows = cells = 0
    for block in blocks:
        own = {(side, name) for side, each in block.sides().items() for name in each.names}
        size = len(block)
        if packed and (rows + size) * len(names | own) > _FILL * (cells + size * len(own)) + _SMALL:
            yield packed
            packed, names, rows, cells = [], set(), 0, 0
        packed.append(block)
        names |= own
        rows, cells = rows + size, cells + size * len(own)
    yield packed


def join_blocks(blocks: Sequence[RowBlock]) -> RowBlock:
    """Put blocks below each other, in the order of their events."""
    joint = blocks[0]
    if len(blocks) > 1:
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(block, name) for block in blocks])
            for name in ("event", "event_time", "instance")
        }
        columns |= {side: join_cells([getattr(b, side) for b in blocks]) for side in joint.sides()}
        joint = replace(joint, **columns)
    is_sorted = (np.diff(joint.event) >= 0).all()
    return joint if is_sorted else joint.take(np.argsort(joint.event, kind="stable"))
