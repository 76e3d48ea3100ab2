"""The event-time windows of a monitor: how long they are, when they close, and which longer ones are judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sparkmon.errors import OptionError
from sparkmon.interval import parse_interval
from sparkmon.monitor.window_grid import WindowGrid
from sparkmon.profiles import WINDOW_K

_LEAST_AHEAD_S = 5.0


@dataclass(frozen=True)
class Windows:
    """Event-time windows. Lengths of time are intervals such as ``"1 hour"``.

    Raises
    ------
    OptionError
        An interval is malformed or out of its range, or windows overlap and longer ones are to be merged from them.

    Examples
    --------
    >>> Windows("1 hour", longer=["1 day"]).longer
    ('1 day',)
    >>> Windows("1 hour", longer=["90 minutes"])
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got longer='90 minutes'; expected a whole multiple of length, 1 hour
    """

    length: str = "1 hour"
    """The length of the windows."""
    slide: str | None = None
    """The distance between the starts of windows. By default windows do not overlap."""
    delay: str = "10 minutes"
    """How late events may arrive. A window of a model closes when an event of that model is this much later than its
    end. Rows that arrive later still are left out and counted; see
    :attr:`sparkmon.monitor.MonitorQuery.late_rows`. An event that is ahead of the monitor's
    clock by more than half of it, and 5 seconds, is a dead letter."""
    idle: str | None = "1 minute"
    """How long no events of a model arrive until it counts as idle. Its windows then close by the clock: by the time of
    its last event and the time since. None: they stay open until events arrive."""
    longer: Sequence[str] = ()
    """Lengths of longer windows to judge as well, such as ``"1 day"`` next to windows of an hour, whole multiples of
    ``length``. They are merged from the profiles of the windows, without another pass over rows."""
    provisional: bool = False
    """Whether to report gross drift in windows that are still open, too, at most once per window and column; see
    :meth:`sparkmon.comparison.Judge.provisional`."""
    k: int = WINDOW_K
    """The parameter k of the windows' KLL sketches."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "longer", tuple(self.longer))
        length = parse_interval("length", self.length)
        if not length:
            raise OptionError.malformed("length", self.length, "an interval longer than 0")
        slide = parse_interval("slide", self.slide or self.length)
        if not timedelta() < slide <= length:
            expected = f"an interval longer than 0 and at most the window's length, {length}"
            raise OptionError.malformed("slide", self.slide, expected)
        parse_interval("delay", self.delay)
        if self.idle is not None:
            parse_interval("idle", self.idle)
        if self.longer and slide != length:
            raise OptionError(
                f"got longer={list(self.longer)!r} with slide={self.slide!r}; expected windows that do not overlap, "
                "because only those can be merged; leave out one of the two"
            )
        for text in self.longer:
            long = parse_interval("longer", text)
            if long <= length or long % length:
                expected = f"a whole multiple of length, {self.length}"
                raise OptionError.malformed("longer", text, expected)

    @property
    def lengths(self) -> list[timedelta]:
        """The length, and those of the longer windows."""
        return [parse_interval("length", each) for each in (self.length, *self.longer)]

    @property
    def step(self) -> timedelta:
        """The distance between the starts of windows."""
        return parse_interval("slide", self.slide or self.length)

    @property
    def grid(self) -> WindowGrid:
        """The windows as numbers, in microseconds."""
        return WindowGrid(_micros(self.lengths[0]), _micros(self.step))

    @property
    def longer_us(self) -> list[int]:
        """The lengths of the longer windows, in microseconds."""
        return [_micros(length) for length in self.lengths[1:]]

    @property
    def delay_us(self) -> int:
        """The delay in microseconds."""
        return _micros(parse_interval("delay", self.delay))

    @property
    def ahead_s(self) -> float:
        """How far an event of a stream may be ahead of the monitor's clock: half of the delay."""
        return max(_LEAST_AHEAD_S, self.delay_us / 2e6)

    @property
    def idle_s(self) -> float | None:
        """After how many seconds a model is idle; None for never."""
        return None if self.idle is None else parse_interval("idle", self.idle).total_seconds()


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
