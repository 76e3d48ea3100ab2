"""The time-outs that deliveries may have."""

from __future__ import annotations

from sparkmon.errors import OptionError


def check_timeout(timeout_s: float) -> None:
    """Refuse a time-out that is not in range.

    Raises
    ------
    OptionError
        It is not above 0, or above 300 seconds.

    Examples
    --------
    >>> check_timeout(0)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got timeout_s=0; expected seconds above 0, at most 300
    """
    if not 0 < timeout_s <= 300:
        raise OptionError.malformed("timeout_s", timeout_s, "seconds above 0, at most 300")
