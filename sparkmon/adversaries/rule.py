"""When a client's windows are an attack."""

from collections.abc import Collection, Iterable, Iterator

REPEATING = frozenset({"similarity", "sweep", "boundary", "path"})
"""Groups of which one alone suffices if it fires again and again."""
_GROUPS = 2
_OF_WINDOWS = 5
_REPEATED = 3


def alerts(windows: Iterable[Collection[str]]) -> Iterator[bool]:
    """Return by window of a client whether it is an attack: two groups fire, or one of four in 3 of the last 5 windows.

    Parameters
    ----------
    windows : iterable of collections of str
        By window, in order, the groups that fire.

    Examples
    --------
    >>> list(alerts([{"sweep"}, {"sweep", "spread"}, {"label"}, {"sweep"}, {"sweep"}]))
    [False, True, False, True, True]
    """
    last: list[frozenset[str]] = []
    for groups in windows:
        last = [*last[1 - _OF_WINDOWS :], frozenset(groups)]
        repeated = any(sum(group in each for each in last) >= _REPEATED for group in REPEATING & last[-1])
        yield len(last[-1]) >= _GROUPS or repeated
