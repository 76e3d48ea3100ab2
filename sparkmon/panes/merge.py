"""Panes of disjoint rows merged by key."""

from __future__ import annotations

import pyarrow as pa

from sparkmon.panes.limits import PaneLimits
from sparkmon.panes.merge_parts import merge_parts
from sparkmon.panes.parts import flattened, nested
from sparkmon.panes.pool import Expected, pooled


def merge_panes(
    panes: pa.Table,
    k: int = 800,
    *,
    limits: PaneLimits | None = None,
    expected: Expected = {},  # noqa: B006 - never changed
) -> pa.Table:
    """Merge ``PANES`` of disjoint rows by key; give them the bounds of a window first, and they become its profiles.

    ``k`` is the KLL parameter of the merged sketches; with ``limits`` the models and columns that occur least are
    pooled, except the ``expected`` ones. ProfileError if a sketch is malformed.

    Counts, extremes and moments (by Chan's formula) are those of all rows at once. Level counts are exact while no
    pane and no merge has more than 1,000 levels; beyond, a level may be undercounted by a thousandth of the rows in
    which it was not among the commonest.
    """
    parts = flattened(panes)
    if limits is not None:
        parts = pooled(parts, limits, expected)
    return nested(merge_parts(parts, k, limits or PaneLimits()))
