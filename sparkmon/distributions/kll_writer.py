"""Write and merge Apache DataSketches KLL sketches of doubles: by its own package where there is one, else by numpy.

Both write the same compact form, which Spark's ``kll_*`` functions, DataSketches and :func:`read_kll` read.
"""

import importlib
import math
import random
import struct
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.distributions.kll import KllLevels, kll_levels
from sparkmon.errors import ProfileError

try:
    _datasketches: Any = importlib.import_module("datasketches")
except ImportError:  # a bare cluster, to which the package came with --py-files
    _datasketches = None

_MANY = 4096
"""Numbers that numpy sorts and thins out in less time than the package takes to look at each."""
_LEAST_LEVEL = 8
_LEVEL_ZERO_SORTED = 2


def write_kll(parts: Sequence[bytes | FloatArray], k: int) -> bytes:
    """Return one sketch, in the compact form, of all numbers of some parts.

    A part is a KLL sketch of doubles, or finite numbers in any order. Up to ``k`` (8 to 65,535) numbers are retained
    exactly; n and both extremes always are. A part that was compacted with a smaller ``k`` has that one's rank error,
    and so has the result. ProfileError if ``k`` is out of its range, or a part is no sketch.

    >>> left = write_kll([np.array([3.0, 1.0])], 200)
    >>> from sparkmon.distributions import read_kll
    >>> read_kll(write_kll([left, np.array([2.0])], 200)).values
    array([1., 2., 3.])
    """
    if not 8 <= k <= 65_535:
        raise ProfileError(f"got k={k!r}; expected 8 to 65535; 800 fits windows, 4000 references")
    return _by_numpy(parts, k) if _datasketches is None else _by_datasketches(parts, k)


def _by_datasketches(parts: Sequence[bytes | FloatArray], k: int) -> bytes:
    kind = _datasketches.kll_doubles_sketch
    sketch = kind(k)
    for part in parts:
        if isinstance(part, np.ndarray) and part.size < _MANY:
            sketch.update(np.array(part))  # it takes no array that is read-only
        elif isinstance(part, np.ndarray):
            sketch.merge(kind.deserialize(_by_numpy([part], k)))
        else:
            _checked(part)
            sketch.merge(kind.deserialize(part))
    data: bytes = sketch.serialize()
    return data


def _checked(data: bytes) -> KllLevels:
    """Parse a sketch of doubles; the package reads beyond the end of some bytes that are none."""
    parsed = kll_levels(data)
    form, height = (data[0], data[1], data[6]), len(parsed.levels)
    form_expected, size, capacity = (2, 1 + parsed.n, _LEAST_LEVEL), 8 + 8 * parsed.n, 0
    if parsed.n > 1 or form == (5, 1, _LEAST_LEVEL):
        form_expected, size = ((5, 1, _LEAST_LEVEL), 36 + 4 * height + 8 * sum(map(len, parsed.levels)))
        capacity = _capacity(struct.unpack_from("<H", data, 4)[0], height)
    if (form, len(data), parsed.capacity) != (form_expected, size, capacity):
        raise ProfileError(
            f"got a KLL sketch of the form {form}, {len(data)} bytes, room for {parsed.capacity} items; "
            f"expected {form_expected}, {size} bytes and {capacity}: one of doubles, in the compact form"
        )
    return parsed


def _by_numpy(parts: Sequence[bytes | FloatArray], k: int) -> bytes:
    levels: dict[int, list[FloatArray]] = {}
    n, least_k, least, greatest = 0, k, math.inf, -math.inf
    for part in parts:
        if isinstance(part, np.ndarray):
            arrays, size = [np.sort(part)], part.size
            low, high = (part.min(), part.max()) if size else (least, greatest)
        else:
            parsed = _checked(part)
            arrays, size, low, high = parsed.levels, parsed.n, parsed.min, parsed.max
            if len(arrays) > 1:
                least_k = min(least_k, parsed.k)
        if size:
            n, least, greatest = n + size, min(least, low), max(greatest, high)
        for level, items in enumerate(arrays):
            levels.setdefault(level, []).append(items)
    height = max(levels, default=-1) + 1
    return _compact_form(
        _compacted([_joined(levels.get(level, ())) for level in range(height)], k), (n, k, least_k, least, greatest)
    )


def _joined(arrays: Sequence[FloatArray]) -> FloatArray:
    arrays = [array for array in arrays if array.size]
    if len(arrays) < 2:
        return arrays[0] if arrays else np.empty(0)
    # A stable sort merges runs that are sorted.
    return np.sort(np.concatenate(arrays), kind="stable")


def _compacted(levels: list[FloatArray], k: int) -> list[FloatArray]:
    """Halve full levels, the lowest first, until all levels together are within their capacity."""
    size, height = sum(map(len, levels)), 0
    while height < len(levels):
        capacities = _capacities(k, len(levels))
        items = levels[height]
        if size <= _capacity(k, len(levels)) or len(items) < capacities[height]:
            height += 1
            continue
        if height + 1 == len(levels):
            levels.append(np.empty(0))
        # Sorted items that stand for themselves become every second one, which stands for two.
        odd = len(items) % 2
        half = items[odd + random.getrandbits(1) :: 2]
        levels[height] = items[:odd]
        levels[height + 1] = _joined([levels[height + 1], half])
        size -= len(half)
        height += 1
    return levels


def _capacities(k: int, levels: int) -> list[int]:
    """Return how many items each level may hold: two thirds of the level above, at least 8; the top one ``k``."""
    return [max(_LEAST_LEVEL, _share(k, levels - 1 - level)) for level in range(levels)]


@cache
def _capacity(k: int, levels: int) -> int:
    return sum(_capacities(k, levels))


def _share(k: int, depth: int) -> int:
    """Return k (2/3)^depth, rounded as DataSketches rounds it: readers find the last level's end by the same sum."""
    if depth > 30:
        return _share(_share(k, depth // 2), depth - depth // 2)
    share: int = ((2 * k << depth) // 3**depth + 1) >> 1
    return share


def _compact_form(levels: list[FloatArray], of: tuple[int, int, int, float, float]) -> bytes:
    n, k, least_k, least, greatest = of
    if n < 2:
        single = b"".join(items.tobytes() for items in levels)
        return struct.pack("<BBBBHBB", 2, 1 + n, 15, 4 if n else 1, k, _LEAST_LEVEL, 0) + single
    sizes = [len(items) for items in levels]
    first = _capacity(k, len(levels)) - sum(sizes)
    starts = list(accumulate(sizes[:-1], initial=first))
    header = struct.pack("<BBBBHBB", 5, 1, 15, _LEVEL_ZERO_SORTED, k, _LEAST_LEVEL, 0)
    header += struct.pack("<QHBB", n, least_k, len(levels), 0)
    header += struct.pack(f"<{len(starts)}I", *starts) + struct.pack("<2d", least, greatest)
    return header + b"".join(items.astype("<f8", copy=False).tobytes() for items in levels)
