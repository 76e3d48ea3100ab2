"""From a measurement to a status and the sentence that gives its reason."""

import math

from sparkmon.comparison.finding import judgement
from sparkmon.statistics import Measurement, Statistic
from sparkmon.statistics.statistic import inverse_rows

_CHANCE = 0.001
"""How often noise alone may give a value that counts."""


def verdict(
    statistic: Statistic, measured: Measurement, block_limit: float | None = None, blocks: int = 0
) -> tuple[str, str]:
    """Return the status of one measurement, and its reason: a sentence with the numbers it rests on.

    A drift is a value that exceeds its threshold, or what the reference's own blocks reach (``block_limit``, which
    ``blocks`` of them set) where that is greater, even
    after the noise of sampling and the error of the sketches are taken off. Where the window has too few rows for the
    threshold to stand above noise, it also has to be one that noise gives less often than once in 1,000 cases. A
    statistic without a threshold (an infinite one) is reported, and is ``ok`` whatever its value.

    >>> from sparkmon.distributions import Distribution
    >>> from sparkmon.statistics import STATISTICS
    >>> ks = STATISTICS.get("ks")
    >>> reference = Distribution.from_sample(range(10_000))
    >>> verdict(ks, ks.measure(reference, Distribution.from_sample(range(3))))
    ('too_few_rows', '3 rows; ks would have to be above 1.13')
    >>> verdict(ks, ks.measure(reference, Distribution.from_sample(range(0, 10_000, 300))))
    ('ok', 'ks 0.0293, less 0.15 of noise and 0 of sketch error, is within its threshold 0.1; of 34 rows, it is found \
from 0.335 on')
    >>> verdict(ks, ks.measure(reference, Distribution.from_sample(range(5_000))))
    ('drift', 'ks 0.5, less 0.015 of noise and 0 of sketch error, exceeds its threshold 0.1')
    """
    name, current = statistic.name, measured.current_count
    if current == 0:
        return "too_few_rows", "no rows"
    if math.isnan(measured.value) or math.isnan(measured.threshold):
        return "not_comparable", f"{name} is not defined for these rows and this reference"
    if math.isinf(measured.threshold):
        return "ok", judgement(name, measured.value, noise=0, sketch_error=0, threshold=math.inf, limit=None)
    limit = limit_of(statistic, measured, block_limit)
    least = _least_value(statistic, measured)
    rows = f"{current:g} rows"
    if measured.least_rows is None:
        rows += f" against {measured.reference_count:g}"
    if least > statistic.greatest:
        return "too_few_rows", f"{rows}; {name} would have to be above {least:.3g}"
    reason = judgement(
        name,
        measured.value,
        noise=measured.noise,
        sketch_error=measured.sketch_error,
        threshold=measured.threshold,
        limit=limit,
        block_limit=block_limit,
        blocks=blocks,
    )
    if not least or (measured.p_value or 0.0) <= _CHANCE:
        return "drift" if measured.effect > limit else "ok", reason
    return "ok", f"{reason}; of {rows}, it is found from {least:.3g} on"


def limit_of(statistic: Statistic, measured: Measurement, block_limit: float | None) -> float:
    """Return what the effect has to exceed: what the threshold adds to noise, or what blocks reach.

    In a root of squares, a difference of the threshold makes a value of sqrt(threshold^2 + noise^2).

    >>> from sparkmon.distributions import Categories
    >>> from sparkmon.statistics import STATISTICS
    >>> js, even = STATISTICS.get("js"), Categories({"a": 500.0, "b": 500.0}, null_count=0, n=1_000)
    >>> measured = js.measure(even, even)
    >>> round(measured.noise, 3), round(limit_of(js, measured, None), 3), limit_of(js, measured, 0.2)
    (0.019, 0.083, 0.2)
    """
    added = measured.threshold
    if statistic.rooted:
        taken_off = measured.noise + measured.sketch_error
        added = max(0.0, math.hypot(added + measured.sketch_error, measured.noise) - taken_off)
    return added if block_limit is None else max(added, block_limit)


def _least_value(statistic: Statistic, measured: Measurement) -> float:
    """Return the value that noise exceeds less often than once in 1,000 cases; 0 if the threshold is above it.

    The noise of a window of n rows is proportional to c = 1/m + 1/n or, for most statistics, to its root.
    """
    rows, needed = measured.current_count, measured.least_rows
    if not measured.threshold or (needed is not None and rows >= needed):
        return 0.0
    times = inverse_rows(measured.reference_count, rows) / measured.greatest_c
    return measured.threshold * (times if statistic.squared else math.sqrt(times))
