"""From the fields of a stored profile to the Distribution or Categories that statistics compare."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sparkmon.distributions.categories import Categories
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.joint import Joint
from sparkmon.distributions.quantile_table import QuantileTable, is_quantile_table
from sparkmon.records import SummaryKind


def kind_of(profile: Mapping[str, Any]) -> SummaryKind:
    """Return whether a profile is mostly of numbers, of named levels, or of whole rows."""
    if profile.get("vector") is not None:
        return "joint"
    return "categorical" if profile["num_texts"] > profile["num_numbers"] else "numeric"


def summary_of(profile: Mapping[str, Any], kind: SummaryKind) -> Distribution | Categories | Joint:
    """Read the fields of a ``PROFILE`` as a column of one kind; ProfileError if the sketch or the vector is malformed.

    ``frequent_items`` is a mapping or a list of pairs. Rows that hold no value of this kind (nulls, NaN, infinities,
    values of the other kind) make the ``null_count``, so that no row is dropped. A Distribution has the profile's own
    mean and deviation where it holds them: those are of all rows, not of what the sketch retains.
    """
    if kind == "categorical":
        texts = float(profile["num_texts"])
        counts = {level: float(count) for level, count in dict(profile["frequent_items"] or {}).items()}
        tracked = sum(counts.values())
        if tracked > texts:  # estimates of heavy hitters are upper bounds
            counts = {level: count * texts / tracked for level, count in counts.items()}
        return Categories(counts, float(profile["count"]) - texts, texts)
    numbers = _numbers(profile)
    return Joint.from_profile(numbers, profile.get("vector")) if kind == "joint" else numbers


def _numbers(profile: Mapping[str, Any]) -> Distribution:
    missing = float(profile["count"] - profile["num_numbers"])
    others: dict[str, Any] = {
        f"{what}_count": float(profile.get(f"num_{name}") or 0)
        for what, name in (("nan", "nan"), ("inf", "inf"), ("text", "texts"))
    }
    if not profile["num_numbers"]:
        return Distribution(np.empty(0), np.empty(0), 0.0, 0.0, missing, **others)
    return distribution_of(profile["sketch"], missing, **others, moments=_moments(profile))


def distribution_of(sketch: bytes, missing: float = 0.0, **others: Any) -> Distribution:  # noqa: ANN401 - fields
    """Read the bytes of a KLL sketch or of a ``QuantileTable``, or raise ProfileError; see :class:`Distribution`."""
    if is_quantile_table(sketch):
        return replace(Distribution.from_table(QuantileTable.from_bytes(sketch), missing), **others)
    return Distribution.from_kll(sketch, missing, others)


def _moments(profile: Mapping[str, Any]) -> tuple[float, float] | None:
    mean, squares = profile.get("avg"), profile.get("m2")
    if mean is None or squares is None or not profile["num_numbers"]:
        return None
    # Squares of values near 1e200 overflow; the sketch then knows better.
    if not (math.isfinite(mean) and 0 <= squares < math.inf):
        return None
    return float(mean), math.sqrt(squares / profile["num_numbers"])
