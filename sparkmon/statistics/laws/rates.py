"""The null distributions of a difference of two rates, and of a rate of rows that the reference has none of."""

from __future__ import annotations

import math

from sparkmon.statistics.laws.two_proportions import (
    excess_sf,
    least_rows_of_rate,
    two_proportions_p_value,
)
from sparkmon.statistics.statistic import Measurement, inverse_rows


def rate_difference(
    reference_hits: float, reference_rows: float, current_hits: float, current_rows: float
) -> float:
    """Return abs(k/m - j/n), j of m rows and k of n rows hit; NaN if a side has no rows.

    Examples
    --------
    >>> rate_difference(1, 4, 1, 2)
    0.25
    """
    if not (reference_rows and current_rows):
        return math.nan
    return abs(reference_hits / reference_rows - current_hits / current_rows)


def difference_null_distribution(
    reference_hits: float,
    reference_rows: float,
    current_hits: float,
    current_rows: float,
    threshold: float,
) -> Measurement:
    """Measure abs(k/m - j/n), j of m rows and k of n rows hit; all are whole numbers.

    Notes
    -----
    With p the share of both sides together, the difference is about normal with variance p (1 - p) c, c = 1/m + 1/n, so
    sqrt(2 / pi) of its root is to be expected of no drift. The p-value is two-sided and holds for few hits too: see
    :func:`sparkmon.statistics.laws.two_proportions.two_proportions_p_value`.
    """
    pooled = (reference_hits + current_hits) / (reference_rows + current_rows)
    variance = pooled * (1 - pooled) * inverse_rows(reference_rows, current_rows)
    return Measurement(
        value=rate_difference(reference_hits, reference_rows, current_hits, current_rows),
        threshold=threshold,
        noise=math.sqrt(2 / math.pi * variance),
        p_value=two_proportions_p_value(reference_hits, reference_rows, current_hits, current_rows),
        sketch_error=0.0,
        least_rows=least_rows_of_rate(reference_hits, reference_rows, threshold),
        reference_count=reference_rows,
        current_count=current_rows,
    )


def excess_null_distribution(
    reference_hits: float,
    reference_rows: float,
    current_rows: float,
    value: float,
    threshold: float,
    sketch_error: float = 0.0,
) -> Measurement:
    """Measure a rate of rows that are beyond what the reference has.

    Parameters
    ----------
    reference_hits : float
        How many of the reference's rows are nearest to being beyond: the chance that one more row is beyond is
        (``reference_hits`` + 1) / (m + 1).
    reference_rows, current_rows : float
        m and n.
    value, threshold, sketch_error : float
        Shares.
    """
    surplus = max(0.0, value - sketch_error) * current_rows
    hits = math.floor(
        surplus + 1e-6
    )  # a share times its rows is a whole number, except for rounding
    return Measurement(
        value=value,
        threshold=threshold,
        noise=(reference_hits + 1) / (reference_rows + 1),
        p_value=excess_sf(reference_hits, reference_rows, hits, current_rows),
        sketch_error=sketch_error,
        least_rows=least_rows_of_rate(reference_hits, reference_rows, threshold),
        reference_count=reference_rows,
        current_count=current_rows,
    )
