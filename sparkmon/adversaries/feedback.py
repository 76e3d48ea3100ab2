"""Poisoned feedback: labels of one client that are others than those of all clients for such scores."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.distributions.arrays import FloatArray, IntArray

SCORE_BINS = 10
WINDOWS_BEFORE = 4
"""What a client's labels were before is that of so many windows."""
_LEAST_ROWS = 50
_LEAST_CHANGE = 0.1
_LEAST_ALWAYS = 0.2
"""A client whose labels were never like others' is named from this difference on: its business may be another."""
_FALSE_ALARMS = 1e-4
"""How often a window without poisoned feedback names a client, at most: of all of its clients together."""
_MOST_CLIENTS = 100_000
_OTHERS = ""


class Shift(NamedTuple):
    """A client whose labels have changed, and those of others have not, or whose labels never were like others'."""

    client: str
    rows: int
    """Its rows with a label in the window."""
    difference: float
    """By how much the share of its labels that are positive exceeds that of others, given the score, from -1 to 1;"""
    before: float | None
    """and in the windows before; None if there it had too few labels."""
    is_change: bool
    """Whether its labels were others before."""
    z: float
    """The change in standard errors; where there is none, the difference."""
    limit: float


@dataclass(eq=False)
class Feedback:
    """Counts of rows with a label, by client and score bin: those whose label is negative, and positive."""

    counts: dict[str, IntArray] = field(default_factory=dict)
    _total: Any = None
    """The sum of all, once it is needed."""

    def add(self, clients: pa.Array[Any], bins: IntArray, is_positive: npt.NDArray[np.bool_]) -> None:
        """Count rows; those without a client, and of clients beyond the first 100,000, are others."""
        encoded: Any = clients.fill_null(_OTHERS).dictionary_encode()
        names, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)
        cells = (codes * SCORE_BINS + bins) * 2 + is_positive
        counted = np.bincount(cells, minlength=len(names) * SCORE_BINS * 2).reshape(-1, SCORE_BINS, 2)
        self._merge(zip(names, counted, strict=True))

    def plus(self, other: Feedback) -> Feedback:
        """Return what both have counted."""
        together = Feedback(dict(self.counts))
        together._merge(other.counts.items())
        return together

    def shifts(self, before: Feedback, clients: Collection[str]) -> list[Shift]:
        """Return those of some clients that poison their labels, the clearest first.

        Their labels have changed since, against others', by ten points or more, or were unlike others' all the time,
        from the first 50 on, by twenty or more. What changes for all, such as a concept, is neither.
        """
        limit = -NormalDist().inv_cdf(self._level() / 2)
        shifts = (self._shift(before, client, limit) for client in clients)
        return sorted((each for each in shifts if each is not None), key=lambda each: (-each.z, each.client))

    def _shift(self, before: Feedback, client: str, limit: float) -> Shift | None:
        now, now_error = self.difference(client)
        was, was_error = before.difference(client) if before.rows(client) >= _LEAST_ROWS else (None, 0.0)
        if was is not None:
            z = abs(now - was) / max(float(np.hypot(now_error, was_error)), 1e-9)
            if z > limit and abs(now - was) >= _LEAST_CHANGE:
                return Shift(client, self.rows(client), now, was, True, z, limit)
        z = abs(now) / max(now_error, 1e-9)
        least = abs(now) if was is None else min(abs(now), math.copysign(was, now * was))
        is_always = z > limit and least >= _LEAST_ALWAYS
        return Shift(client, self.rows(client), now, was, False, z, limit) if is_always else None

    def unlike_others(self) -> list[str]:
        """Return the clients of 50 labels or more that Cochran, Mantel and Haenszel's test tells from the others."""
        level = self._level()
        return sorted(client for client in self._judged if self.test(client) < level)

    def rows(self, client: str) -> int:
        """Count the rows of a client."""
        return int(self.counts[client].sum()) if client in self.counts else 0

    def test(self, client: str) -> float:
        """Return the p-value of a client's labels against others', given the score bin.

        References
        ----------
        .. [1] Mantel and Haenszel, "Statistical aspects of the analysis of data from retrospective studies of disease",
           1959: without a correction for continuity.
        """
        own, rest = self._tables(client)
        total = own.sum(1) + rest.sum(1)
        positive = own[:, 1] + rest[:, 1]
        excess = own[:, 1] - own.sum(1) * positive / total
        variance = own.sum(1) * rest.sum(1) * positive * (total - positive) / (total**2 * np.maximum(total - 1, 1))
        if not variance.sum():
            return 1.0
        return math.erfc(abs(float(excess.sum())) / math.sqrt(2 * float(variance.sum())))

    def difference(self, client: str) -> tuple[float, float]:
        """Return by how much more of a client's labels are positive, given the score bin, and the standard error.

        Differences are weighted as by Mantel and Haenszel; variances are those of shares with a half added to each
        count, which are never 0.
        """
        own, rest = self._tables(client)
        sizes = np.stack([own.sum(1), rest.sum(1)])
        weights = sizes[0] * sizes[1] / sizes.sum(0)
        if not weights.sum():
            return 0.0, np.inf
        shares = np.stack([own[:, 1], rest[:, 1]]) / np.maximum(sizes, 1)
        smooth = (np.stack([own[:, 1], rest[:, 1]]) + 0.5) / (sizes + 1)
        errors = (smooth * (1 - smooth) / np.maximum(sizes, 1)).sum(0)
        difference = (weights * (shares[0] - shares[1])).sum() / weights.sum()
        return float(difference), float(np.sqrt((weights**2 * errors).sum()) / weights.sum())

    @property
    def _judged(self) -> list[str]:
        return [client for client in self.counts if client != _OTHERS and self.rows(client) >= _LEAST_ROWS]

    def _level(self) -> float:
        return _FALSE_ALARMS / max(1, len(self._judged))

    def _tables(self, client: str) -> tuple[FloatArray, FloatArray]:
        """Return the counts of a client and of all others in the bins that have any."""
        if self._total is None:
            self._total = np.sum([*self.counts.values()], axis=0)
        own, chosen = self.counts[client], self._total.sum(1) > 0
        return own[chosen].astype(np.float64), (self._total - own)[chosen].astype(np.float64)

    def _merge(self, counts: Iterable[tuple[str, IntArray]]) -> None:
        self._total = None
        for client, each in counts:
            name = client if client in self.counts or len(self.counts) < _MOST_CLIENTS else _OTHERS
            self.counts[name] = self.counts[name] + each if name in self.counts else each
