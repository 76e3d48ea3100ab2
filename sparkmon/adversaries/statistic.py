"""The contract of what a client's rows are judged by: a number, its group, and the side on which it is suspicious."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sparkmon.adversaries.client_window import ClientWindow
from sparkmon.registry import Registry

Side: TypeAlias = Literal["low", "high", "both"]
"""Where a value is suspicious: below those of honest clients, above them, or either."""


Limit: TypeAlias = Literal["low", "high"]
"""That which a value is beyond."""

Compute: TypeAlias = Callable[[ClientWindow], Any]
"""Returns the number, from at least three rows."""


@dataclass(frozen=True)
class ClientStatistic:
    """One number on the rows of one client, in the order in which they came.

    Parameters
    ----------
    name, group : str
        Its own name, and that of what it shows: of two groups, either suffices for less than both.
    side : str
        Where it is suspicious.
    function : callable
        ``(window) -> number``.
    needs_scores : bool
        Whether it needs the model's answers.
    """

    name: str
    group: str
    side: Side
    function: Compute
    needs_scores: bool = False


CLIENT_STATISTICS: Registry[ClientStatistic] = Registry("client statistic")
"""All of them; one of your own is one more call of :func:`client_statistic`."""


def client_statistic(group: str, side: Side, *, needs_scores: bool = False) -> Callable[[Compute], Compute]:
    """Register a function as a statistic of its name.

    Examples
    --------
    >>> from sparkmon.adversaries import CLIENT_STATISTICS, client_statistic
    >>> @client_statistic("spread", "low")
    ... def distinct_share(window):
    ...     return len(set(map(tuple, window.values))) / len(window)
    >>> CLIENT_STATISTICS.get("distinct_share").group
    'spread'
    >>> CLIENT_STATISTICS.remove("distinct_share")
    """

    def register(function: Compute) -> Compute:
        name = function.__name__
        CLIENT_STATISTICS.add(name, ClientStatistic(name, group, side, function, needs_scores))
        return function

    return register
