"""Reference against current: shares of rows by bin or level, and the bins that moved."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sparkmon.distributions import Categories, Distribution, Joint, align
from sparkmon.errors import ProfileError

_BINS = 30
_FEW_VALUES = 30
"""A column with at most so many distinct values has one bar for each."""
_LEVELS = 25
_TAIL = 0.001
_SIGMAS = 4.0
"""A bin moved if its shares differ by so many standard errors, and what the sketches may be off."""
_LEAST_MOVE = 0.005
_SPECIAL = {"__other__": "(other levels)", "__unseen__": "(not in the reference)", "__null__": "(no value)"}


@dataclass(frozen=True, slots=True)
class Histogram:
    """Shares of rows, of both sides on the same bins."""

    labels: tuple[str, ...]
    """The bins in words, such as ``3 to 4``, or the levels."""
    edges: npt.NDArray[np.float64] | None
    """Of numbers the edges of the inner bins, one more than these; None of levels."""
    reference: npt.NDArray[np.float64]
    """The share of the reference's rows in each bin; the first and last bins of numbers are open, and a last one is of
    rows without a value."""
    current: npt.NDArray[np.float64]
    moved: npt.NDArray[np.bool_]
    """Whether the shares differ by more than chance and the sketches explain, and by half a percent of the rows."""
    reference_rows: float
    current_rows: float


def histogram(reference: Distribution | Categories | Joint, current: Distribution | Categories | Joint) -> Histogram:
    """Count two summaries on the same bins.

    Numbers are counted in 30 bins of one width, which reach from the least to the greatest 0.1 % of both sides; what is
    beyond has a bin at either end. A column of at most 30 distinct values has one bin for each. Levels are those of
    the reference, the commonest 25.

    Raises ProfileError if one side is of numbers and the other is not.

    >>> sides = (Distribution.from_sample([1.0] * 50 + [2.0] * 50), Distribution.from_sample([1.0] * 10 + [2.0] * 90))
    >>> bars = histogram(*sides)
    >>> bars.labels[1:3], bars.current[1:3], bars.moved[1:3]
    (('1', '2'), array([0.1, 0.9]), array([ True,  True]))
    """
    if isinstance(reference, Categories) and isinstance(current, Categories):
        return _of_levels(reference, current)
    numbers = [side.errors if isinstance(side, Joint) else side for side in (reference, current)]
    if not (isinstance(numbers[0], Distribution) and isinstance(numbers[1], Distribution)):
        raise ProfileError("got a column of numbers on one side and of levels on the other; expected one kind")
    return _of_numbers(numbers[0], numbers[1])


def _of_levels(reference: Categories, current: Categories) -> Histogram:
    labels, of_reference, of_current = align(reference, current)
    named, rest = labels[:-3][:_LEVELS], len(labels) - 3
    counts = []
    for side in (of_reference, of_current):
        other = side[len(named) : rest].sum() + side[-3]
        counts.append(np.array([*side[: len(named)], other, side[-2], side[-1]]))
    return _histogram((*named, *_SPECIAL.values()), None, counts[0], counts[1], 0.0)


def _of_numbers(reference: Distribution, current: Distribution) -> Histogram:
    filled = [side for side in (reference, current) if side.n]
    support = np.unique(np.concatenate([side.values for side in filled])) if filled else np.empty(0)
    if support.size <= _FEW_VALUES and support.size:
        inner = support[:-1] / 2 + support[1:] / 2
        edges = np.array([np.nextafter(support[0], -np.inf), *inner, support[-1]])
        labels = [f"{value:.6g}" for value in support]
    elif support.size:
        low = min(float(side.quantile(_TAIL)) for side in filled)
        high = max(float(side.quantile(1 - _TAIL)) for side in filled)
        edges = np.linspace(low, high, _BINS + 1)
        labels = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    else:
        edges, labels = np.empty(0), []
    of_reference, of_current = (_counts(side, edges) for side in (reference, current))
    outer = (f"up to {edges[0]:.4g}", f"above {edges[-1]:.4g}") if edges.size else ("numbers", "more")
    error = reference.rank_error + current.rank_error
    return _histogram((outer[0], *labels, outer[1], "(no value)"), edges, of_reference, of_current, error)


def _counts(side: Distribution, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if not side.n or not edges.size:
        inner = np.zeros(max(edges.size + 1, 2))
        inner[0] = side.n
        return np.append(inner, side.null_count)
    below = side.cdf(edges) * side.n
    return np.append(np.diff([0.0, *below, side.n]), side.null_count)


def _histogram(
    labels: tuple[str, ...],
    edges: npt.NDArray[np.float64] | None,
    reference: npt.NDArray[np.float64],
    current: npt.NDArray[np.float64],
    error: float,
) -> Histogram:
    rows = [max(float(side.sum()), 1.0) for side in (reference, current)]
    shares = [reference / rows[0], current / rows[1]]
    pooled = (reference + current) / sum(rows)
    chance = _SIGMAS * np.sqrt(pooled * (1 - pooled) * (1 / rows[0] + 1 / rows[1]))
    moved = np.abs(shares[1] - shares[0]) > np.maximum(chance + error, _LEAST_MOVE)
    return Histogram(labels, edges, shares[0], shares[1], moved, float(reference.sum()), float(current.sum()))
