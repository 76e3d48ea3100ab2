"""What a feature store knows of a column without its rows: the share of rows below a few points, as bytes of our own.

Percentiles and histograms both say it. The bytes stand where a profile's KLL sketch would, so that a reference made
of them travels through tables, SQL functions and comparisons like any other.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import ProfileError

_MAGIC = b"SMQT"
_HEADER = struct.Struct("<4sB3xIQdd")
_VERSION = 1
_MOST_CUTS = 4096
_SINGLE = 1e-7
"""Relative slack within which a 32-bit and a 64-bit reading of one number meet."""
_ROUNDING = 1e-12
"""Relative to the greatest value: rounding of edges that were computed."""
_POINTS_A_GAP = 8


@dataclass(frozen=True, slots=True, eq=False)
class QuantileTable:
    """Cuts through a column: how many of its rows lie below each.

    Of each cut (v, s) it is known that fewer than the share s of the rows, or just s, lie below v, and s or more at or
    below it. Between two cuts nothing is known but that the share rises from the one to the other.

    Parameters
    ----------
    values : array, shape (c,)
        Where the cuts are: finite, ascending, in the column's own unit. A value that many rows have may stand in
        several cuts.
    shares : array, shape (c,)
        In [0, 1], ascending.
    n : int
        Rows that hold a number, 1 or more.
    error : float, default 0
        How far each share may be off, in [0, 1): of percentiles that were themselves estimated.
    slack : float, default 0
        How far each value may be off, in the column's unit: of edges that were rounded when written down.

    Raises ProfileError: the fields contradict each other, or there are no cuts or more than 4,096.

    Examples
    --------
    >>> table = QuantileTable.from_histogram([0, 10, 20], [30, 70])
    >>> table.values, table.shares, round(table.rank_error, 9)
    (array([ 0., 10., 20.]), array([0. , 0.3, 1. ]), 0.7)
    >>> QuantileTable.from_bytes(table.to_bytes()).shares
    array([0. , 0.3, 1. ])
    """

    values: FloatArray
    shares: FloatArray
    n: int
    error: float = 0.0
    slack: float = 0.0

    def __post_init__(self) -> None:
        values = np.array(self.values, np.float64)
        shares = np.array(self.shares, np.float64)
        if values.ndim != 1 or values.shape != shares.shape or not 0 < values.size <= _MOST_CUTS:
            raise _refused(f"shapes {values.shape} and {shares.shape}", f"two of shape (c,), c 1 to {_MOST_CUTS}")
        if not np.isfinite(values).all() or (values[1:] < values[:-1]).any():
            raise _refused("values that are not", "finite, ascending values")
        if not ((shares >= 0) & (shares <= 1)).all() or (shares[1:] < shares[:-1]).any():
            raise _refused("shares that are not", "ascending shares in [0, 1]")
        if not (self.n >= 1 and 0 <= self.error < 1 and 0 <= self.slack < math.inf):
            raise _refused(
                f"n={self.n!r}, error={self.error!r}, slack={self.slack!r}",
                "n >= 1, error in [0, 1) and a finite slack >= 0",
            )
        values.flags.writeable = shares.flags.writeable = False
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "shares", shares)

    @classmethod
    def from_percentiles(
        cls,
        percentiles: Mapping[float, float],
        n: int,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        error: float = 0.0,
    ) -> "QuantileTable":
        """Return what percentiles of ``n`` rows say: share in (0, 1) to value, such as ``{0.25: 3.0, 0.5: 7.0}``.

        Without the extremes nothing is known of the tails. ``error`` is how far the rank of a value may be off, as a
        share of the rows; Deequ and hence Hopsworks allow 0.01. The rank of any point is off by at most the widest gap
        between two shares and ``error``: 0.01 + 0.01 for the 99 percentiles of Hopsworks, 0.25 + 0.01 for its
        quartiles.
        """
        ordered = sorted(percentiles.items())
        low = -math.inf if minimum is None else minimum
        high = math.inf if maximum is None else maximum
        if not low <= high:
            raise _refused(f"a minimum {low!r} and maximum {high!r}", "a minimum <= the maximum")
        if any(earlier > later for (_, earlier), (_, later) in pairwise(ordered)):
            raise _refused("percentiles that are not", "ascending percentiles")
        # Estimated percentiles may lie a little outside the exact extremes.
        cuts = [(min(max(value, low), high), share) for share, value in ordered]
        if minimum is not None:
            cuts.insert(0, (minimum, 0.0))
        if maximum is not None:
            cuts.append((maximum, 1.0))
        return cls(np.array([value for value, _ in cuts]), np.array([share for _, share in cuts]), n, error)

    @classmethod
    def from_histogram(cls, edges: Sequence[float], counts: Sequence[float], *, slack: float = 0.0) -> "QuantileTable":
        """Return what a histogram says: rows per bin, and one edge more, from the least value to the greatest.

        Whether a row that lies on an edge was counted below or above it is taken as unknown. ``slack`` is how far the
        edges may be off, in the column's unit. The rank of a point within a bin of share p is off by at most p: all of
        the bin's rows may stand at its one end. (By p / 2 if half of them are known to stand on either side of the
        middle, which a histogram does not say.) Nothing is assumed of the inside of a bin; see
        :func:`sparkmon.distributions.gaps`.
        """
        rows = np.asarray(counts, np.float64)
        if len(edges) != rows.size + 1 or not (np.isfinite(rows) & (rows >= 0)).all():
            raise _refused(f"{len(edges)} edges for {rows.size} counts", "one edge more than counts >= 0")
        total = float(rows.sum())
        if not 1 <= total < 2**63:
            raise _refused(f"counts that sum to {total:g}", "one row or more")
        shares = np.minimum(np.concatenate([[0.0], np.cumsum(rows) / total]), 1.0)
        shares[-1] = 1.0
        return cls(np.asarray(edges, np.float64), shares, round(total), slack=slack)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray) -> "QuantileTable":
        """Read what :meth:`to_bytes` wrote; ProfileError if it is anything else, whatever its header claims."""
        if len(data) < _HEADER.size or not is_quantile_table(data):
            raise _malformed(f"{len(data)} bytes", f"at least {_HEADER.size}, beginning with SMQT")
        _, version, cuts, n, error, slack = _HEADER.unpack_from(data)
        if version != _VERSION:
            raise _malformed(f"version {version}", f"version {_VERSION}")
        if cuts > _MOST_CUTS or len(data) != _HEADER.size + 16 * cuts:
            raise _malformed(f"{len(data)} bytes for {cuts} cuts", "16 bytes a cut")
        numbers = np.frombuffer(data, "<f8", 2 * cuts, _HEADER.size).astype(np.float64)
        return cls(numbers[:cuts], numbers[cuts:], n, error, slack)

    def to_bytes(self) -> bytes:
        """Return the table as bytes: ``SMQT``, version, number of cuts, n, error, slack, values, shares.

        Little-endian: 4 bytes, a byte and 3 of padding, 4 bytes, 8 bytes, then doubles. The third byte, 81, is no
        DataSketches family, so that neither is ever taken for the other.
        """
        header = _HEADER.pack(_MAGIC, _VERSION, self.values.size, self.n, float(self.error), float(self.slack))
        return header + self.values.astype("<f8").tobytes() + self.shares.astype("<f8").tobytes()

    @property
    def lows(self) -> FloatArray:
        """The least place of each cut: its value less the slack and the rounding of 32-bit numbers."""
        return self.values - self._reach

    @property
    def highs(self) -> FloatArray:
        """The greatest place of each cut."""
        return self.values + self._reach

    @property
    def _reach(self) -> FloatArray:
        sizes = np.abs(self.values)
        reach: FloatArray = self.slack + _SINGLE * sizes + _ROUNDING * sizes.max()
        return reach

    @property
    def rank_error(self) -> float:
        """How far the share of rows at or below any point may be off from what :meth:`spread` says, in [0, 1].

        The greatest share between two cuts, or outside them, and ``error``.
        """
        values, rows = self.spread()
        lows, highs = self.values - self.slack, self.values + self.slack
        points = np.concatenate([[-np.inf], values, lows, highs])
        cumulative = np.concatenate([[0.0], np.cumsum(rows)]) / self.n
        likely = cumulative[np.searchsorted(values, points, side="right")]
        least, most = _bounds(self.shares, lows, highs, points)
        return min(1.0, max(0.0, float(np.maximum(most - likely, likely - least).max())) + self.error)

    def bounds(self, points: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the least and the greatest share of rows that may be at or below each point, ``error`` apart.

        >>> table = QuantileTable.from_histogram([0, 10, 20], [30, 70])
        >>> table.bounds([-1, 5, 25])
        (array([0., 0., 1.]), array([0. , 0.3, 1. ]))
        """
        return _bounds(self.shares, self.lows, self.highs, points)

    def spread(self) -> tuple[FloatArray, FloatArray]:
        """Return values and their rows, each gap's rows spread evenly over 8 points: what is likely, not known."""
        inner = (np.arange(_POINTS_A_GAP) + 0.5) / _POINTS_A_GAP
        # Two products, since a difference of doubles may be beyond the greatest one.
        places = np.outer(self.values[:-1], 1 - inner) + np.outer(self.values[1:], inner)
        inside = np.repeat(np.diff(self.shares) / _POINTS_A_GAP, _POINTS_A_GAP)
        values = np.concatenate([self.values[:1], places.ravel(), self.values[-1:]])
        rows = self.n * np.concatenate([self.shares[:1], inside, 1 - self.shares[-1:]])
        return values[rows > 0], rows[rows > 0]


def is_quantile_table(data: bytes | bytearray) -> bool:
    """Return whether bytes begin as a :class:`QuantileTable`'s do."""
    return bytes(data[:4]) == _MAGIC


def _bounds(
    shares: FloatArray, lows: FloatArray, highs: FloatArray, points: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    least = np.concatenate([[0.0], shares])[np.searchsorted(highs, points, side="right")]
    most = np.append(shares, 1.0)[np.searchsorted(lows, points, side="right")]
    return least, most


def _refused(got: str, expected: str) -> ProfileError:
    return ProfileError(f"got {got}; expected {expected}; make it with from_percentiles or from_histogram")


def _malformed(got: str, expected: str) -> ProfileError:
    return ProfileError(
        f"got bytes that are no quantile table: {got}; expected {expected}; "
        "give the bytes that QuantileTable.to_bytes wrote"
    )
