"""Summaries of disjoint rows put together: several windows of a column as one."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sparkmon.distributions.categories import Categories
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.joint import Joint
from sparkmon.errors import ProfileError


def merge_summaries(parts: Sequence[Distribution | Categories | Joint]) -> Distribution | Categories | Joint:
    """Return what all rows of some summaries together are like.

    Counts, extremes and moments are those of all rows. The supports are put together, so that the rank error is at
    most the greatest of the parts'. A Joint of rows of different projections is comparable with none. ProfileError if
    there is no part, the kinds differ, or a part is made of percentiles or a histogram.
    """
    numbers = [part for part in parts if isinstance(part, Distribution)]
    levels = [part for part in parts if isinstance(part, Categories)]
    joints = [part for part in parts if isinstance(part, Joint)]
    if joints and len(joints) == len(parts):
        return _merged_joints(joints)
    if not parts or joints or (numbers and levels) or any(part.table is not None for part in numbers):
        raise ProfileError(
            "got summaries that cannot be put together; expected one or more Distributions of samples or sketches, "
            "or one or more Categories, or Joints"
        )
    return _merged_numbers(numbers) if numbers else _merged_levels(levels)


def _merged_joints(parts: Sequence[Joint]) -> Joint:
    errors = _merged_numbers([part.errors for part in parts])
    filled = [part for part in parts if part.n]
    if not filled:
        return parts[0]
    return Joint(errors, np.sum([part.vector * (part.n / errors.n) for part in filled], axis=0))


def _merged_levels(parts: Sequence[Categories]) -> Categories:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    return Categories(counts, math.fsum(part.null_count for part in parts), math.fsum(part.n for part in parts))


def _merged_numbers(parts: Sequence[Distribution]) -> Distribution:
    filled = [part for part in parts if part.n]
    values = np.concatenate([part.values for part in parts])
    weights = np.concatenate([part.weights for part in parts])
    order = np.argsort(values, kind="stable")
    rows = math.fsum(part.n for part in parts)
    others = {
        "rank_error": max((part.rank_error for part in filled), default=0.0),
        "least": min((part.least for part in filled), default=math.nan),
        "greatest": max((part.greatest for part in filled), default=math.nan),
        "moments": _moments(filled, rows),
    }
    for count in ("null_count", "nan_count", "text_count", "inf_count"):
        others[count] = math.fsum(getattr(part, count) for part in parts)
    is_whole = all(part.ranks.dtype == np.uint32 for part in parts)
    return Distribution.of_ascending(*(values[order], weights[order], rows), others, is_whole=is_whole)


def _moments(parts: Sequence[Distribution], rows: float) -> tuple[float, float] | None:
    if not parts or any(part.moments is None for part in parts):
        return None
    mean = math.fsum(part.mean * (part.n / rows) for part in parts)
    variance = math.fsum((part.std**2 + (part.mean - mean) ** 2) * (part.n / rows) for part in parts)
    # Squares of values near 1e200 overflow; the support then knows better.
    if not (math.isfinite(mean) and math.isfinite(variance)):
        return None
    return mean, math.sqrt(variance)
