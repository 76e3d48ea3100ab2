"""Read the bytes of an Apache DataSketches KLL quantile sketch with numpy alone.

Spark's ``kll_sketch_agg_double`` and its kin, Hopsworks and DataSketches itself in Java, C++ and Python write the
same compact form, so a profile made by any of them is read here without that library.
"""

import math
import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import ProfileError

_FAMILY = 15
_EMPTY, _SINGLE = 1, 4
_LEAST_K = 8
_MOST_LEVELS = 61
_SHORT, _FULL = 8, 20


@dataclass(frozen=True, slots=True, eq=False)
class KllSketch:
    """What a KLL sketch retains of ``n`` numbers."""

    k: int
    """The size parameter, 8 to 65,535; after a merge the smallest of the parts that were compacted."""
    n: int
    """How many numbers the sketch has seen."""
    values: FloatArray
    """The retained numbers, shape (s,), ascending; ties stand as often as they are retained."""
    weights: FloatArray
    """How many numbers each value stands for, shape (s,): powers of two that sum to ``n``."""
    min: float
    """The least number seen, exactly; NaN for an empty sketch."""
    max: float
    """The greatest number seen, exactly; NaN for an empty sketch."""

    @property
    def rank_error(self) -> float:
        """Half-width of a rank's 99 % interval as a share of ``n``; 0 while every number is retained."""
        return 0.0 if self.values.size == self.n else kll_rank_error(self.k)


@dataclass(frozen=True, slots=True, eq=False)
class KllLevels:
    """A sketch as it is stored."""

    k: int
    n: int
    levels: list[FloatArray]
    """An item of level h stands for 2^h numbers; each level is sorted, except perhaps the lowest."""
    min: float
    max: float
    capacity: int
    """Where the last level ends: how many items all levels may hold; 0 for fewer than two numbers."""


def kll_rank_error(k: int) -> float:
    """Return half the width of the 99 % interval around a rank read from a KLL sketch, as a share of its rows.

    2.296 / k^0.9723, the fit that DataSketches' ``get_normalized_rank_error(k, False)`` returns. The mass between two
    points is uncertain by about 1.3 times as much, and by 2 times at the most.
    """
    return float(2.296 / k**0.9723)


def read_kll(data: bytes | bytearray) -> KllSketch:
    """Return what a KLL sketch retains: bytes of DataSketches' compact form, of doubles or of floats.

    ProfileError if the bytes are no such sketch, are cut short, or contradict themselves. Memory stays within a small
    multiple of ``len(data)`` whatever the header claims.

    The header is 8 bytes (header length in ints, version, family 15, flags, k, m) and, for more than one item, 12
    more (n, the least k of merged parts, number of levels), then where each level starts, the least and greatest
    item, and the levels' items; an item of level h has weight 2^h. The end of the last level is left out: it
    follows from n, since all weights sum to n.

    References
    ----------
    .. [1] Karnin, Lang, Liberty: Optimal Quantile Approximation in Streams. FOCS 2016.

    Examples
    --------
    >>> read_kll(bytes.fromhex("02020f04c80008000000000000001c40")).values
    array([7.])
    """
    parsed = kll_levels(data)
    # Levels are runs, which a stable sort merges; only the lowest may not be sorted yet.
    values = np.concatenate([np.sort(parsed.levels[0]), *parsed.levels[1:]]) if parsed.levels else np.empty(0)
    weights = np.repeat(2.0 ** np.arange(len(parsed.levels)), [*map(len, parsed.levels)])
    order = np.argsort(values, kind="stable")
    return KllSketch(parsed.k, parsed.n, values[order], weights[order], parsed.min, parsed.max)


def kll_levels(data: bytes | bytearray) -> KllLevels:
    """Return what :func:`read_kll` does, level by level as it is stored."""
    if len(data) < _SHORT:
        raise _malformed(f"{len(data)} bytes", f"at least {_SHORT}")
    _, version, family, flags, k = struct.unpack_from("<BBBBH", data)
    if family != _FAMILY or version not in (1, 2) or k < _LEAST_K:
        raise _malformed(f"family {family}, version {version}, k {k}", "family 15, version 1 or 2, k >= 8")
    if flags & _EMPTY:
        return KllLevels(k, 0, [], math.nan, math.nan, 0)
    if flags & _SINGLE or version == 2:
        items = _items(data, _SHORT, 1)
        return KllLevels(k, 1, [items], float(items[0]), float(items[0]), 0)
    if len(data) < _FULL:
        raise _malformed(f"{len(data)} bytes", f"a header of {_FULL}")
    n, k, levels = struct.unpack_from("<QHB", data, 8)
    offset = _FULL + 4 * levels
    if not 1 <= levels <= _MOST_LEVELS or len(data) < offset or k < _LEAST_K:
        raise _malformed(f"{levels} levels, k {k}, {len(data)} bytes", "1 to 61 levels, k >= 8")
    starts = struct.unpack_from(f"<{levels}I", data, _FULL)
    counts = [end - start for start, end in pairwise(starts)]
    rest = n - sum(count << level for level, count in enumerate(counts))
    top, remainder = divmod(rest, 1 << (levels - 1))
    if min(counts, default=0) < 0 or top < 0 or remainder:
        raise _malformed(f"levels starting at {starts}", f"levels that hold {n} rows")
    items = _items(data, offset, sum(counts) + top + 2)
    ends = [2, *(2 + start - starts[0] for start in starts[1:]), items.size]
    arrays = [items[start:end] for start, end in pairwise(ends)]
    return KllLevels(k, n, arrays, float(items[0]), float(items[1]), starts[0] + items.size - 2)


def _items(data: bytes | bytearray, offset: int, count: int) -> FloatArray:
    width, remainder = divmod(len(data) - offset, count)
    if width not in (4, 8) or remainder:
        raise _malformed(f"{len(data) - offset} bytes of items", f"{count} of 4 or 8 bytes")
    items = np.frombuffer(data, f"<f{width}", count, offset)
    items = items.astype(np.float64, copy=False)
    if np.isnan(items).any():
        raise _malformed("NaN among the items", "numbers; was it a sketch of longs?")
    return items


def _malformed(got: str, expected: str) -> ProfileError:
    return ProfileError(
        f"got bytes that are no KLL sketch: {got}; expected {expected}; "
        "give the bytes of a DataSketches KLL sketch in its compact form"
    )
