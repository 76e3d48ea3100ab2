"""The contract of this room: what a statistic is, what it measures, and the registry of all of them.

A new statistic is one file with a null distribution and a function under the decorator :func:`statistic`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeAlias, TypeVar, cast

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
COLUMNS: frozenset[SummaryKind] = NUMERIC | CATEGORICAL
JOINT: frozenset[SummaryKind] = frozenset({"joint"})
_KINDS: Mapping[type[Summary], SummaryKind] = {Distribution: "numeric", Categories: "categorical", Joint: "joint"}


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
    one distribution; 0 where that is taken off the value already."""
    p_value: float | None
    """How often sampling alone would give such a value or one further from 0, after ``sketch_error`` is taken off.
    It takes rows as independent; None where no null distribution is known."""
    sketch_error: float
    """How far the summaries' rank errors may have put the value off; 0 for exact ones."""
    greatest_c: float
    """The greatest c = 1/m + 1/n, m rows of the reference and n current ones, at which the threshold stands above the
    noise's 99.9 % point."""
    reference_count: float
    """Rows that entered on the reference's side."""
    current_count: float
    """Rows that entered on the current side."""
    bins: int | None = None
    """On how many bins both sides were counted, where there are any."""

    @property
    def effect(self) -> float:
        """How far the value stands from 0 beyond noise and sketch error; NaN where there is no value."""
        return abs(self.value) - self.noise - self.sketch_error

    @property
    def least_rows(self) -> int | None:
        """The fewest current rows at which the threshold stands above the noise's 99.9 % point.

        To the nearest row, at least 1: the null distributions behind it are approximate. None if no number of rows is
        enough, because the reference itself has too few.
        """
        remainder = self.greatest_c - 1 / self.reference_count if self.reference_count else 0.0
        return max(1, round(1 / remainder)) if remainder > 0 else None


NullDistribution: TypeAlias = Callable[[Any, Any, float, float], Measurement]
"""``(reference, current, value, threshold)``: compares a value that is not NaN with what two sides of one distribution
would give."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One way to say how far apart two columns are."""

    name: str
    """Its name in the registry, in SQL (``sparkmon_<name>``) and of its file."""
    function: Callable[..., float]
    """``(reference, current) -> float``; see :mod:`sparkmon.statistics` for what all have in common."""
    kinds: frozenset[SummaryKind]
    """The kinds of summary it is defined for."""
    default_threshold: Callable[[Any], float]
    """``(reference) -> float``, in the value's unit; infinite if it is only reported unless the user sets a
    threshold."""
    null_distribution: NullDistribution
    of_rows: bool = True
    """Whether it can be computed of two columns side by side, in which null marks the rows of the other side. False
    for a statistic that counts nulls or is of whole rows."""
    of_novelty: bool = False
    """Whether it measures what the reference never had. Of a part of the reference that is 0, so that a block has to
    be compared with the other blocks to learn what time alone does."""
    squared: bool = False
    """Whether it grows with the square of a small difference."""
    rooted: bool = False
    """Whether it is a root of squares, so that a difference and noise add up as squares do."""
    greatest: float = math.inf
    """No value is above it."""
    by_blocks: bool = False
    """Whether a column drifts also where this statistic is far beyond what the reference's own blocks reach, although
    within its threshold."""

    def measure(self, reference: Summary, current: Summary, threshold: float | None = None) -> Measurement:
        """Return the value and all that is needed to judge it.

        Parameters
        ----------
        reference, current : Distribution, Categories or Joint
            The training side and the live side, of one kind.
        threshold : float, optional
            In the value's unit; ``default_threshold(reference)`` if not given.

        Raises ProfileError: the two are not of one kind, or not of a kind this statistic is defined for.

        Examples
        --------
        >>> from sparkmon.statistics import STATISTICS
        >>> reference = Distribution.from_sample(range(10_000))
        >>> measured = STATISTICS.get("ks").measure(reference, Distribution.from_sample(range(5_000)))
        >>> measured.value, measured.threshold, round(measured.noise, 3), measured.least_rows
        (0.5, 0.1, 0.015, 395)
        """
        value = self.function(reference, current)
        if threshold is None:
            threshold = self.default_threshold(reference)
        if math.isnan(value):
            nothing = math.nan
            return Measurement(nothing, threshold, nothing, None, nothing, 0.0, reference.rows, current.rows)
        return self.null_distribution(reference, current, value, threshold)


STATISTICS: Registry[Statistic] = Registry("statistic")

Function = TypeVar("Function", bound=Callable[..., float])


def statistic(
    kinds: frozenset[SummaryKind],
    null_distribution: NullDistribution,
    *,
    threshold: float | Callable[[Any], float] = math.inf,
    **traits: Any,  # noqa: ANN401 - fields of Statistic
) -> Callable[[Function], Function]:
    """Register a function under its name, and let it refuse summaries of other kinds; see :class:`Statistic`.

    ``threshold`` is the default one: a number, or a function of the reference. Without, the value is only reported.
    ``traits`` are the fields of the class from ``of_rows`` on.
    """

    def register(function: Function) -> Function:
        name = function.__name__

        @wraps(function)
        def checked(reference: Summary, current: Summary, **options: float) -> float:
            _require(name, kinds, reference, current)
            return function(reference, current, **options)

        default = threshold if callable(threshold) else lambda reference: threshold
        STATISTICS.add(name, Statistic(name, checked, kinds, default, null_distribution, **traits))
        return cast(Function, checked)

    return register


def not_comparable(reference: Summary, current: Summary) -> ProfileError:
    """Build the error for two summaries of different kinds."""
    return ProfileError(
        f"got {type(reference).__name__} and {type(current).__name__}; expected two of one kind; "
        "numbers, named levels and whole rows are not comparable with each other"
    )


def inverse_rows(reference_count: float, current_count: float) -> float:
    """Return c = 1/m + 1/n, by which the noise of a comparison scales."""
    return 1 / reference_count + 1 / current_count


def _require(name: str, kinds: frozenset[SummaryKind], reference: Summary, current: Summary) -> None:
    kind, other = _KINDS[type(reference)], _KINDS[type(current)]
    if kind != other:
        raise not_comparable(reference, current)
    if kind not in kinds:
        raise ProfileError(
            f"got {kind} columns for {name}; expected {' or '.join(sorted(kinds))}; choose a statistic of that kind"
        )
