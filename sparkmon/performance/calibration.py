"""Whether probabilities are those of what comes true."""

from collections.abc import Iterator

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.performance.intervals import of_counts, ratio
from sparkmon.performance.metric import Measured, metric_family
from sparkmon.performance.outcomes import ClassOutcomes

BINS = 15


def _error(counts: FloatArray, confidence: FloatArray) -> FloatArray:
    """Return the error, from the wrong and the right rows of each bin, and the mean confidence there."""
    rows = counts.sum(axis=-2)
    return ratio(
        np.abs(counts[..., 1, :] - rows * confidence).sum(axis=-1, keepdims=True), rows.sum(axis=-1)[..., None]
    )


def _measure(sums: FloatArray) -> Iterator[Measured]:
    counts, confidences = sums[:2], sums[2]
    confidence = confidences / np.maximum(counts.sum(axis=0), 1e-300)
    low, high = of_counts(counts, lambda draws: _error(draws, confidence))
    value = float(_error(counts, confidence)[0])
    yield Measured("expected_calibration_error", None, value, float(low[0]), float(high[0]))


@metric_family("classification", _measure, needs_scores=True)
def calibration(outcomes: ClassOutcomes) -> FloatArray:
    """Sum a block to its wrong rows, right rows and confidences, in 15 bins of equal width.

    The confidence of a row is its greatest probability. ``expected_calibration_error`` is the mean distance between the
    confidence of a bin and the share of its rows whose most probable class came true; in [0, 1], 0 is best. Exact.
    scikit-learn does not have it.

    *Interval*: by resampling the counts; noise makes the error of few rows great, because it cannot be negative.

    References
    ----------
    .. [1] Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks. ICML 2017.

    Examples
    --------
    >>> scores = np.array([[0.9, 0.1], [0.9, 0.1]])
    >>> outcomes = ClassOutcomes.of_labels(np.array([0, 1]), np.array([0, 0]), scores, 2)
    >>> [round(each.value, 3) for each in _measure(calibration(outcomes))]
    [0.4]
    """
    assert outcomes.scores is not None
    top = outcomes.scores.argmax(axis=1)
    rows = np.arange(len(outcomes))
    confidence, right = outcomes.scores[rows, top], outcomes.truth[rows, top]
    bins = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    return np.stack([np.bincount(bins, each, BINS) for each in (1 - right, right, confidence)])
