"""The events that were ingested lately, by their digests, so that a redelivered one is recognised; bounded."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Digests: TypeAlias = npt.NDArray[np.uint64]

_MOST = 4_000_000
"""Events that are remembered: 32 MB."""


class _Part(NamedTuple):
    last_event: int
    digests: Digests
    """In ascending order."""


class RecentEvents:
    """Digests of events.

    Two events have one digest of 64 bits with a probability of 2e-7 among 4 million and a batch of a million.

    >>> events = RecentEvents()
    >>> events.add(100, np.array([3, 1], np.uint64))
    >>> events.redelivered([np.array([1, 2], np.uint64), np.array([2, 5], np.uint64)])
    {1: -1, 2: 0}
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._parts: list[_Part] = []

    def redelivered(self, tasks: Sequence[Digests]) -> dict[int, int]:
        """Return the digests of a batch that were seen before or occur in several tasks."""
        digests = np.concatenate([*tasks, np.empty(0, np.uint64)])
        of_task = np.repeat(np.arange(len(tasks)), [len(each) for each in tasks])
        owners = {}
        for digest in np.unique(digests[self._has_seen(digests)]).tolist():
            owners[digest] = -1
        order = np.argsort(digests, kind="stable")
        again = np.flatnonzero(digests[order][1:] == digests[order][:-1]) + 1
        for place in order[again]:
            first = of_task[order[np.searchsorted(digests[order], digests[place])]]
            owners.setdefault(int(digests[place]), int(first))
        return owners

    def add(self, last_event: int, digests: Digests) -> None:
        """Remember a batch; ``last_event`` is the time of its newest event."""
        part = _Part(last_event, np.sort(digests))
        # Parts of one size are merged, so that there are few.
        while self._parts and len(self._parts[-1].digests) <= 2 * len(part.digests):
            other = self._parts.pop()
            merged = np.sort(np.concatenate([other.digests, part.digests]), kind="stable")
            part = _Part(max(other.last_event, part.last_event), merged)
        self._parts.append(part)
        while len(self._parts) > 1 and sum(len(each.digests) for each in self._parts) > self._most:
            self._parts.pop(0)

    def forget(self, first_open: int | None) -> None:
        """Forget batches whose windows have all closed: those that end before the first that is open, if one is."""
        self._parts = [part for part in self._parts if first_open is not None and part.last_event >= first_open]

    def _has_seen(self, digests: Digests) -> npt.NDArray[np.bool_]:
        recent = np.zeros(len(digests), np.bool_)
        for part in self._parts:
            places = np.minimum(np.searchsorted(part.digests, digests), len(part.digests) - 1)
            if len(part.digests):
                recent |= part.digests[places] == digests
        return recent
