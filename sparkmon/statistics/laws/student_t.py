"""Student's t distribution: how far a value may lie from the mean of few others, without scipy."""

from sparkmon.statistics.laws.incomplete_beta import incomplete_beta
from sparkmon.statistics.laws.tail_probabilities import upper_point


def student_t_sf(value: float, degrees: float) -> float:
    """Return how often a t variable exceeds ``value``; degrees of freedom need not be whole.

    References
    ----------
    .. [1] NIST Digital Library of Mathematical Functions, 8.17 and 26.7 of Abramowitz & Stegun.

    Examples
    --------
    >>> round(student_t_sf(2.228, 10), 4), student_t_sf(0, 3.5), round(student_t_sf(-2.228, 10), 4)
    (0.025, 0.5, 0.975)
    """
    tail = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + value * value)) / 2
    return tail if value > 0 else 1 - tail


def student_t_point(p: float, degrees: float) -> float:
    """Return what a t variable exceeds with probability ``p``, above 0 and at most 1/2.

    >>> round(student_t_point(0.025, 10), 3)
    2.228
    """
    return upper_point(lambda value: student_t_sf(value, degrees), p, 1.0)
