"""Whether a share of wrong rows has changed: windows compared with those before them, without a reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sparkmon.errors import OptionError
from sparkmon.performance.segments import Segment


class Change(NamedTuple):
    """Two parts of the windows that are compared, before and after a cut."""

    strength: float
    """The difference of their shares, as a multiple of what chance allows: a change if it is above 1."""
    before: float
    after: float


def adaptive_change(windows: Sequence[Segment], delta: float) -> Change:
    """Search for a change of the share of wrong rows up to the last of some windows: ADWIN on windows.

    Parameters
    ----------
    windows : sequence of Segment
        The rows of each window, and how many of them are wrong, in the order of their times.
    delta : float
        How often a window may alarm without a change, in (0, 1).

    Returns
    -------
    Change
        Of the cut with the greatest strength among the windows since the last change.

    Raises OptionError: ``delta`` is not between 0 and 1.

    Notes
    -----
    The windows since the last change are cut in two at each place. The shares of n and m rows may differ by chance by
    ``sqrt(2 v d / h) + 2 d / (3 h)``, where 1 / h = 1 / n + 1 / m, v = p (1 - p) is the variance of all their rows, and
    d = ln(2 c / delta) of c cuts. Where they differ by more, the windows before the cut are left out from then on.
    ADWIN tests each row, at cuts that grow twofold, and needs all rows in their order; this tests each window at all
    cuts, and windows may be revised. It finds no change before the window that has it ends.

    References
    ----------
    .. [1] Bifet, Gavaldà: Learning from time-changing data with adaptive windowing. SDM 2007, theorem 3.1.

    Examples
    --------
    >>> quiet = [Segment(500, 75)] * 10
    >>> round(adaptive_change([*quiet, Segment(500, 150)], 0.01).strength, 2)
    1.9
    >>> adaptive_change(quiet, 0.01).strength
    0.0
    """
    if not 0 < delta < 1:
        raise OptionError.malformed("delta", delta, "a share between 0 and 1")
    sums = np.cumsum([(0.0, 0.0), *windows], axis=0)
    first, change = 0, Change(0.0, 0.0, 0.0)
    for last in range(2, len(sums)):
        change = _strongest(sums[first : last + 1], delta)[1]
        while change.strength > 1 and last < len(sums) - 1:
            first += _strongest(sums[first : last + 1], delta)[0]
            if first >= last - 1:
                break
            change = _strongest(sums[first : last + 1], delta)[1]
    return change


def _strongest(sums: np.ndarray, delta: float) -> tuple[int, Change]:
    """Return the cut with the greatest strength, by its place."""
    old, new = sums[1:-1] - sums[0], sums[-1] - sums[1:-1]
    rows, total = sums[-1, 0] - sums[0, 0], sums[-1, 1] - sums[0, 1]
    share = total / max(rows, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = old[:, 1] / old[:, 0], new[:, 1] / new[:, 0]
        harmonic = 1 / (1 / old[:, 0] + 1 / new[:, 0])
        distance = math.log(2 * max(len(old), 1) / delta)
        allowed = np.sqrt(2 * share * (1 - share) * distance / harmonic) + 2 * distance / (3 * harmonic)
        strength = np.nan_to_num(np.abs(after - before) / allowed)
    if not len(strength):
        return 0, Change(0.0, share, share)
    at = int(strength.argmax())
    return at + 1, Change(float(strength[at]), float(before[at]), float(after[at]))
