"""Rows of which both is known: what the model answered, and what came true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.errors import ProfileError


@dataclass(frozen=True, slots=True, eq=False)
class ClassOutcomes:
    """Rows of a classifier.

    ``truth`` has a weight for each class: 1 of the true one where labels are known, the calibrated probabilities where
    they are not. So one code computes metrics, and what they are expected to be.
    """

    truth: FloatArray
    """Rows x classes; each row adds up to 1."""
    predicted: IntArray
    """By row, the place of the predicted class."""
    scores: FloatArray | None = None
    """Rows x classes: the model's probabilities, which add up to 1; None where it answers with a class alone."""

    def __post_init__(self) -> None:
        rows, classes = self.truth.shape
        if self.predicted.shape != (rows,) or (self.scores is not None and self.scores.shape != (rows, classes)):
            raise ProfileError("got truth, predictions and scores of different shapes; expected one row per instance")
        if rows and not 0 <= self.predicted.min() <= self.predicted.max() < classes:
            raise ProfileError(f"got a predicted class that is none of {classes}; expected places from 0 on")

    @classmethod
    def of_labels(cls, labels: IntArray, predicted: IntArray, scores: FloatArray | None, classes: int) -> ClassOutcomes:
        """Make them of the places of the true classes."""
        return cls(np.eye(classes)[labels], predicted, scores)

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: IntArray) -> ClassOutcomes:
        """Return these rows."""
        scores = None if self.scores is None else self.scores[rows]
        return ClassOutcomes(self.truth[rows], self.predicted[rows], scores)


@dataclass(frozen=True, slots=True, eq=False)
class NumberOutcomes:
    """Rows of a regression model."""

    truth: FloatArray
    predicted: FloatArray
    center: float = 0.0
    """What is taken off the truth before its powers are summed, such as its mean in the reference: the sums then keep
    their digits. Blocks that are merged have one."""
    scores: FloatArray | None = None
    """Rows x levels: the predicted quantiles; None if none are."""
    levels: tuple[float, ...] = ()
    """Of the quantiles, each above 0 and below 1."""

    def __post_init__(self) -> None:
        is_wrong = self.truth.shape != self.predicted.shape or self.truth.ndim != 1
        if is_wrong or (self.scores is not None and self.scores.shape != (len(self.truth), len(self.levels))):
            raise ProfileError("got truth and predictions of different shapes; expected one number each per instance")

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: IntArray) -> NumberOutcomes:
        """Return these rows."""
        scores = None if self.scores is None else self.scores[rows]
        return NumberOutcomes(self.truth[rows], self.predicted[rows], self.center, scores, self.levels)


Outcomes: TypeAlias = ClassOutcomes | NumberOutcomes
