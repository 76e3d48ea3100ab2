"""What moved in a column, in words: where there are more rows than the reference has, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkmon.distributions import Categories, Distribution, align, bin_counts, kind_of, reference_edges, summary_of
from sparkmon.distributions.arrays import FloatArray
from sparkmon.printable import printable

_LONGEST = 40
_OTHERS = ("rarer levels", "levels that the reference does not have", "nulls")


def most_moved(reference: Mapping[str, Any], current: Mapping[str, Any]) -> str:
    """Say where the current side has most more rows than its size and the reference's shares would give.

    Both are the fields of a ``PROFILE``. Of numbers it is a range of the reference's bins that follow each other, of
    named levels one level. Empty if nothing can be compared.

    >>> before = {"count": 100, "num_numbers": 0, "num_texts": 100, "frequent_items": {"a": 70, "b": 30}}
    >>> most_moved(before, before | {"count": 50, "num_texts": 50, "frequent_items": {"a": 20, "b": 30}})
    '+15 rows of b'
    """
    kind = kind_of(reference)
    if kind == "joint" or not reference["count"] or not current["count"]:
        return ""
    before, after = summary_of(reference, kind), summary_of(current, kind)
    if isinstance(before, Categories) and isinstance(after, Categories):
        labels, *counts = align(before, after)
        more = _more(*counts)
        at = int(more.argmax())
        own = len(labels) - len(_OTHERS)
        name = _OTHERS[at - own] if at >= own else printable(labels[at])[:_LONGEST]
        return f"+{more[at]:,.0f} rows of {name}"
    if not isinstance(before, Distribution) or not isinstance(after, Distribution) or not before.n:
        return ""
    edges = reference_edges(before)
    *more, missing = _more(bin_counts(before, edges), bin_counts(after, edges)).tolist()
    sums = np.concatenate([[0.0], np.cumsum(more)])
    last = int((sums - np.minimum.accumulate(sums)).argmax())
    first = int(sums[: last + 1].argmin())
    rise = float(sums[last] - sums[first])
    if missing >= rise:
        return f"+{missing:,.0f} rows without a number"
    low = f"above {edges[first - 1]:.4g}" if first else ""
    high = f"up to {edges[last - 1]:.4g}" if last <= len(edges) else ""
    return f"+{rise:,.0f} rows {' and '.join(filter(None, (low, high)))}"


def _more(before: FloatArray, after: FloatArray) -> FloatArray:
    more: FloatArray = after - before / before.sum() * after.sum()
    return more
