"""Peers' rules for one client's stream, written after their papers: none has a package, and all are for images.

A rule learns from honest rows, and then says by row of a stream whether it alarms there. Points are standard scores, as
sparkmon takes them. What a paper leaves to the data is set on the honest clients: of their rows a thousandth may alarm.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.stats import shapiro

from sparkmon.adversaries.honest import squared_distances

__all__ = ["RULES", "Rule"]

_MOST_FALSE = 0.001


class Rule(ABC):
    """A rule, learnt from the points of honest clients and the labels of these points."""

    def __init__(self, clients: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        values = np.concatenate([self.values(*client) for client in clients])
        values = values[np.isfinite(values)]
        self._limit = np.quantile(values, _MOST_FALSE, method="lower") if len(values) else -np.inf

    @abstractmethod
    def values(self, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return by row a number that is low in an attack; infinite where there is no verdict."""

    def alarms(self, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return by row whether it alarms."""
        return self.values(points, labels) < self._limit


class StatefulDetection(Rule):
    """Mean distance to the 50 nearest of the client's earlier queries (Chen, Carlini and Wagner, 2019)."""

    _nearest = 50

    def values(self, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Compare each with all before it."""
        distances = np.sqrt(squared_distances(points, points))
        values = np.full(len(points), np.inf)
        for row in range(self._nearest, len(points)):
            values[row] = np.partition(distances[row, :row], self._nearest - 1)[: self._nearest].mean()
        return values


class Prada(Rule):
    """Normality of the distances to the nearest earlier query with the same label (Juuti et al., 2019).

    Only a distance that exceeds the mean less one deviation of those in the growing set joins it; the test is
    Shapiro and Wilk's on the distances within three deviations, every ten queries once there are 100.
    """

    def values(self, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Test the distances as they grow."""
        distances = np.sqrt(squared_distances(points, points))
        values, nearest = np.full(len(points), np.inf), list[float]()
        growing: dict[int, list[int]] = {}
        joined: dict[int, list[float]] = {}
        for row, label in enumerate(labels.tolist()):
            members, own = growing.setdefault(label, []), joined.setdefault(label, [])
            if members:
                least = float(distances[row, members].min())
                nearest.append(least)
                if not own or least > np.mean(own) - np.std(own):
                    members.append(row)
                    own.append(least)
            else:
                members.append(row)
            if row % 10 == 0 and len(nearest) > 100:
                values[row] = _normality(np.array(nearest))
        return values


def _normality(distances: np.ndarray) -> float:
    inner = distances[np.abs(distances - distances.mean()) <= 3 * distances.std()]
    return float(shapiro(inner[-5_000:]).statistic) if np.ptp(inner) > 0 else 0.0


class Blacklight(Rule):
    """Half of its fingerprints shared with an earlier query (Li et al., 2022): hashes of runs of quantised values.

    Runs are a third of the columns, around the row. The quantisation is the coarsest that fits the honest clients.
    """

    _steps = (1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01)

    def __init__(self, clients: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        self._limit = -0.499
        for step in self._steps:
            self._step = step
            if np.mean(np.concatenate([self.alarms(*client) for client in clients])) <= _MOST_FALSE:
                break

    def values(self, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return less the greatest share of fingerprints that an earlier row has, too."""
        quantised = np.floor(points / self._step).astype(int)
        width = max(2, points.shape[1] // 3)
        runs = [(np.arange(width) + first) % points.shape[1] for first in range(points.shape[1])]
        values, seen = np.zeros(len(points)), dict[int, list[int]]()
        for row, numbers in enumerate(quantised):
            prints = {hash((place, *numbers[run].tolist())) for place, run in enumerate(runs)}
            earlier = Counter(other for each in prints for other in seen.get(each, ()))
            values[row] = -max(earlier.values(), default=0) / len(prints)
            for each in prints:
                seen.setdefault(each, []).append(row)
        return values


class Gwad(Rule):
    """The histogram of cosines between one step and the next (Park et al., 2025), over the last 100 rows.

    The paper trains a classifier on attacks; here the distance from the honest clients' histogram takes its place.
    """

    _bins = np.linspace(-1, 1, 21)
    _rows = 100

    def __init__(self, clients: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        self._usual = np.mean([self._shares(points).mean(axis=0) for points, _ in clients if len(points) > 100], axis=0)
        super().__init__(clients)

    def values(self, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return less the total variation distance."""
        values = np.full(len(points), np.inf)
        if len(points) > self._rows:
            values[self._rows :] = -np.abs(self._shares(points) - self._usual).sum(axis=1) / 2
        return values

    def _shares(self, points: np.ndarray) -> np.ndarray:
        steps = np.diff(points, axis=0)
        steps /= np.maximum(np.linalg.norm(steps, axis=1), 1e-9)[:, None]
        places = np.digitize(np.clip((steps[1:] * steps[:-1]).sum(axis=1), -1, 0.999), self._bins) - 1
        counts = np.cumsum(np.vstack([np.zeros(20), np.eye(20)[places]]), axis=0)
        taken = self._rows - 1
        shares: np.ndarray = (counts[taken:] - counts[:-taken]) / taken
        return shares


RULES: dict[str, type[Rule]] = {
    "Stateful Detection": StatefulDetection,
    "PRADA": Prada,
    "Blacklight": Blacklight,
    "GWAD": Gwad,
}
"""By the name of their papers."""
