"""How strongly a growing column speaks against its reference: evidence that holds however often one looks."""

import math

import numpy as np

from sparkmon.distributions.joint import Joint
from sparkmon.statistics.binned import FloatArray, shares
from sparkmon.statistics.statistic import Summary

_PRIOR = 0.5
"""Rows that each bin is taken to have had beforehand: Jeffreys' prior."""


def evidence(reference: Summary, current: Summary) -> float:
    """Return the logarithm of the evidence that the current rows are not of the reference's distribution.

    The natural logarithm of a Bayes factor; 0 without rows on a side. ``min(1, exp(-evidence))`` is a p-value that is
    valid at every look: the live side may be the rows so far of a window that is still open, looked at as often as one
    likes. Of whole rows, their errors are looked at.

    Both sides are counted on the reference's ten quantile bins, or on its values or levels, nulls last. With r rows of
    the reference and x current rows per bin the factor is DM(x; a) / DM(x; a + r): the Dirichlet-multinomial chance of
    x where nothing is known beforehand (a = 1/2 per bin), over that where r rows of the same distribution are. The
    denominator is the chance of x given the reference, so that row by row the factor is a martingale that starts at 1,
    and by Ville's inequality it ever reaches 1/alpha with a probability of at most alpha. A p-value for one look has
    no such bound.

    Between quantiles of a continuous reference this is the distribution of the order statistics, whatever the column's
    distribution. For named levels it is exact on average over all shares; simulations of rare levels confirm its size.

    Where a side is a sketch, each rank is first moved towards the reference by the rank errors of both sides, so that
    what a sketch lost is never taken as evidence.

    Cost: one pass over the bins.

    References
    ----------
    .. [1] Ville: Etude critique de la notion de collectif, 1939.
    .. [2] Ramdas, Grunwald, Vovk & Shafer: Game-theoretic statistics and safe anytime-valid inference. Statistical
       Science 38, 2023.
    .. [3] Wang & Ramdas: False discovery rate control with e-values. J. R. Stat. Soc. B 84, 2022.

    Examples
    --------
    >>> from sparkmon.distributions import Distribution
    >>> reference = Distribution.from_sample(range(1_000))
    >>> round(evidence(reference, Distribution.from_sample(range(0, 1_000, 5))), 1)
    -19.2
    >>> round(evidence(reference, Distribution.from_sample(range(500, 700))), 1)
    241.5
    """
    if isinstance(reference, Joint) and isinstance(current, Joint):
        reference, current = reference.errors, current.errors
    sides = shares(reference, current)
    if not (sides.reference_count and sides.current_count):
        return 0.0
    training = sides.reference * sides.reference_count
    counts = sides.current * sides.current_count
    error = sides.reference_error + sides.current_error
    if error:
        counts = _towards(counts, sides.reference, error)
    prior = np.full(training.size, _PRIOR)
    return _log_chance(counts, prior) - _log_chance(counts, prior + training)


def _towards(counts: FloatArray, expected: FloatArray, error: float) -> FloatArray:
    """Move the ranks of numbers by up to ``error`` of them towards what the reference's shares have them be."""
    numbers = counts[:-1].sum()
    at_hand = expected[:-1].sum()
    if not (numbers and at_hand):
        return counts
    ranks = np.cumsum(counts[:-1])
    targets = np.cumsum(expected[:-1]) * (numbers / at_hand)
    slack = error * numbers
    moved = np.clip(targets, ranks - slack, ranks + slack)
    moved[-1] = numbers
    return np.append(np.diff(np.clip(moved, 0.0, numbers), prepend=0.0), counts[-1])


def _log_chance(counts: FloatArray, prior: FloatArray) -> float:
    """Return the Dirichlet-multinomial log-chance of rows in their order."""
    parts = sum(
        math.lgamma(start + count) - math.lgamma(start)
        for start, count in zip(prior.tolist(), counts.tolist(), strict=True)
    )
    total = float(prior.sum())
    return parts + math.lgamma(total) - math.lgamma(total + float(counts.sum()))
