"""How long a delivery may take."""

from __future__ import annotations

from sparkmon.errors import OptionError

__all__ = ["checked_timeout"]


def checked_timeout(timeout_s: float) -> float:
    """Return a time-out in seconds, or refuse it.

    Raises
    ------
    OptionError
        It is not above 0 and at most 300.

    Examples
    --------
    >>> checked_timeout(0)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got timeout_s=0; expected seconds above 0, at most 300
    """
    if not 0 < timeout_s <= 300:
        raise OptionError.malformed("timeout_s", timeout_s, "seconds above 0, at most 300")
    return float(timeout_s)
