"""The one type that statistics of numbers see: values, their weights, and how far their ranks may be off.

It is the same whether it was made from a sample, from a sketch or from a feature store's percentiles.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.kll import read_kll
from sparkmon.distributions.quantile_table import QuantileTable
from sparkmon.distributions.weighted import Weighted, set_support
from sparkmon.errors import ProfileError

_ROUNDING = 1e-9
"""Relative slack for sums of weights and for ranks, above the rounding of double sums."""
_LARGEST_ERROR = math.nextafter(1.0, 0.0)
_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(("rank_error", "null_count", "nan_count", "text_count", "inf_count"), 0.0)
    | {"table": None, "least": math.nan, "greatest": math.nan, "moments": None}
)


@dataclass(frozen=True, slots=True, eq=False)
class Distribution(Weighted):
    """How the numbers of one column are distributed.

    Parameters
    ----------
    values : array, shape (s,)
        The support: finite, strictly ascending, in the column's own unit. From a sketch these are the retained
        values, which may lack the very least and greatest; from a table of percentiles likely ones.
    weights : array, shape (s,)
        How many rows stand at each value: positive, summing to ``n``.
    rank_error : float
        How far the share of rows at or below any point may be off, in [0, 1); 0 means exact.
    n : float
        Rows that hold a number.
    null_count : float, default 0
        Rows without a finite number (null, NaN, infinite or a text). They are not part of the distribution or of ``n``.
    table : QuantileTable, optional
        What is known of a distribution made from percentiles or a histogram; ``values`` and ``weights`` then say
        what is likely.
    nan_count, text_count, inf_count : float, default 0
        How many of ``null_count`` are NaN, how many a text that is no number, and how many infinite.
    least, greatest : float, optional
        The extremes of all rows, also where ``values`` lacks them; NaN if they are not known. Those of an exact
        distribution need not be given.
    moments : (float, float), optional
        The mean and the standard deviation (divided by ``n``) of all rows, if they were computed next to a sketch.

    Raises ProfileError: the fields contradict each other, or a value is infinite or NaN.

    Examples
    --------
    >>> Distribution.from_sample([3.0, 1.0, None, 3.0])
    Distribution(values=array([1., 3.]), weights=array([1., 2.]), rank_error=0.0, n=3.0, null_count=1.0)
    """

    values: FloatArray
    weights: FloatArray
    rank_error: float
    n: float
    null_count: float = 0.0
    table: QuantileTable | None = field(default=None, repr=False)
    nan_count: float = field(default=0.0, repr=False)
    least: float = field(default=math.nan, repr=False)
    greatest: float = field(default=math.nan, repr=False)
    moments: tuple[float, float] | None = field(default=None, repr=False)
    text_count: float = field(default=0.0, repr=False)
    inf_count: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        values = np.array(self.values, np.float64)
        weights = np.array(self.weights, np.float64)
        if values.ndim != 1 or values.shape != weights.shape:
            raise _refused(f"shapes {values.shape} and {weights.shape}", "two of shape (s,)")
        if not np.isfinite(values).all() or (values[1:] <= values[:-1]).any():
            raise _refused("values that are not", "finite, strictly ascending values")
        if not ((weights > 0) & np.isfinite(weights)).all():
            raise _refused("weights that are not", "positive, finite weights")
        if not abs(float(weights.sum()) - self.n) <= _ROUNDING * self.n:
            raise _refused(f"weights summing to {weights.sum():g}", f"n={self.n:g}")
        values.flags.writeable = weights.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "weights", weights)
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not (0 <= self.rank_error < 1 and 0 <= self.null_count < math.inf):
            raise _refused(
                f"rank_error={self.rank_error!r}, null_count={self.null_count!r}",
                "rank_error in [0, 1) and null_count >= 0",
            )
        parts = (self.nan_count, self.text_count, self.inf_count)
        if min(parts) < 0 or not sum(parts) <= self.null_count:
            raise _refused(
                f"nan_count={parts[0]!r}, text_count={parts[1]!r}, inf_count={parts[2]!r}, "
                f"null_count={self.null_count!r}",
                "nan_count, text_count and inf_count of 0 or more, and null_count, which counts all three, too",
            )
        values = self.values
        if values.size and self.table is None and self.rank_error == 0:
            for name, value in (("least", values[0]), ("greatest", values[-1])):
                if math.isnan(getattr(self, name)):
                    object.__setattr__(self, name, float(value))
        if values.size and (self.least > values[0] or self.greatest < values[-1]):
            raise _refused(
                f"least={self.least!r} and greatest={self.greatest!r}",
                f"{values[0]:g} or less and {values[-1]:g} or more, which are among the values",
            )
        if self.moments is not None and not (math.isfinite(self.moments[0]) and 0 <= self.moments[1] < math.inf):
            raise _refused(f"moments={self.moments!r}", "a finite mean and a finite deviation >= 0")

    @classmethod
    def from_sample(cls, sample: npt.ArrayLike | Sequence[float | None]) -> "Distribution":
        """Return the exact distribution of raw numbers, one per row; None is a null, NaN is NaN.

        Infinities are refused with ProfileError: count them apart, they have no place on a scale of numbers.
        """
        try:
            rows = np.asarray(sample, np.float64).ravel()
        except (TypeError, ValueError) as exc:
            raise _refused(f"a sample of {type(sample).__name__}", "numbers, None or NaN") from exc
        numbers = rows[~np.isnan(rows)]
        missing = rows.size - numbers.size
        nulls = _nulls(sample) if missing else 0
        counts = {"null_count": float(missing), "nan_count": float(missing - nulls)}
        return cls.of_ascending(np.sort(numbers), np.ones(numbers.size), float(numbers.size), counts)

    @classmethod
    def from_kll(
        cls, data: bytes | bytearray, null_count: float = 0.0, others: Mapping[str, object] = MappingProxyType({})
    ) -> "Distribution":
        """Return what a KLL sketch of doubles or floats says; ``rank_error`` is its error at 99 %.

        A sketch that still retains every row is exact. ``others`` are further fields, such as ``nan_count``.
        """
        sketch = read_kll(data)
        own = {"least": sketch.min, "greatest": sketch.max, "rank_error": sketch.rank_error}
        others = {**others, **own, "null_count": float(null_count)}
        return cls.of_ascending(sketch.values, sketch.weights, float(sketch.n), others)

    @classmethod
    def from_table(cls, table: QuantileTable, null_count: float = 0.0) -> "Distribution":
        """Return what a table of percentiles or a histogram says.

        ``rank_error`` is the widest gap between two known shares and the table's own error: the rank of a point inside
        may be off by all of it. Statistics compare two columns where both are known (:meth:`bounds`), so that what a
        table leaves open speaks for no drift.

        >>> table = QuantileTable.from_percentiles({0.25: 3.0, 0.5: 7.0}, 100, minimum=0, maximum=9)
        >>> coarse = Distribution.from_table(table)
        >>> coarse.n, coarse.rank_error, round(coarse.mean, 3)
        (100.0, 0.5, 5.625)
        """
        values, weights = table.spread()
        order = np.argsort(values, kind="stable")
        others = {
            "table": table,
            "least": float(table.lows[0]) if table.shares[0] == 0 else math.nan,
            "greatest": float(table.highs[-1]) if table.shares[-1] == 1 else math.nan,
            "rank_error": min(table.rank_error, _LARGEST_ERROR),
            "null_count": float(null_count),
        }
        return cls.of_ascending(*(values[order], weights[order], float(table.n)), others, is_whole=False)

    @classmethod
    def of_ascending(
        cls, values: FloatArray, weights: FloatArray, n: float, others: Mapping[str, object], *, is_whole: bool = True
    ) -> "Distribution":
        """Make one of ascending, maybe tied values and their positive (whole) weights, of ``n`` rows: not checked."""
        if values.size and not (math.isfinite(values[0]) and math.isfinite(values[-1])):
            raise _refused("an infinite value", "finite values; count infinities apart")
        distribution = object.__new__(cls)
        for name, value in {**_DEFAULTS, **others, "n": n}.items():
            object.__setattr__(distribution, name, value)
        set_support(distribution, values, weights, is_whole=is_whole)
        distribution._check_numbers()
        return distribution

    @property
    def rows(self) -> float:
        """Rows with and without a number: ``n`` + ``null_count``."""
        return self.n + self.null_count

    @property
    def steps(self) -> FloatArray:
        """The points, ascending, at which :meth:`bounds` change."""
        if self.table is None:
            return self.values
        return np.union1d(self.table.lows, self.table.highs)

    @property
    def known_error(self) -> float:
        """How far shares may be off where they are known at all; ``rank_error`` except for a table."""
        return self.rank_error if self.table is None else self.table.error

    def bounds(self, points: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the least and the greatest share of rows that may be at or below each point, ``known_error`` apart.

        The two are equal, :meth:`cdf`, except for a table.
        """
        if self.table is None:
            shares = self.cdf(points)
            return shares, shares
        return self.table.bounds(points)

    def cdf(self, points: npt.ArrayLike) -> FloatArray:
        """Return the share of the ``n`` rows that are at or below each point; NaN if ``n`` is 0.

        >>> Distribution.from_sample([1, 2, 2, 4]).cdf([0, 2, 3, 4])
        array([0.  , 0.75, 0.75, 1.  ])
        """
        if not self.n:
            return np.full(np.shape(points), math.nan)
        ranks = self.ranks
        places = np.searchsorted(self.values, points, side="right")
        shares: FloatArray = ranks[places] / ranks[-1]
        return shares

    def quantile(self, shares: npt.ArrayLike) -> FloatArray:
        """Return for each share in [0, 1] the least value with at least that share of rows at or below it.

        NaN if ``n`` is 0.

        >>> Distribution.from_sample([1, 2, 2, 4]).quantile([0, 0.25, 0.5, 1])
        array([1., 1., 2., 4.])
        """
        if not self.n:
            return np.full(np.shape(shares), math.nan)
        ranks = np.asarray(shares, np.float64) * self.ranks[-1] * (1 - _ROUNDING)
        points: FloatArray = self.values[np.searchsorted(self.ranks[1:], ranks)]
        return points

    @property
    def mean(self) -> float:
        """The mean: that of ``moments`` where they are known, else of the weighted values; NaN if ``n`` is 0."""
        return self.weighted_mean if self.moments is None or not self.n else self.moments[0]

    @property
    def std(self) -> float:
        """The standard deviation (divided by ``n``), from where the mean is; 0 for a constant, NaN if ``n`` is 0.

        >>> Distribution.from_sample([1, 1, 5, 5]).std
        2.0
        """
        if self.values.size < 2:
            return 0.0 if self.n else math.nan
        return self.weighted_std if self.moments is None else self.moments[1]


def _nulls(sample: object) -> int:
    """Count the None of a sample; NaN is not one."""
    values = np.asarray(sample)
    return sum(value is None for value in values.ravel()) if values.dtype == object else 0


def _refused(got: str, expected: str) -> ProfileError:
    return ProfileError(f"got {got}; expected {expected}; make it with from_sample or from_kll")
