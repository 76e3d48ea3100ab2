"""The time-outs that deliveries may have."""

from __future__ import annotations

from sparkmon.errors import OptionError


def check_timeout(timeout_s: float) -> None:
    """Refuse a time-out that is not above 0, or above 300 seconds."""
    if not 0 < timeout_s <= 300:
        raise OptionError.malformed("timeout_s", timeout_s, "seconds above 0, at most 300")
