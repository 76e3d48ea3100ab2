"""From a measurement to a status and the sentence that gives its reason."""

from __future__ import annotations

import math

from sparkmon.comparison.finding import judgement
from sparkmon.statistics import Measurement


def verdict(
    statistic: str, measured: Measurement, limit: float | None = None, blocks: int = 0
) -> tuple[str, str]:
    """Return the status of one measurement, and its reason: a sentence with the numbers it rests on.

    A drift is a value that exceeds its threshold, or ``limit``, what the reference's own blocks reach, where that is
    greater, even after the noise of sampling and the error of the sketches are taken off, over enough rows for the
    threshold to mean anything. A statistic without a threshold (an infinite one) is reported, and is ``ok`` whatever
    its value.

    Examples
    --------
    >>> from sparkmon.distributions import Distribution
    >>> from sparkmon.statistics import STATISTICS
    >>> ks = STATISTICS.get("ks").measure
    >>> reference = Distribution.from_sample(range(10_000))
    >>> verdict("ks", ks(reference, Distribution.from_sample(range(100))))
    ('too_few_rows', '100 rows; ks needs 395 for its threshold 0.1 to stand above noise')
    >>> verdict("ks", ks(reference, Distribution.from_sample(range(5_000))))
    ('drift', 'ks 0.5, less 0.015 of noise and 0 of sketch error, exceeds its threshold 0.1')
    """
    current, needed = measured.current_count, measured.least_rows
    if current == 0:
        return "too_few_rows", "no rows"
    if math.isnan(measured.value) or math.isnan(measured.threshold):
        return "not_comparable", f"{statistic} is not defined for these rows and this reference"
    if math.isinf(measured.threshold):
        return "ok", judgement(
            statistic, measured.value, noise=0, sketch_error=0, threshold=math.inf, limit=None
        )
    if needed is None:
        return (
            "too_few_rows",
            f"the reference's {measured.reference_count:g} rows are too few for a {statistic} "
            f"threshold of {measured.threshold:.3g}, however many rows the window has",
        )
    if current < needed:
        return (
            "too_few_rows",
            f"{current:g} rows; {statistic} needs {needed} for its threshold "
            f"{measured.threshold:.3g} to stand above noise",
        )
    highest = measured.threshold if limit is None else max(measured.threshold, limit)
    reason = judgement(
        statistic,
        measured.value,
        noise=measured.noise,
        sketch_error=measured.sketch_error,
        threshold=measured.threshold,
        limit=highest,
        blocks=blocks,
    )
    return "drift" if measured.effect > highest else "ok", reason
