"""Some of many places, evenly spread."""

import numpy as np

from sparkmon.distributions.arrays import IntArray


def spread(count: int, most: int) -> IntArray:
    """Return up to so many of the places 0 to ``count`` - 1, the first and the last among them.

    >>> spread(9, 3).tolist(), spread(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    places: IntArray = np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
    return places
