"""The rows of a window that are explained: of each stratum of the score those with the least hashes, mergeable."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparkmon.distributions.arrays import FloatArray
from sparkmon.explain import ObjectRows


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows chosen from a part of a window, and how many there are of each stratum.

    The same rows are chosen in whichever parts a window comes: those whose ids have the least hashes.
    """

    hashes: tuple[int, ...]
    strata: tuple[int, ...]
    rows: ObjectRows
    counts: tuple[int, ...]
    """The rows of each stratum in all."""
    most: int
    """How many rows of a stratum are chosen."""

    @classmethod
    def of(cls, ids: Sequence[str], scores: FloatArray, rows: ObjectRows, edges: FloatArray, most: int) -> Sample:
        """Choose from some rows; ``edges`` cut the scores into strata, and ids are of requests and their instances.

        >>> rows = np.array([[1.0], [2.0], [3.0]], object)
        >>> sample = Sample.of(["a", "b", "c"], np.array([0.1, 0.2, 0.9]), rows, np.array([0.5]), 1)
        >>> sample.counts, len(sample.rows), sample.weights.tolist()
        ((2, 1), 2, [0.6666666666666666, 0.3333333333333333])
        """
        strata = np.searchsorted(edges, scores)
        hashes = [int.from_bytes(hashlib.blake2b(each.encode(), digest_size=8).digest(), "big") for each in ids]
        counts = tuple(np.bincount(strata, minlength=len(edges) + 1).tolist())
        return cls(tuple(hashes), tuple(strata.tolist()), rows, counts, most)._least()

    def merge(self, other: Sample) -> Sample:
        """Choose from both parts."""
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        rows = np.concatenate([self.rows, other.rows])
        return Sample(self.hashes + other.hashes, self.strata + other.strata, rows, counts, self.most)._least()

    def within(self, rows: int) -> Sample:
        """Return at most so many rows: as many of each stratum as there are, the others from the rest."""
        strata = np.array(self.strata, np.int64)
        order = np.lexsort((np.array(self.hashes, np.uint64), strata))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order)) - np.searchsorted(strata[order], strata[order])
        chosen = np.lexsort((np.array(self.hashes, np.uint64), place))[:rows]
        hashes, own = (tuple(each[at] for at in chosen.tolist()) for each in (self.hashes, self.strata))
        return Sample(hashes, own, self.rows[chosen], self.counts, self.most)

    @property
    def weights(self) -> FloatArray:
        """What each row stands for, as a share of the window: the rows of its stratum by those of it that are here."""
        strata = np.array(self.strata, np.int64)
        chosen = np.bincount(strata, minlength=len(self.counts))
        each = np.array(self.counts, np.float64)[strata] / chosen[strata]
        weights: FloatArray = each / each.sum()
        return weights

    def _least(self) -> Sample:
        strata = np.array(self.strata, np.int64)
        order = np.lexsort((np.array(self.hashes, np.uint64), strata))
        first = np.searchsorted(strata[order], strata[order])
        chosen = order[np.arange(len(order)) - first < self.most]
        hashes, own = (tuple(each[place] for place in chosen.tolist()) for each in (self.hashes, self.strata))
        return Sample(hashes, own, self.rows[chosen], self.counts, self.most)
