"""What the rows and answers of honest clients are like, as a model's reference has them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sparkmon.detectors import Columns, Hbos, Mahalanobis, Rows
from sparkmon.distributions.arrays import FloatArray, IntArray

_LOW_MARGIN = 0.05
_FAR = 8.0
_ROWS = 1000
_NEIGHBOURS = 20


@dataclass(frozen=True, eq=False)
class Honest:
    """What clients are compared with; arrays and two detectors of outliers."""

    columns: Columns
    hbos: Hbos
    mahalanobis: Mahalanobis
    means: FloatArray
    deviations: FloatArray
    lows: FloatArray
    highs: FloatArray
    """Of the numeric columns."""
    variance: FloatArray
    """That of all points, summed over their axes: one number."""
    margins: FloatArray
    """The margin that 5 % of the reference's rows stay below; empty where the model gives no scores."""
    label_shares: FloatArray
    """By class."""
    points: FloatArray
    """A sample of the reference's rows,"""
    labels: IntArray
    """and their labels."""

    @classmethod
    def of(cls, columns: Columns, rows: Rows, scores: FloatArray | None) -> "Honest":
        """Summarise rows of the reference and the model's answers to them, rows x classes."""
        deviations = rows.numbers.std(axis=0)
        bare = cls(
            columns,
            Hbos.fit(columns, rows),
            Mahalanobis.fit(columns, rows),
            rows.numbers.mean(axis=0),
            np.where(deviations > 0, deviations, 1.0),
            rows.numbers.min(axis=0),
            rows.numbers.max(axis=0),
            variance=np.empty(0),
            margins=np.empty(0),
            label_shares=np.empty(0),
            points=np.empty((0, 0)),
            labels=np.empty(0, np.int64),
        )
        points = bare.points_of(rows)
        sample = np.random.default_rng(0).permutation(len(points))[:_ROWS]
        values: dict[str, Any] = {"variance": np.array([points.var(axis=0).sum() or 1.0]), "points": points[sample]}
        if scores is not None:
            labels = labels_of(scores)
            values["margins"] = np.quantile(margins_of(scores), [_LOW_MARGIN])
            values["label_shares"] = np.bincount(labels, minlength=max(2, scores.shape[1])) / len(labels)
            values["labels"] = labels[sample]
        return replace(bare, **values)

    @property
    def has_scores(self) -> bool:
        """Whether the model's answers are known."""
        return len(self.margins) > 0

    def points_of(self, rows: Rows) -> FloatArray:
        """Return rows as points.

        They have the standard scores of numbers, at most 8 either way, and for a named column an axis for each level,
        so that rows that differ in one level are 1 apart.
        """
        parts = [np.clip((rows.numbers - self.means) / self.deviations, -_FAR, _FAR)]
        for codes, levels in zip(rows.levels.T, self.columns.levels.values(), strict=True):
            parts.append((codes[:, None] == np.arange(-1, len(levels) + 1)) / np.sqrt(2))
        return np.hstack(parts)

    def is_outside(self, rows: Rows) -> Any:  # noqa: ANN401 - truth values
        """Return by row whether a number is beyond all those of the reference, or a level is none of its."""
        beyond = ((rows.numbers < self.lows) | (rows.numbers > self.highs)).any(axis=1)
        sizes = np.array([len(levels) for levels in self.columns.levels.values()], np.int64)
        return beyond | (rows.levels == sizes).any(axis=1)

    def disagreement(self, points: FloatArray, labels: IntArray) -> FloatArray:
        """Return by row the share of its 20 nearest rows of the reference that have another label, from 0 to 1.

        Rows that were made to be taken for another class have high ones.
        """
        distances = squared_distances(points, self.points)
        nearest = np.argsort(distances, axis=1)[:, :_NEIGHBOURS]
        shares: FloatArray = (self.labels[nearest] != labels[:, None]).mean(axis=1)
        return shares


def squared_distances(these: FloatArray, those: FloatArray) -> FloatArray:
    """Return the squared distances of points, these x those."""
    squares: FloatArray = (these**2).sum(axis=1)[:, None] + (those**2).sum(axis=1)[None, :] - 2 * these @ those.T
    return np.maximum(squares, 0.0, out=squares)


def margins_of(scores: FloatArray) -> FloatArray:
    """Return by row how much greater the greatest score is than the next; of one score p, of p and 1 - p."""
    if scores.shape[1] == 1:
        return np.abs(2 * scores[:, 0] - 1)
    ordered = np.sort(scores, axis=1)
    margins: FloatArray = ordered[:, -1] - ordered[:, -2]
    return margins


def labels_of(scores: FloatArray) -> IntArray:
    """Return by row the class of the greatest score; of one score p, 1 where it is above a half."""
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0.5).astype(np.int64)
    labels: IntArray = scores.argmax(axis=1)
    return labels
