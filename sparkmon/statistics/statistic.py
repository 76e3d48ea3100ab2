"""The contract of this room: what a statistic is, what it measures, and the registry of all of them.

A new statistic is one file with a function, its measure, and one ``STATISTICS.add``; the functions at the end of
this file are what measures have in common.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sparkmon.distributions.categories import Categories
from sparkmon.distributions.distribution import Distribution
from sparkmon.distributions.joint import Joint
from sparkmon.errors import ProfileError
from sparkmon.records import SummaryKind
from sparkmon.registry import Registry

Summary: TypeAlias = Distribution | Categories | Joint
"""What one side of a comparison is like."""

NUMERIC: frozenset[SummaryKind] = frozenset({"numeric"})
CATEGORICAL: frozenset[SummaryKind] = frozenset({"categorical"})
JOINT: frozenset[SummaryKind] = frozenset({"joint"})


@dataclass(frozen=True, slots=True)
class Measurement:
    """A statistic's value and what is needed to judge it. All but ``p_value`` and the counts are in the value's unit.

    Where a side has no rows, or the reference no spread to measure by, ``value`` is NaN and ``p_value`` is None:
    the two cannot be compared.
    """

    value: float
    threshold: float
    """A value above it is worth knowing of, if it is no noise. NaN where the reference offers no yardstick;
    infinite where the statistic is reported only."""
    noise: float
    """The value (its size, where it may be negative) to be expected from sampling alone, were both sides drawn from
    one distribution."""
    p_value: float | None
    """How often sampling alone would give such a value or one further from 0, after ``sketch_error`` is taken off.
    It takes rows as independent; None where no null distribution is known."""
    sketch_error: float
    """How far the summaries' rank errors may have put the value off; 0 for exact ones."""
    least_rows: int | None
    """The fewest ``current_count`` at which the threshold stands above the noise's 99.9 % point; None if no number
    of rows is enough, because the reference itself has too few."""
    reference_count: float
    """Rows that entered on the reference's side."""
    current_count: float
    """Rows that entered on the current side."""
    detail: Mapping[str, float] = field(default_factory=dict)
    """What else a reader needs to repeat the number, such as ``bins`` and ``floor``."""

    @property
    def effect(self) -> float:
        """How far the value stands from 0 beyond noise and sketch error; NaN where there is no value."""
        return abs(self.value) - self.noise - self.sketch_error


@dataclass(frozen=True, slots=True)
class Statistic:
    """One way to say how far apart two columns are.

    Parameters
    ----------
    name : str
        Its name in the registry, in SQL (``sparkmon_<name>``) and of its file.
    function : callable
        ``(reference, current) -> float``: 0 for equal distributions, away from it as they differ, NaN if a side has
        no rows.
    kinds : frozenset of SummaryKind
        The kinds of summary it is defined for.
    default_threshold : callable
        ``(reference) -> float``, in the value's unit; :func:`fixed_threshold` if it is the same for every column,
        :func:`no_threshold` if the statistic is only reported unless the user sets a threshold.
    null_distribution : callable
        ``(reference, current, value, threshold) -> Measurement``: compares a value that is not NaN with
        what two sides of one distribution would give.
    of_rows : bool, default True
        Whether it can be computed of two columns side by side, in which null marks the rows of the other side. False
        for a statistic that counts nulls or is of whole rows.
    of_novelty : bool, default False
        Whether it measures what the reference never had. Of a part of the reference that is 0, so that a block has to
        be compared with the other blocks to learn what time alone does.
    """

    name: str
    function: Callable[[Summary, Summary], float]
    kinds: frozenset[SummaryKind]
    default_threshold: Callable[[Summary], float]
    null_distribution: Callable[[Summary, Summary, float, float], Measurement]
    of_rows: bool = True
    of_novelty: bool = False

    def measure(
        self, reference: Summary, current: Summary, threshold: float | None = None
    ) -> Measurement:
        """Return the value and all that is needed to judge it.

        Parameters
        ----------
        reference, current : Distribution, Categories or Joint
            The training side and the live side, of one kind.
        threshold : float, optional
            In the value's unit; ``default_threshold(reference)`` if not given.

        Raises
        ------
        ProfileError
            The two are not of one kind, or not of a kind this statistic is defined for.

        Examples
        --------
        >>> from sparkmon.statistics import STATISTICS
        >>> reference = Distribution.from_sample(range(10_000))
        >>> measured = STATISTICS.get("ks").measure(reference, Distribution.from_sample(range(5_000)))
        >>> measured.value, measured.threshold, round(measured.noise, 3), measured.least_rows
        (0.5, 0.1, 0.015, 395)
        """
        kind = _common_kind(reference, current)
        if kind not in self.kinds:
            raise ProfileError(
                f"got {kind} columns for {self.name}; expected {' or '.join(sorted(self.kinds))}; "
                "choose a statistic of that kind"
            )
        if threshold is None:
            threshold = self.default_threshold(reference)
        value = self.function(reference, current)
        if math.isnan(value):
            nothing = math.nan
            return Measurement(
                nothing, threshold, nothing, None, nothing, None, reference.rows, current.rows
            )
        return self.null_distribution(reference, current, value, threshold)


STATISTICS: Registry[Statistic] = Registry("statistic")


def as_numbers(reference: Summary, current: Summary) -> tuple[Distribution, Distribution]:
    """Return both sides as distributions of numbers, or raise ProfileError where one has named levels."""
    if isinstance(reference, Distribution) and isinstance(current, Distribution):
        return reference, current
    raise ProfileError(
        f"got {type(reference).__name__} and {type(current).__name__}; expected two Distributions; "
        "numbers are not comparable with named levels"
    )


def as_levels(reference: Summary, current: Summary) -> tuple[Categories, Categories]:
    """Return both sides as counts of named levels, or raise ProfileError where one has numbers."""
    if isinstance(reference, Categories) and isinstance(current, Categories):
        return reference, current
    raise ProfileError(
        f"got {type(reference).__name__} and {type(current).__name__}; expected two Categories; "
        "numbers are not comparable with named levels"
    )


def as_joint(reference: Summary, current: Summary) -> tuple[Joint, Joint]:
    """Return both sides as summaries of whole rows, or raise ProfileError where one is of a single column."""
    if isinstance(reference, Joint) and isinstance(current, Joint):
        return reference, current
    raise ProfileError(
        f"got {type(reference).__name__} and {type(current).__name__}; expected two Joints; "
        "one column is not comparable with whole rows"
    )


def fixed_threshold(threshold: float) -> Callable[[Summary], float]:
    """Return the default threshold of a statistic whose unit is the same for every column.

    Examples
    --------
    >>> fixed_threshold(0.2)(Distribution.from_sample([1.0, 2.0]))
    0.2
    """
    return lambda reference: threshold


def no_threshold(reference: Summary) -> float:
    """Return infinity: the default threshold of a statistic that is reported only."""
    return math.inf


def inverse_rows(reference_count: float, current_count: float) -> float:
    """Return c = 1/m + 1/n, by which the noise of a comparison scales."""
    return 1 / reference_count + 1 / current_count


def least_rows(greatest_c: float, reference_count: float) -> int | None:
    """Return the fewest current rows for which 1/m + 1/n stays within ``greatest_c``.

    Rounded to the nearest row, at least 1: the null distributions behind it are approximate. None if the reference,
    with its m rows, alone exceeds ``greatest_c``.

    Examples
    --------
    >>> least_rows(0.01, 200), least_rows(0.01, float("inf")), least_rows(0.01, 100)
    (200, 100, None)
    """
    remainder = greatest_c - 1 / reference_count
    return max(1, round(1 / remainder)) if remainder > 0 else None


def _common_kind(reference: Summary, current: Summary) -> SummaryKind:
    if isinstance(reference, Joint) and isinstance(current, Joint):
        return "joint"
    if isinstance(reference, Categories) and isinstance(current, Categories):
        return "categorical"
    as_numbers(reference, current)
    return "numeric"
