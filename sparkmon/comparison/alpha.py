"""From the false alarms that a week may have to the level of the tests of one window."""

from __future__ import annotations

import math

from sparkmon.errors import OptionError

GREATEST_ALPHA = 0.05
_WEEK_S = 7 * 86_400


def alpha_for(false_alarms_per_week: float, window_s: float) -> float:
    """Return the level at which the tests of one window are corrected, at most 0.05, of windows ``window_s`` apart.

    A window without drift has a false finding with a probability of at most alpha, and a drift is confirmed in two of
    three windows: about 3 alpha^2 of the windows alarm, of which a week has 604,800 / ``window_s``.

    Examples
    --------
    >>> round(alpha_for(1, 3600), 4), round(alpha_for(1, 60), 4), alpha_for(1, 86_400)
    (0.0445, 0.0058, 0.05)
    """
    return min(GREATEST_ALPHA, math.sqrt(_per_window(false_alarms_per_week, window_s) / 3))


def alpha_at_once(false_alarms_per_week: float, window_s: float) -> float:
    """Return the level of tests that alarm at once, without waiting for a second window; at most 0.05.

    Examples
    --------
    >>> round(alpha_at_once(1, 3600), 5), round(alpha_at_once(1, 86_400), 5)
    (0.00595, 0.05)
    """
    return min(GREATEST_ALPHA, _per_window(false_alarms_per_week, window_s))


def _per_window(false_alarms_per_week: float, window_s: float) -> float:
    """Return how many false alarms a window may have."""
    for name, value in (("false_alarms_per_week", false_alarms_per_week), ("window_s", window_s)):
        if not value > 0:
            raise OptionError.malformed(name, value, "a number above 0")
    return false_alarms_per_week * window_s / _WEEK_S
