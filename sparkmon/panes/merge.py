"""Panes of disjoint rows merged by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from sparkmon.distributions.schema import PANES, PROFILE
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
    """Merge the panes of each key; give them the bounds of a window first, and they become the window's profiles.

    Parameters
    ----------
    panes : pyarrow.Table
        ``PANES``, of disjoint rows.
    k : int, default 800
        KLL parameter of the merged sketches.
    limits : PaneLimits, optional
        Pool the models and columns that occur least in these panes.
    expected : mapping of str to collection of str
        By model, the columns that are never pooled.

    Returns
    -------
    pyarrow.Table
        ``PANES``, with one row per ``PROFILE_KEY``.

    Raises
    ------
    ProfileError
        A sketch is malformed.

    Notes
    -----
    Counts, extremes and moments (by Chan's formula) are those of all rows at once. Level counts are exact while no
    pane and no merge has more than 1,000 levels; beyond, a level may be undercounted by a thousandth of the rows in
    which it was not among the commonest.
    """
    parts = flattened(panes)
    if limits is not None:
        parts = pooled(parts, limits, expected)
    return nested(merge_parts(parts, k, limits or PaneLimits()))


def merge_profiles(parts: Sequence[Mapping[str, Any]], k: int = 800) -> dict[str, Any]:
    """Merge profiles of disjoint rows into one.

    Parameters
    ----------
    parts : sequence of mapping
        One or more structs of ``PROFILE``, as ``to_pylist`` gives them.
    k : int, default 800
        KLL parameter of the merged sketch.

    Examples
    --------
    >>> counts = dict.fromkeys(("num_nulls", "num_nan", "num_inf", "num_texts"), 0)
    >>> one, two = (
    ...     {**counts, "count": 1, "num_numbers": 1, "min": x, "max": x, "avg": x, "m2": 0.0} for x in (2.0, 6.0)
    ... )
    >>> merged = merge_profiles([one, two])
    >>> merged["count"], merged["avg"], merged["m2"]
    (2, 4.0, 8.0)
    """
    zero: dict[str, Any] = {
        field.name: pa.scalar("" if pa.types.is_string(field.type) else 0, field.type)
        for field in PANES
        if field.name != "profile"
    }
    columns: dict[str, Any] = {name: pa.repeat(value, len(parts)) for name, value in zero.items()}
    columns["profile"] = pa.array(parts, PROFILE)
    merged = merge_panes(pa.table(columns).select(PANES.names).cast(PANES), k)
    profile: dict[str, Any] = merged["profile"][0].as_py()
    return profile
