"""Which windows before it a window is compared with: the one before, some before, or those of the same season."""

import re
from dataclasses import dataclass

from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval

_MOST = 100
"""A reference has at most this many windows: each is compared with the others at every window."""
_LOOK_BACK = 100
"""How many windows back those before are looked for, where there are silent windows between."""
_FORM = re.compile(r"\s*(?P<kind>\w+)\s*(?:\((?P<arguments>[^()]*)\)\s*)?")
_SEASONS = 4
_EXPECTED = 'previous, trailing(WINDOWS), or seasonal(PERIOD, WINDOWS) such as "seasonal(7 days, 4)"'


@dataclass(frozen=True)
class History:
    """Windows of the past that together make a reference.

    Examples
    --------
    >>> History.parse("trailing(24)")
    History(name='trailing(24)', drift_type='TRAILING', windows=24, period_s=None)
    >>> History.parse("seasonal(7 days)").lookback_s(3600) / 86_400
    28.0
    """

    name: str
    """How findings call the reference."""
    drift_type: str
    windows: int
    """The maximum number of windows."""
    period_s: float | None
    """The distance of those windows, in seconds; None for the last ones before."""

    @classmethod
    def parse(cls, text: str) -> "History":
        """Read what a user writes.

        Parameters
        ----------
        text : str
            ``previous``: the last window before it. ``trailing(24)``: the last 24. ``seasonal(7 days, 4)``: the windows
            that began 7, 14, 21 and 28 days before; 4 are also the default.

        Raises OptionError: it is none of these, or more than 100 windows.
        """
        match = _FORM.fullmatch(text)
        kind, listed = (match["kind"], match["arguments"]) if match else ("", None)
        arguments = [] if listed is None else [each.strip() for each in listed.split(",")]
        if kind == "previous" and listed is None:
            return cls("previous", "CONSECUTIVE", 1, None)
        if kind == "trailing" and len(arguments) == 1:
            windows = _count(text, arguments[0])
            return cls(f"trailing({windows})", "TRAILING", windows, None)
        if kind == "seasonal" and arguments and len(arguments) <= 2:
            period = parse_interval("history", arguments[0]).total_seconds()
            if period <= 0:
                raise OptionError.malformed("history", text, "a period longer than 0")
            windows = _count(text, arguments[1]) if len(arguments) == 2 else _SEASONS
            return cls(f"seasonal({arguments[0]}, {windows})", "SEASONAL", windows, period)
        raise OptionError.malformed("history", text, _EXPECTED)

    def lookback_s(self, window_s: float) -> float:
        """Return how far back its windows may begin, in seconds."""
        if self.period_s is not None:
            return self.windows * self.period_s
        return (_LOOK_BACK + self.windows) * window_s


def _count(text: str, windows: str) -> int:
    if not windows.isdecimal() or not 1 <= int(windows) <= _MOST:
        raise OptionError.malformed("history", text, f"a whole number of windows from 1 to {_MOST}")
    return int(windows)
