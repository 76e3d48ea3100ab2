"""The null distributions of a difference of two rates, and of a rate of rows that the reference has none of."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sparkmon.statistics.laws.binomial import share_lower_bound
from sparkmon.statistics.laws.two_proportions import excess_sf, least_rows_of_rate, two_proportions_p_value
from sparkmon.statistics.statistic import Measurement, NullDistribution, Summary, inverse_rows


def rate_difference(hits: Callable[[Any], float], reference: Summary, current: Summary) -> float:
    """Return abs(k/m - j/n), j of m rows and k of n rows hit; NaN if a side has no rows."""
    if not (reference.rows and current.rows):
        return math.nan
    return abs(hits(reference) / reference.rows - hits(current) / current.rows)


def rate_null_distribution(hits: Callable[[Any], float]) -> NullDistribution:
    """Return the null distribution of abs(k/m - j/n), j of m rows and k of n rows hit; all are whole numbers.

    With p the share of both sides together, the difference is about normal with variance p (1 - p) c, so sqrt(2 / pi)
    of its root is to be expected of no drift. The p-value is two-sided and holds for few hits too: see
    :func:`sparkmon.statistics.laws.two_proportions.two_proportions_p_value`.
    """

    def measure(reference: Summary, current: Summary, value: float, threshold: float) -> Measurement:
        return _difference(hits(reference), reference.rows, hits(current), current.rows, value, threshold)

    return measure


# Most columns of a window have equal rows, and no hits.
@lru_cache(maxsize=4096)
def _difference(before: float, m: float, after: float, n: float, value: float, threshold: float) -> Measurement:
    pooled = (before + after) / (m + n)
    variance = pooled * (1 - pooled) * inverse_rows(m, n)
    return Measurement(
        value=value,
        threshold=threshold,
        noise=math.sqrt(2 / math.pi * variance),
        p_value=two_proportions_p_value(before, m, after, n),
        sketch_error=0.0,
        greatest_c=_greatest_c(before, m, threshold),
        reference_count=m,
        current_count=n,
    )


@lru_cache(maxsize=4096)
def excess_measurement(
    reference_hits: float,
    reference_rows: float,
    current_rows: float,
    value: float,
    threshold: float,
    sketch_error: float = 0.0,
) -> Measurement:
    """Measure a rate of rows that are beyond what the reference has.

    ``reference_hits`` of the reference's rows are nearest to being beyond: the chance that one more row is beyond is
    (``reference_hits`` + 1) / (m + 1).
    """
    surplus = max(0.0, value - sketch_error) * current_rows
    # A share times its rows is a whole number, except for rounding.
    hits = math.floor(surplus + 1e-6)
    return Measurement(
        value=value,
        threshold=threshold,
        noise=(reference_hits + 1) / (reference_rows + 1),
        p_value=excess_sf(reference_hits, reference_rows, hits, current_rows),
        sketch_error=sketch_error,
        greatest_c=_greatest_c(reference_hits, reference_rows, threshold),
        reference_count=reference_rows,
        current_count=current_rows,
    )


@lru_cache(maxsize=65_536)
def _greatest_c(hits: float, rows: float, threshold: float) -> float:
    """Return the c of the fewest current rows at which the threshold is enough.

    Where no number of them is, that at which it would be if the greatest share that the reference leaves believable, by
    Clopper and Pearson, fell with the root of its rows.
    """
    needed = least_rows_of_rate(hits, rows, threshold)
    if needed is not None:
        return inverse_rows(rows, needed)
    believable = 1 - share_lower_bound(round(rows - hits), round(rows), 0.999) - hits / rows
    return (threshold / believable) ** 2 / rows
